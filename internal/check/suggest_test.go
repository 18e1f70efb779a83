package check_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
)

// A draft of each contract is right once other usual calls were tried.
func TestSuggest(t *testing.T) {
	for _, test := range []struct {
		contract, list string
	}{
		{"membership", ""},
		{"status", "GET /org/sandboxed/user"},
		{"envelope", "/v2/organizations/{organization}/members"},
		{"removal", "/v1/workspaces/{organization}/users"},
		{"multirole", "/v3/orgs/{organization}/users"},
	} {
		t.Run(test.contract, func(t *testing.T) {
			s := written(stand{contract: test.contract, config: func(c *check.Config) { c.List, c.TryVerbs = test.list, true }})
			draft, report, err := check.Suggest(t.Context(), s.open(t))
			require.NoError(t, err)
			golden(t, "draft."+test.contract+".yaml", draft.String())
			assert.Zero(t, report.Count(check.Fail), text(report))
			s.assertNothingPersonal(t, draft.String())
			s.assertNothingPersonal(t, text(report))
			_, there := s.suger.UserByEmail(newcomer)
			assert.False(t, there)
		})
	}
}

// Without --try-verbs only the drafted method is tried.
func TestSuggestTriesNothingUnasked(t *testing.T) {
	s := written(stand{contract: "envelope", config: func(c *check.Config) { c.List = "/v2/organizations/{organization}/members" }})
	draft, report, err := check.Suggest(t.Context(), s.open(t))
	require.NoError(t, err)
	assert.False(t, report.OK)
	assert.Contains(t, draft.String(), "call: PATCH /v2/organizations/{organization}/members/{user} # likely")
	assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "tries with --try-verbs: set call: PUT")
}

// A try is reverted where the check after it stops before it can prove it.
func TestTryThatIsNotChecked(t *testing.T) {
	s := written(stand{config: func(c *check.Config) { c.TryVerbs = true }, front: func(suger http.Handler) http.Handler {
		return listFailsAfter(http.MethodDelete)(status(with(http.MethodPatch), http.StatusMethodNotAllowed, "use PUT")(suger))
	}})
	draft, report, err := check.Suggest(t.Context(), s.open(t))
	require.NoError(t, err)
	assert.False(t, report.OK)
	assert.Contains(t, draft.String(), "call: PATCH /org/{organization}/user/{user} # likely")
	assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), "Suger has no PATCH")
}

// Where people have no role, or only an administrator is there, the draft is a
// mapping file all the same, and says what is missing.
func TestSuggestWithLittleToSee(t *testing.T) {
	onlyOne := answers(toList, func(value any) any { return value.([]any)[:1] })
	noRoles := status(toRoles, http.StatusNotFound, "no such operation")
	for name, test := range map[string]struct {
		front front
		want  string
	}{
		"nobody has a role": {func(suger http.Handler) http.Handler {
			return noRoles(answers(toUsers, users(func(user map[string]any) { delete(user, "role") }))(suger))
		}, "field: role # not seen: no field of a user looks like a role\n"},
		"nobody but an administrator": {func(suger http.Handler) http.Handler { return noRoles(onlyOne(suger)) },
			"- {name: MEMBER, id: MEMBER} # not seen: Suger has no such role: name the one that it has\n"},
		"too few to see paging": {onlyOne, "call: GET /org/{organization}/user # likely: one answer seems to hold all\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := stand{front: test.front}
			draft, report, err := check.Suggest(t.Context(), s.open(t))
			require.NoError(t, err)
			assert.Contains(t, draft.String(), test.want)
			assert.NotNil(t, report)
		})
	}
}

// How the credential is shown is taken over from the current file.
func TestSuggestKeepsTheLogin(t *testing.T) {
	s := stand{contract: "membership", config: func(c *check.Config) {
		c.Document.Credential.Header = "X-Api-Key"
	}}
	draft, _, err := check.Suggest(t.Context(), s.open(t))
	require.NoError(t, err)
	assert.Contains(t, draft.String(), "credential:\n  header: X-Api-Key # seen: from the current file\n")
}
