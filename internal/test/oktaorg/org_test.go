package oktaorg

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// service records the SCIM calls that it receives, and has one user once created.
type service struct {
	calls  []string
	exists bool
	status int // answered to every write, 0 for the correct status
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := r.Method + " " + r.URL.RequestURI()
	var sent map[string]any
	if json.Unmarshal(body, &sent) == nil {
		operations, _ := sent["Operations"].([]any)
		if len(operations) == 1 {
			sent, _ = operations[0].(map[string]any)["value"].(map[string]any)
		}
		if active, ok := sent["active"].(bool); ok && len(sent) == 1 || r.Method == http.MethodPut {
			call += map[bool]string{true: " active", false: " inactive"}[active]
		}
	}
	s.calls = append(s.calls, call)

	const user = `{"id":"u1","userName":"ann@example.com","active":true,"meta":{"x":1}}`
	switch {
	case r.Method != http.MethodGet && s.status != 0:
		w.WriteHeader(s.status)
	case r.Method == http.MethodPost:
		s.exists = true
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, user)
	case !strings.Contains(r.URL.Path, "/Users/") && s.exists:
		_, _ = io.WriteString(w, `{"totalResults":1,"Resources":[`+user+`]}`)
	case !strings.Contains(r.URL.Path, "/Users/"):
		_, _ = io.WriteString(w, `{"totalResults":0,"Resources":[]}`)
	default:
		_, _ = io.WriteString(w, user)
	}
}

// drive makes the management calls of Okta's CRUD suite and returns their statuses.
func drive(t *testing.T, s *service, put bool) (statuses []int) {
	scim := httptest.NewServer(s)
	t.Cleanup(scim.Close)
	org := &Org{SCIM: Client{BaseURL: scim.URL + "/v2", Authorization: "Bearer x", HTTP: scim.Client(), Put: put}, Log: t.Logf}
	okta := httptest.NewServer(org.Handler())
	t.Cleanup(okta.Close)

	const profile = `{"id":"00u00000000000000001","profile":{"firstName":"Ann","lastName":"Example","login":"ann@example.com","email":"ann@example.com"}}`
	for _, call := range [][3]string{
		{"GET", "/apps/a1", ""},
		{"POST", "/users?activate=true", profile},
		{"POST", "/apps/a1/users", profile},
		{"PUT", "/users/00u00000000000000001", profile},
		{"POST", "/users/00u00000000000000001/lifecycle/deactivate", ""},
		{"POST", "/users/00u00000000000000001/lifecycle/activate", ""},
		{"POST", "/apps/a1/users", profile},
		{"DELETE", "/apps/a1/users/00u00000000000000001", ""},
		{"DELETE", "/apps/a1/users/unknown", ""},
	} {
		request, err := http.NewRequestWithContext(t.Context(), call[0], okta.URL+"/api/v1"+call[1], strings.NewReader(call[2]))
		require.NoError(t, err)
		response, err := okta.Client().Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		statuses = append(statuses, response.StatusCode)
	}
	return statuses
}

const lookup = "GET /v2/Users?count=100&filter=userName+eq+%22ann%40example.com%22&startIndex=1"

func TestTemplateAppPatches(t *testing.T) {
	s := &service{}
	statuses := drive(t, s, false)
	assert.Equal(t, []int{200, 200, 200, 200, 200, 200, 200, 204, 404}, statuses)
	assert.Equal(t, []string{
		lookup, "POST /v2/Users",
		"PATCH /v2/Users/u1",
		"PATCH /v2/Users/u1 inactive",
		lookup, "PATCH /v2/Users/u1 active", "PATCH /v2/Users/u1",
		"PATCH /v2/Users/u1 inactive",
	}, s.calls)
}

func TestWizardAppSendsPut(t *testing.T) {
	s := &service{}
	drive(t, s, true)
	get := "GET /v2/Users/u1"
	assert.Equal(t, []string{
		lookup, "POST /v2/Users",
		get, "PUT /v2/Users/u1 active",
		get, "PUT /v2/Users/u1 inactive",
		lookup, get, "PUT /v2/Users/u1 active", get, "PUT /v2/Users/u1 active",
		get, "PUT /v2/Users/u1 inactive",
	}, s.calls)
}

func TestRefusalsAreNotHidden(t *testing.T) {
	statuses := drive(t, &service{status: http.StatusConflict}, false)
	assert.Equal(t, []int{200, 200, 502, 200, 200, 200, 502, 204, 404}, statuses)
}
