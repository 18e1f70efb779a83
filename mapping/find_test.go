package mapping_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

const findUser = "  find user: {call: \"GET /people?mail={userName}&full=yes\", answer: people}\n  add user:\n"

// What the call for one address answers, and whether the list is read for it.
func TestFindUser(t *testing.T) {
	const everybody = "GET /people"
	tests := []struct {
		name, email, answer string
		status              int
		decides             bool
		found               string // id, "" for nobody
		list                bool
	}{
		{"a list of one", "guest@example.com", `{"people":[{"id":"p2","mail":"Guest@example.com","role":"guest"}]}`, 200, false, "p2", false},
		{"one alone", "guest@example.com", `{"people":{"id":"p2","mail":"guest@example.com","role":"guest"}}`, 200, false, "p2", false},
		{"among others", "guest@example.com", `{"people":[{"id":"p3","mail":"guest@example.com.org","role":"guest"},{"id":"p2","mail":"guest@example.com","role":"guest"}]}`, 200, false, "p2", false},
		{"nobody, who is listed", "guest@example.com", `{"people":[]}`, 200, false, "p2", true},
		{"nobody, and nobody is listed", "new@example.com", `{"people":[]}`, 200, false, "", true},
		{"nobody, which decides", "new@example.com", `{"people":[]}`, 200, true, "", false},
		{"null, which decides", "new@example.com", `{"people":null}`, 200, true, "", false},
		{"nothing, which decides", "new@example.com", ``, 200, true, "", false},
		{"an answer without the field decides nothing", "guest@example.com", `{"persons":[]}`, 200, true, "p2", true},
		{"other people decide nothing", "guest@example.com", `{"people":[{"id":"p1","mail":"boss@example.com","role":"boss"}]}`, 200, true, "p2", true},
		{"somebody without a role", "guest@example.com", `{"people":[{"id":"p2","mail":"guest@example.com"}]}`, 200, true, "p2", true},
		{"a record that cannot be read", "guest@example.com", `{"people":[{"mail":"guest@example.com","role":"guest"}]}`, 200, true, "p2", true},
		{"two with the address", "guest@example.com", `{"people":[{"id":"p2","mail":"guest@example.com","role":"guest"},{"id":"p9","mail":"guest@example.com","role":"guest"}]}`, 200, true, "p2", true},
		{"not found", "guest@example.com", `"no such person"`, 404, true, "p2", true},
		{"no such call", "guest@example.com", ``, 405, true, "p2", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := small("  add user:\n", findUser)
			if test.decides {
				source = strings.Replace(source, "answer: people}", "answer: people, decides: true}", 1)
			}
			s, a := newSmall(t, source)
			s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				if r.URL.RawQuery == "" {
					return false
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.answer))
				return true
			}
			list, err := a.listUsers(`userName eq "` + test.email + `"`)
			require.NoError(t, err)
			want := []string{"GET /people?full=yes&mail=" + strings.ReplaceAll(test.email, "@", "%40")}
			if test.list {
				want = append(want, everybody)
			}
			assert.Equal(t, want, s.took())
			if test.found == "" {
				assert.Zero(t, list.TotalResults)
				return
			}
			require.Len(t, list.Resources, 1)
			assert.Equal(t, test.found, list.Resources[0].Resource()["id"])
		})
	}
}

// A lookup that fails is an error, not somebody who is not found.
func TestFindUserThatFails(t *testing.T) {
	s, a := newSmall(t, small("  add user:\n", findUser))
	s.answer = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	_, err := a.listUsers(`userName eq "guest@example.com"`)
	assertCode(t, scim.CodeNotAllowed, err)
	assert.Len(t, s.took(), 1)
}

// Nobody is added who is on the list, whatever the lookup says.
func TestAddingGoesByTheListNotByTheLookup(t *testing.T) {
	source := strings.Replace(small("  add user:\n", findUser), "answer: people}", "answer: people, decides: true}", 1)
	s, a := newSmall(t, source)
	s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.URL.RawQuery == "" {
			return false
		}
		s.say(w, map[string]any{"people": []any{}})
		return true
	}
	_, err := a.postUser(`{"userName":"guest@example.com"}`)
	assertCode(t, scim.CodeUserExists, err)
	assert.NotContains(t, s.took(), "POST /people")
}

// Nobody is added whose address Suger takes for somebody else's, as far as that shows
// before the first write: the call that adds would change the other person.
func TestAddressThatSugerTakesForAnother(t *testing.T) {
	record := func(mail string) string { return `{"id":"p7","mail":"` + mail + `","role":"guest"}` }
	tests := []struct {
		name, email string
		answer      string // of the call for one address, "" for no such call in the mapping
		code        scim.Code
	}{
		{"a sign that looks like a letter", "s\u212aipper@example.com", "", scim.CodeInvalidValue},
		{"a capital letter outside ASCII", "JOS\u00c9@example.com", "", scim.CodeInvalidValue},
		{"a letter in two characters", "jose\u0301@example.com", "", scim.CodeInvalidValue},
		{"a character that shows nothing", "kay\u200d@example.com", "", scim.CodeInvalidValue},
		{"a capital letter of ASCII", "Kay@example.com", "", ""},
		{"small letters outside ASCII", "jos\u00e9.\u03c2@example.com", "", ""},
		{"a letter without its accent", "jos\u00e9@example.com", "[" + record("jose@example.com") + "]", scim.CodeUserExists},
		{"capital letters of the other", "jos\u00e9@example.com", "[" + record("JOSÉ@example.com") + "]", scim.CodeUserExists},
		{"another address alone", "kay+admin@example.com", record("kay@example.com"), scim.CodeUserExists},
		{"another person in a search", "kay@example.com", "[" + record("kay@example.com.org") + "]", ""},
		{"the same address", "kay@example.com", record("KAY@example.com"), ""},
		{"nobody", "kay@example.com", "[]", ""},
		{"an object of another kind", "kay@example.com", `{"count":0}`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			source := smallMapping
			if test.answer != "" {
				source = small("  add user:\n", findUser)
			}
			s, a := newSmall(t, source)
			s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				if r.URL.RawQuery != "" {
					_, _ = w.Write([]byte(`{"people":` + test.answer + `}`))
				}
				return r.URL.RawQuery != ""
			}
			_, err := a.postUser(`{"userName":"` + test.email + `"}`)
			if test.code == "" {
				require.NoError(t, err)
				return
			}
			assertCode(t, test.code, err)
			assert.NotContains(t, s.took(), "POST /people")
		})
	}
}
