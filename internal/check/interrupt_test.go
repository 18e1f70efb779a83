package check_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/test/sandbox"
)

// A check that is stopped during the writes leaves no user behind.
func TestInterruptedWrite(t *testing.T) {
	for _, method := range []string{http.MethodPost, http.MethodPatch, http.MethodDelete} {
		t.Run(method, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			s := written(stand{front: asks(func(r *http.Request) {
				if r.Method == method {
					stop()
				}
			})})
			config := s.open(t)
			config.Patience = 10 * time.Second // Suger may go on with what nobody waits for
			report := check.Run(ctx, config)
			assert.False(t, report.OK)
			_, there := s.suger.UserByEmail(newcomer)
			assert.False(t, there)
			assert.Contains(t, text(report), "Nothing is left of "+newcomer)
			assert.Contains(t, text(report), "Stopped before the end.")
		})
	}
}

// A check that is stopped before it writes makes no write.
func TestInterruptedRead(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	s := written(stand{front: asks(func(r *http.Request) {
		if toRoles(r) {
			stop()
		}
	})})
	report := check.Run(ctx, s.open(t))
	assert.False(t, report.OK)
	assert.Zero(t, s.suger.Count("add user"))
}

// Somebody whom the list hides, and whom Suger answers when the address is
// added, is not removed and has no access afterwards.
func TestUnlistedUserIsLeftAlone(t *testing.T) {
	s := stand{config: write("former@example.com"), front: answers(toList, func(value any) any {
		list, _ := value.([]any)
		return slices.DeleteFunc(list, func(user any) bool { return user.(map[string]any)["status"] == "INACTIVE" })
	})}
	assert.False(t, s.run(t).OK)
	former, there := s.suger.UserByEmail("former@example.com")
	assert.True(t, there)
	assert.Equal(t, sandbox.StatusInactive, former.Status)
	assert.Zero(t, s.suger.Count("update user")+s.suger.Count("remove user"), "nothing is written after the answer")
}

// An account that an earlier check has left is taken for that by the last name that
// a check gives. One with the name that a check sends first is not told from an
// account whose name the creation wrote over, unless somebody says so.
func TestAccountOfAnEarlierCheck(t *testing.T) {
	for _, test := range []struct {
		family       string
		known, taken bool
	}{{"Checked", false, true}, {"Check", false, false}, {"Check", true, true}} {
		s := written(stand{contract: "membership", prepare: func(suger *sandbox.Sandbox) {
			suger.PutGlobalUser(sandbox.GlobalUser{Email: newcomer, FirstName: "Preflight", LastName: test.family})
		}, config: func(c *check.Config) { c.KnownAccount = test.known }})
		report := s.run(t)
		assert.Equal(t, test.taken, report.OK, text(report))
		assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), map[bool]string{true: "Suger already had an account for " + newcomer, false: newcomer + " already had an account"}[test.taken])
		_, there := s.suger.UserByEmail(newcomer)
		assert.Equal(t, !test.taken, there)
	}
}

// Somebody whom Suger knows from elsewhere keeps the name, and is not deactivated.
func TestAccountOfSomebodyElse(t *testing.T) {
	s := written(stand{contract: "membership", prepare: func(suger *sandbox.Sandbox) {
		suger.PutGlobalUser(sandbox.GlobalUser{Email: newcomer, FirstName: "Iris", LastName: "Berg"})
	}, front: answers(toUsers, users(func(user map[string]any) { delete(user, "creationTime") }))}) // so that only the name tells
	report := s.run(t)
	assert.False(t, report.OK)
	assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), `may belong to somebody: Suger answered with another name than the one sent. The check called add user (200) and leaves the account alone now.`)
	member, there := s.suger.UserByEmail(newcomer)
	assert.True(t, there)
	assert.Equal(t, "Iris Berg", member.FirstName+" "+member.LastName)
	assert.Zero(t, s.suger.Count("update user")+s.suger.Count("remove user"), "nothing is written after the answer")
}

// A user whom Suger accepted but never listed is reported as left, with the way to
// remove it. A call that Suger has refused is no such way.
func TestInvitationThatIsNotListed(t *testing.T) {
	for answered, change := range map[bool]string{
		true:  "Remove the user in Suger's console.",
		false: "Remove the user in Suger's console, or by DELETE /org/sandboxed/user/PENDING01.",
	} {
		s := written(stand{front: func(suger http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodDelete && !answered:
					panic(http.ErrAbortHandler)
				case r.Method != http.MethodPost:
					suger.ServeHTTP(w, r)
				default:
					w.WriteHeader(http.StatusAccepted)
					_, _ = w.Write([]byte(`{"id":"PENDING01","email":"` + newcomer + `"}`))
				}
			})
		}})
		report := s.run(t)
		assert.False(t, report.OK)
		last := report.Lines[len(report.Lines)-1]
		assert.Equal(t, check.Fail, last.Level)
		assert.Contains(t, last.Text, `Suger may have added `+newcomer+` by "add user", but its list does not show the user`)
		assert.Equal(t, change, last.Change)
	}
}

// Without --write only reads are sent.
func TestReadsOnly(t *testing.T) {
	s := stand{front: asks(func(r *http.Request) {
		assert.Contains(t, []string{http.MethodGet, http.MethodHead}, r.Method)
	})}
	assert.True(t, s.run(t).OK)
}

// The certificate of a server that nobody vouches for is named as the cause.
func TestUntrustedCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	s := stand{config: url(func(*check.Config) string { return server.URL })}
	report := s.run(t)
	assert.False(t, report.OK)
	assert.Contains(t, report.Lines[0].Text, "failed to verify certificate")
	assert.Contains(t, report.Lines[0].Change, "SSL_CERT_FILE")
}

func TestShowPersonal(t *testing.T) {
	front := status(toList, http.StatusForbidden, "not for you, somebody@example.com")
	for personal, want := range map[bool]string{true: "somebody@example.com", false: "(an e-mail address)"} {
		s := stand{front: front, config: func(c *check.Config) { c.ShowPersonal = personal }}
		assert.Contains(t, s.run(t).Lines[0].Text, want)
	}
}

func TestReportAsJSON(t *testing.T) {
	s := stand{front: forgets("offset")}
	data, err := json.MarshalIndent(s.run(t), "", "  ")
	require.NoError(t, err)
	golden(t, "report.json", string(data)+"\n")
}

// The text of a report fits on a screen.
func TestWrapped(t *testing.T) {
	text := check.Line{Check: "list users", Level: check.Fail, Text: strings.Repeat("word ", 40), Change: "something"}.String()
	assert.True(t, strings.HasPrefix(text, "fail  list users"))
	for row := range strings.Lines(text) {
		assert.LessOrEqual(t, len(row), 101)
	}
}
