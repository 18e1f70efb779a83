package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// FuzzRequest sends arbitrary requests to every endpoint: the answer is never
// an internal error, and always SCIM.
func FuzzRequest(f *testing.F) {
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{key}})
	require.NoError(f, err)
	upstream := httptest.NewServer(suger)
	f.Cleanup(upstream.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: upstream.URL})
	require.NoError(f, err)
	service, err := mapping.New(statusDocument(f), client, mapping.Config{})
	require.NoError(f, err)
	handler := gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization}, service)

	seeds := 0
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
		for _, target := range []string{
			"/scim/v2/Users?filter=userName+eq+%22admin%40example.com%22", "/scim/v2/Users/%2e%2e", "/scim/v2/Groups/VIEWER?attributes=members",
			"/scim/v2?sortBy=userName&count=2", "/scim/v2/.search", "/scim/v2/Users/.search", "/scim/v2/Bulk", "/scim/v2//Schemas/", "/org/sandboxed/scim/v2/Users?cursor=",
		} {
			for _, body := range []string{
				"", newUser, `{"Operations":[{"op":"replace","value":{"active":false}}]}`,
				`{"filter":"userName pr","count":1}`, `{"failOnErrors":1,"Operations":[{"method":"POST","path":"/Users","bulkId":"a","data":{"userName":"bulkId:a"}}]}`,
			} {
				f.Add(method, target, "Bearer "+key, body)
				seeds++
			}
		}
	}
	require.NotZero(f, seeds)
	f.Fuzz(func(t *testing.T, method, target, authorization, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil || !strings.HasPrefix(target, "/") || method == "CONNECT" {
			return // not a request that net/http would hand to a handler
		}
		request := httptest.NewRequest("GET", "/", strings.NewReader(body))
		request.Method, request.URL = method, u
		request.Header.Set("Authorization", authorization)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)

		require.NotEqual(t, http.StatusInternalServerError, recorder.Code, recorder.Body.String())
		if recorder.Body.Len() == 0 {
			return
		}
		require.Equal(t, "application/scim+json", recorder.Header().Get("Content-Type"))
		var answer map[string]any
		require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), &answer))
		require.NotEmpty(t, answer["schemas"])
		if recorder.Code >= 400 {
			require.NotEmpty(t, answer["detail"])
		}
	})
}

// FuzzRefusedPatch: a PATCH that is answered with an error has changed nothing.
func FuzzRefusedPatch(f *testing.F) {
	corpus, err := os.ReadFile(filepath.Join("..", "internal", "scim", "testdata", "patches.txt"))
	require.NoError(f, err)
	seeds := 0
	for line := range strings.Lines(string(corpus)) {
		if strings.HasPrefix(line, "{") {
			f.Add(line)
			seeds++
		}
	}
	require.NotZero(f, seeds)
	suger, err := sandbox.New(sandbox.Options{Contract: "status", Keys: []string{key}, People: -1})
	require.NoError(f, err)
	upstream := httptest.NewServer(suger)
	f.Cleanup(upstream.Close)
	f.Cleanup(suger.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: upstream.URL})
	require.NoError(f, err)
	service, err := mapping.New(statusDocument(f), client, mapping.Config{AllowAdminGrant: true})
	require.NoError(f, err)
	handler := gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization}, service)
	viewer, ok := suger.UserByEmail("viewer@example.com")
	require.True(f, ok)

	f.Fuzz(func(t *testing.T, body string) {
		suger.PutUser(viewer)
		before, _ := suger.UserByEmail(viewer.Email)
		request := httptest.NewRequest(http.MethodPatch, "/scim/v2/Users/"+viewer.ID, strings.NewReader(body))
		request.Header.Set("Authorization", key)
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		require.NotEqual(t, http.StatusInternalServerError, recorder.Code, recorder.Body.String())
		after, there := suger.UserByEmail(viewer.Email)
		if recorder.Code >= 400 {
			require.True(t, there)
			if after.Status == "INACTIVE" { // access ends first, whatever else is wrong
				require.Contains(t, recorder.Body.String(), "The user's access has ended")
				after.Status, after.LastUpdateTime, after.DeactivationTime = before.Status, before.LastUpdateTime, before.DeactivationTime
			}
			require.Equal(t, before, after)
		}
	})
}
