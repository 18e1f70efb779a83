package gateway_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The filters that the IPSIE account lifecycle profile (draft 00, AL1 and AL2)
// asks for.
func TestFiltersOfTheProfiles(t *testing.T) {
	s := newStack(t)
	viewer := s.id("viewer")
	for _, test := range []struct {
		path, filter string
		want         []string
	}{
		{"/Users", `userName eq "VIEWER@example.com"`, []string{"viewer@example.com"}},
		{"/Users", `emails[value eq "viewer@example.com"]`, []string{"viewer@example.com"}},
		{"/Users", `emails[value eq "Viewer@Example.com"]`, []string{"viewer@example.com"}},
		{"/Users", `emails[type eq "work" and value eq "viewer@example.com"]`, []string{"viewer@example.com"}},
		{"/Users", `emails[type eq "home" and value eq "viewer@example.com"]`, []string{}},
		{"/Users", `emails[value eq "nobody@example.com"]`, []string{}},
		{"/Users", `userName eq "viewer@example.com" and active eq true`, []string{"viewer@example.com"}},
		{"/Groups", `displayName eq "viewer"`, []string{"VIEWER"}},
		{"/Groups", fmt.Sprintf(`members[value eq %q]`, viewer), []string{"VIEWER"}},
		{"/Groups", fmt.Sprintf(`members[value eq %q and type eq "User"]`, viewer), []string{"VIEWER"}},
		{"/Groups", fmt.Sprintf(`displayName eq "viewer" and members[value eq %q]`, viewer), []string{"VIEWER"}},
		{"/Groups", `members[value eq "nobody"]`, []string{}},
	} {
		t.Run(test.filter, func(t *testing.T) {
			a := s.get("/scim/v2" + test.path + "?filter=" + url.QueryEscape(test.filter))
			assert.Equal(t, test.want, a.names())
			less := s.get("/scim/v2" + test.path + "?excludedAttributes=members,emails&filter=" + url.QueryEscape(test.filter))
			assert.Equal(t, test.want, less.names(), "what is filtered by need not be shown")
		})
	}
}

// A password is accepted and ignored, but not in the schema (IPSIE account
// lifecycle profile, AL2).
func TestNoPassword(t *testing.T) {
	s := newStack(t)
	found := map[string]map[string]any{}
	described("", s.get("/scim/v2/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").body["attributes"].([]any), found)
	require.Contains(t, found, "userName")
	assert.NotContains(t, found, "password")
	a := s.do("POST", "/scim/v2/Users", `{"userName":"nova.sample@example.com","password":"throw-away"}`)
	require.Equal(t, 201, a.status, a.text)
	assert.NotContains(t, a.text, "throw-away")
}
