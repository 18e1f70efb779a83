package check_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
)

// finding returns a Suger that finds users by address, as match says.
func finding(match func(address, asked string) bool) front {
	return func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked := r.URL.Query().Get("mail")
			answers(func(r *http.Request) bool { return asked != "" }, func(value any) any {
				found := []any{}
				for _, user := range value.([]any) {
					if address, _ := user.(map[string]any)["email"].(string); match(address, asked) {
						found = append(found, user)
					}
				}
				return found
			})(suger).ServeHTTP(w, r)
		})
	}
}

func TestFindUserIsChecked(t *testing.T) {
	exactly := func(address, asked string) bool { return address == asked }
	tests := []struct {
		name, more string
		match      func(address, asked string) bool
		level      check.Level
		says       string
	}{
		{"any letter case", "", strings.EqualFold, check.OK, "found by the address, in any letter case."},
		{"any letter case, which decides", ", decides: true", strings.EqualFold, check.OK, "found by the address, in any letter case."},
		{"one letter case", "", exactly, check.Warn, "does not find a user by the address in capital letters"},
		{"one letter case, which decides", ", decides: true", exactly, check.Fail, "would tell Okta that there is no such user"},
		{"the parameter is ignored", "", func(string, string) bool { return true }, check.OK, "found by the address"},
		{"nobody, which decides", ", decides: true", func(string, string) bool { return false }, check.Fail, "Set decides: false."},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			const get = "  get user: GET /org/{organization}/user/{user}\n"
			s := stand{contract: "status", front: finding(test.match), edits: []edit{{get, get +
				"  find user: {call: \"GET /org/{organization}/user?limit=1000&mail={userName}\"" + test.more + "}\n"}}}
			var lines []check.Line
			for _, line := range s.run(t).Lines {
				if line.Check == "find user" {
					lines = append(lines, line)
				}
			}
			require.Len(t, lines, 1)
			assert.Equal(t, test.level, lines[0].Level)
			assert.Contains(t, lines[0].Text+" "+lines[0].Change, test.says)
		})
	}
}
