package mapping_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// Some APIs list a new user only after a delay. The gateway rereads the list until the
// mapping's limit, and adds the user only once.
func TestNewUserIsListedLater(t *testing.T) {
	tests := []struct {
		name, within string
		lists        int // reads in which the new user is missing
		shown        bool
		slept        []time.Duration
	}{
		{"listed at once", "5s", 0, true, nil},
		{"listed after two more reads", "5s", 2, true, []time.Duration{500 * time.Millisecond, time.Second}},
		{"listed too late", "2s", 100, false, []time.Duration{500 * time.Millisecond, time.Second, 500 * time.Millisecond}},
		{"no delay in the mapping", "0s", 1, false, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, a := newSmall(t, small("  add user:\n", "  add user:\n    shows within: "+test.within+"\n"))
			missing := test.lists
			s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				switch {
				case r.Method == http.MethodPost:
					s.people = append(s.people, smallPerson{"p3", "new@example.com", "guest"})
					w.WriteHeader(http.StatusAccepted)
				case len(s.people) == 3 && missing > 0:
					missing--
					s.reply(w, map[string]any{"people": s.people[:2]})
				default:
					return false
				}
				return true
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			got, err := a.users().Create(ctx, a.body(`{"userName":"new@example.com"}`), nil)
			assert.Equal(t, test.slept, s.slept)
			calls := s.takeCalls()
			assert.Equal(t, "POST /people", calls[1])
			assert.NotContains(t, calls[2:], "POST /people")
			if !test.shown {
				assertCode(t, scim.CodeWriteUnconfirmed, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "p3", got["id"])
		})
	}
}

// An ending context always has two seconds left, however slow the machine is.
type ending struct{ context.Context }

func (ending) Deadline() (time.Time, bool) { return time.Now().Add(2 * time.Second), true }

// A request that is almost out of time does not wait for the list, nor does a request
// that Suger has refused.
func TestExpiringRequestDoesNotWait(t *testing.T) {
	within := small("  add user:\n", "  add user:\n    shows within: 1m\n")
	s, a := newSmall(t, within)
	s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusAccepted)
		return true
	}
	_, err := a.users().Create(ending{t.Context()}, a.body(`{"userName":"new@example.com"}`), nil)
	assertCode(t, scim.CodeWriteUnconfirmed, err)
	assert.Empty(t, s.slept)

	s, a = newSmall(t, within)
	s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusBadRequest)
		return true
	}
	_, err = a.postUser(`{"userName":"new@example.com"}`)
	assertCode(t, scim.CodeSugerRefused, err)
	assert.Empty(t, s.slept)
}

// An API that answers everything with 200 reports the error in the body.
func TestErrorsInStatus200Answers(t *testing.T) {
	const words = `errors: {field: ok, success: [true], message: why, code: number}
refusals: {seats: [1701, no seat], domain: [422], duplicate: [taken], not there: [E404, unknown person]}
`
	tests := []struct {
		name, answer string
		status       int
		want         scim.Code
	}{
		{"error code", `{"ok":false,"number":1701}`, 200, scim.CodeNoSeat},
		{"error message", `{"ok":false,"why":"There is no seat left"}`, 200, scim.CodeNoSeat},
		{"HTTP status", `{"why":"Not for this address"}`, 422, scim.CodeDomainRefused},
		{"error code that is a word", `{"ok":false,"number":"TAKEN"}`, 200, scim.CodeUserExists},
		{"not found", `{"ok":false,"why":"Unknown person"}`, 200, scim.CodeUnsupported},
		{"error code that is an HTTP status", `{"ok":false,"number":403}`, 200, scim.CodeNotAllowed},
		{"unknown error", `{"ok":false,"why":"Sorry"}`, 200, scim.CodeSugerRefused},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, a := newSmall(t, smallMapping+words)
			s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
				if r.Method != http.MethodPost {
					return false
				}
				w.WriteHeader(test.status)
				_, _ = w.Write([]byte(test.answer))
				return true
			}
			_, err := a.postUser(`{"userName":"new@example.com"}`)
			assertCode(t, test.want, err)
		})
	}

	s, a := newSmall(t, smallMapping+words)
	s.answer = func(w http.ResponseWriter, _ *http.Request, _ string) bool {
		s.reply(w, map[string]any{"ok": false, "number": 401, "people": s.people})
		return true
	}
	_, err := a.listUsers("")
	assertCode(t, scim.CodeTokenRefused, err)
}

// Removing a user who has already left succeeds, whether the API reports that by a
// status or by a word.
func TestRemovalAnsweredAsNotFound(t *testing.T) {
	s, a := newSmall(t, smallMapping+"errors: {field: error}\nrefusals: {not there: [no_such_user]}\n")
	s.answer = func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if r.Method != http.MethodDelete {
			return false
		}
		s.people = s.people[:1]
		s.reply(w, map[string]any{"error": "no_such_user"})
		return true
	}
	got, err := a.patchUser("p2", deactivation)
	require.NoError(t, err)
	assert.Equal(t, false, got["active"])
}

// Paging by links, and by the id of the last row of the previous page.
func TestPagingByLinkAndByLastRow(t *testing.T) {
	for paging, second := range map[string]string{
		"{style: link}": "GET /people?page=2", "{style: link, cursor: more.next}": "GET /people?page=2",
		"{style: cursor, size: 1, limit: limit, next: after, cursor: last row id}": "GET /people?after=p1&limit=1",
	} {
		t.Run(paging, func(t *testing.T) {
			s, a := newSmall(t, small("    items: people\n", "    items: people\n    paging: "+paging+"\n"))
			s.answer = func(w http.ResponseWriter, r *http.Request, call string) bool {
				rest := s.people[1:]
				switch {
				case call == second:
				case r.URL.Query().Get("after") == "p2":
					rest = nil
				default:
					rest = s.people[:1]
					w.Header().Set("Link", `<?page=2>; rel="next"`)
				}
				answer := map[string]any{"people": rest}
				if len(rest) > 0 && rest[0].ID == "p1" {
					answer["more"] = map[string]any{"next": "?page=2"}
				}
				s.reply(w, answer)
				return true
			}
			list, err := a.listUsers("")
			require.NoError(t, err)
			assert.Equal(t, 2, list.TotalResults)
			assert.Contains(t, s.takeCalls(), second)
		})
	}
}
