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

// What each answer of "find user" leads to, and when the gateway reads the list as
// well.
func TestFindUser(t *testing.T) {
	const everybody = "GET /people"
	tests := []struct {
		name, email, answer string
		status              int
		decides             bool
		found               string // id, "" if no user
		list                bool
	}{
		{"list with the user", "guest@example.com", `{"people":[{"id":"p2","mail":"Guest@example.com","role":"guest"}]}`, 200, false, "p2", false},
		{"the user as an object", "guest@example.com", `{"people":{"id":"p2","mail":"guest@example.com","role":"guest"}}`, 200, false, "p2", false},
		{"list with the user and others", "guest@example.com", `{"people":[{"id":"p3","mail":"guest@example.com.org","role":"guest"},{"id":"p2","mail":"guest@example.com","role":"guest"}]}`, 200, false, "p2", false},
		{"empty, but the list has the user", "guest@example.com", `{"people":[]}`, 200, false, "p2", true},
		{"empty, and the list does not have the user", "new@example.com", `{"people":[]}`, 200, false, "", true},
		{"empty list decides", "new@example.com", `{"people":[]}`, 200, true, "", false},
		{"null decides", "new@example.com", `{"people":null}`, 200, true, "", false},
		{"empty body decides", "new@example.com", ``, 200, true, "", false},
		{"answer without the field does not decide", "guest@example.com", `{"persons":[]}`, 200, true, "p2", true},
		{"only other people does not decide", "guest@example.com", `{"people":[{"id":"p1","mail":"boss@example.com","role":"boss"}]}`, 200, true, "p2", true},
		{"user without a role", "guest@example.com", `{"people":[{"id":"p2","mail":"guest@example.com"}]}`, 200, true, "p2", true},
		{"unreadable record", "guest@example.com", `{"people":[{"mail":"guest@example.com","role":"guest"}]}`, 200, true, "p2", true},
		{"two users with the address", "guest@example.com", `{"people":[{"id":"p2","mail":"guest@example.com","role":"guest"},{"id":"p9","mail":"guest@example.com","role":"guest"}]}`, 200, true, "p2", true},
		{"404 not found", "guest@example.com", `"no such person"`, 404, true, "p2", true},
		{"405 no such call", "guest@example.com", ``, 405, true, "p2", true},
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
			assert.Equal(t, want, s.takeCalls())
			if test.found == "" {
				assert.Zero(t, list.TotalResults)
				return
			}
			require.Len(t, list.Resources, 1)
			assert.Equal(t, test.found, list.Resources[0]["id"])
		})
	}
}

// A lookup that fails is an error; it does not mean that the user does not exist.
func TestFindUserFails(t *testing.T) {
	s, a := newSmall(t, small("  add user:\n", findUser))
	s.answer = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	_, err := a.listUsers(`userName eq "guest@example.com"`)
	assertCode(t, scim.CodeNotAllowed, err)
	assert.Len(t, s.takeCalls(), 1)
}

// A user who is on the list is not added again, whatever the lookup answers.
func TestCreateTrustsTheListNotTheLookup(t *testing.T) {
	source := strings.Replace(small("  add user:\n", findUser), "answer: people}", "answer: people, decides: true}", 1)
	s, a := newSmall(t, source)
	s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.URL.RawQuery == "" {
			return false
		}
		s.reply(w, map[string]any{"people": []any{}})
		return true
	}
	_, err := a.postUser(`{"userName":"guest@example.com"}`)
	assertCode(t, scim.CodeUserExists, err)
	assert.NotContains(t, s.takeCalls(), "POST /people")
}

// A create is refused if Suger treats its address as another person's and that shows
// before the first write: the call that adds the user would change the other person.
func TestAddressThatSugerTreatsAsAnother(t *testing.T) {
	record := func(mail string) string { return `{"id":"p7","mail":"` + mail + `","role":"guest"}` }
	tests := []struct {
		name, email string
		answer      string // of "find user", "" if the mapping does not have it
		code        scim.Code
	}{
		{"a symbol that looks like a letter", "s\u212aipper@example.com", "", scim.CodeInvalidValue},
		{"a capital letter outside ASCII", "JOS\u00c9@example.com", "", scim.CodeInvalidValue},
		{"a letter with a combining accent", "jose\u0301@example.com", "", scim.CodeInvalidValue},
		{"an invisible character", "kay\u200d@example.com", "", scim.CodeInvalidValue},
		{"an ASCII capital letter", "Kay@example.com", "", ""},
		{"small letters outside ASCII", "jos\u00e9.\u03c2@example.com", "", ""},
		{"answer without the accent", "jos\u00e9@example.com", "[" + record("jose@example.com") + "]", scim.CodeUserExists},
		{"answer with other capital letters", "jos\u00e9@example.com", "[" + record("JOSÉ@example.com") + "]", scim.CodeUserExists},
		{"answer is another person", "kay+admin@example.com", record("kay@example.com"), scim.CodeUserExists},
		{"search result with another person", "kay@example.com", "[" + record("kay@example.com.org") + "]", ""},
		{"answer with the same address", "kay@example.com", record("KAY@example.com"), ""},
		{"empty answer", "kay@example.com", "[]", ""},
		{"answer that is not a user", "kay@example.com", `{"count":0}`, ""},
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
			assert.NotContains(t, s.takeCalls(), "POST /people")
		})
	}
}
