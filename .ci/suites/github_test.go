// Package suites drives a running gateway with SCIM clients that others wrote:
// GitHub's Go library here, and a Postman collection beside it. .ci/clients starts
// the gateway and runs both.
package suites

import (
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-github/v75/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// toGateway sends what the library has for GitHub's paths to the SCIM base URL. To
// the library a user's groups are texts, and to RFC 7643 section 4.1.2 objects, so
// they are not asked for.
type toGateway struct{ base *url.URL }

func (g toGateway) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	_, rest, _ := strings.Cut(request.URL.Path, "/sample/")
	request.URL.Scheme, request.URL.Host, request.Host = g.base.Scheme, g.base.Host, g.base.Host
	request.URL.Path = g.base.Path + "/" + rest
	if strings.HasPrefix(rest, "Users") {
		query := request.URL.Query()
		query.Set("excludedAttributes", "groups")
		request.URL.RawQuery = query.Encode()
	}
	return http.DefaultTransport.RoundTrip(request)
}

func newClient(t *testing.T, token string) *github.Client {
	t.Helper()
	base, err := url.Parse(os.Getenv("BASE"))
	require.NoError(t, err)
	require.NotEmpty(t, base.Host, "BASE is the SCIM base URL of a running gateway, TOKEN its token: use .ci/clients")
	return github.NewClient(&http.Client{Transport: toGateway{base}}).WithAuthToken(token)
}

// send makes a call with a body of the library's own type. Its methods for PUT and
// PATCH of a user leave the body out in this version.
func send(t *testing.T, client *github.Client, method, path string, body, answer any) *github.Response {
	t.Helper()
	request, err := client.NewRequest(method, "scim/v2/organizations/sample/"+path, body)
	require.NoError(t, err)
	response, err := client.Do(t.Context(), request, answer)
	require.NoError(t, err)
	return response
}

// status is that of the error response that a call ended in.
func status(t *testing.T, err error) int {
	t.Helper()
	var refused *github.ErrorResponse
	require.ErrorAs(t, err, &refused)
	return refused.Response.StatusCode
}

func TestUserOfGoGitHub(t *testing.T) {
	client, ctx := newClient(t, os.Getenv("TOKEN")), t.Context()
	lookup := &github.ListSCIMProvisionedIdentitiesOptions{Filter: github.Ptr(`userName eq "octo.sample@example.com"`)}
	found, _, err := client.SCIM.ListSCIMProvisionedIdentities(ctx, "sample", lookup)
	require.NoError(t, err)
	require.Zero(t, *found.TotalResults)

	sent := &github.SCIMUserAttributes{
		UserName: "octo.sample@example.com", Name: github.SCIMUserName{GivenName: "Octo", FamilyName: "Sample"},
		Emails:     []*github.SCIMUserEmail{{Value: "octo.sample@example.com", Primary: github.Ptr(true), Type: github.Ptr("work")}},
		ExternalID: github.Ptr("a-1"), Active: github.Ptr(true), Schemas: []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
	}
	made, response, err := client.SCIM.ProvisionAndInviteSCIMUser(ctx, "sample", sent)
	require.NoError(t, err)
	assert.Equal(t, http.StatusCreated, response.StatusCode)
	require.NotNil(t, made.ID)
	assert.Equal(t, "Octo Sample", *made.DisplayName)
	assert.False(t, made.Meta.Created.IsZero())

	_, _, err = client.SCIM.ProvisionAndInviteSCIMUser(ctx, "sample", sent)
	assert.Equal(t, http.StatusConflict, status(t, err))

	found, _, err = client.SCIM.ListSCIMProvisionedIdentities(ctx, "sample", lookup)
	require.NoError(t, err)
	require.Len(t, found.Resources, 1)
	assert.Equal(t, *made.ID, *found.Resources[0].ID)

	// The list has everybody, page by page.
	seen := map[string]bool{}
	page := &github.ListSCIMProvisionedIdentitiesOptions{StartIndex: github.Ptr(1), Count: github.Ptr(10)}
	for total := 1; *page.StartIndex <= total; *page.StartIndex += 10 {
		all, _, err := client.SCIM.ListSCIMProvisionedIdentities(ctx, "sample", page)
		require.NoError(t, err)
		total = *all.TotalResults
		for _, user := range all.Resources {
			seen[*user.ID] = true
		}
		if *page.StartIndex+10 > total {
			assert.Len(t, seen, total)
		}
	}
	assert.True(t, seen[*made.ID])

	sent.Name.GivenName = "Octavia"
	var changed github.SCIMUserAttributes
	send(t, client, http.MethodPut, "Users/"+*made.ID, sent, &changed)
	assert.Equal(t, "Octavia Sample", *changed.DisplayName)

	// The library's own PATCH has its operation as an object under "operations".
	patch := &github.UpdateAttributeForSCIMUserOptions{
		Schemas:    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
		Operations: github.UpdateAttributeForSCIMUserOperations{Op: "replace", Value: []byte(`{"active":false}`)},
	}
	send(t, client, http.MethodPatch, "Users/"+*made.ID, patch, &changed)
	assert.False(t, *changed.Active)

	_, err = client.SCIM.UpdateProvisionedOrgMembership(ctx, "sample", *made.ID, sent)
	assert.Equal(t, http.StatusBadRequest, status(t, err), "a PUT without a body changes nothing")

	_, _, err = client.SCIM.GetSCIMProvisioningInfoForUser(ctx, "sample", *made.ID)
	assert.Equal(t, http.StatusNotFound, status(t, err))

	sent.Active = github.Ptr(true)
	again, _, err := client.SCIM.ProvisionAndInviteSCIMUser(ctx, "sample", sent)
	require.NoError(t, err)
	assert.Equal(t, *made.ID, *again.ID, "who returns has the same id")
	response, err = client.SCIM.DeleteSCIMUserFromOrg(ctx, "sample", *made.ID)
	require.NoError(t, err)
	assert.Equal(t, http.StatusNoContent, response.StatusCode)
	_, err = client.SCIM.DeleteSCIMUserFromOrg(ctx, "sample", *made.ID)
	assert.Equal(t, http.StatusNotFound, status(t, err))
}

func TestGroupsOfGoGitHub(t *testing.T) {
	client, ctx := newClient(t, os.Getenv("TOKEN")), t.Context()
	groups, _, err := client.SCIM.ListSCIMProvisionedGroupsForEnterprise(ctx, "sample", &github.ListSCIMProvisionedGroupsForEnterpriseOptions{
		Filter: github.Ptr(`displayName eq "EDITOR"`), StartIndex: github.Ptr(1), Count: github.Ptr(10),
	})
	require.NoError(t, err)
	require.Len(t, groups.Resources, 1)
	editors := groups.Resources[0]
	require.NotEmpty(t, editors.Members)
	assert.NotEmpty(t, editors.Members[0].Ref)

	without, _, err := client.SCIM.ListSCIMProvisionedGroupsForEnterprise(ctx, "sample", &github.ListSCIMProvisionedGroupsForEnterpriseOptions{ExcludedAttributes: github.Ptr("members")})
	require.NoError(t, err)
	for _, group := range without.Resources {
		assert.Empty(t, group.Members)
	}

	// The group is built from the answer to a PATCH.
	viewers, _, err := client.SCIM.ListSCIMProvisionedIdentities(ctx, "sample", &github.ListSCIMProvisionedIdentitiesOptions{Filter: github.Ptr(`userName eq "viewer@example.com"`)})
	require.NoError(t, err)
	id := *viewers.Resources[0].ID
	members := func(op string) (ids []string) {
		var group github.SCIMGroupAttributes
		send(t, client, http.MethodPatch, "Groups/"+*editors.ID, map[string]any{
			"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
			"Operations": []map[string]any{{"op": op, "path": "members", "value": []*github.SCIMDisplayReference{{Value: id}}}},
		}, &group)
		for _, member := range group.Members {
			ids = append(ids, member.Value)
		}
		return ids
	}
	assert.Contains(t, members("add"), id)
	assert.NotContains(t, members("remove"), id)
}

func TestWrongTokenOfGoGitHub(t *testing.T) {
	client := newClient(t, "wrong")
	_, _, err := client.SCIM.ListSCIMProvisionedIdentities(t.Context(), "sample", nil)
	assert.Equal(t, http.StatusUnauthorized, status(t, err))
}
