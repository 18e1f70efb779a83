package ops_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

func TestStatusPageFacts(t *testing.T) {
	s := newStand(t)
	page := s.get("/").text()
	for _, want := range []string{
		"As of 1 May 2030 12:00 UTC",
		"Suger's last answer just now",
		"SCIM requests since the start 0, 0 failed Calls to Suger since the start 0, 0 failed",
		"Version 1.2.3 (0123456789ab)",
		"Started 30 Apr 2030 11:00 UTC",
		"Credential the token that Okta sends is the Suger credential; the gateway holds none",
		"SCIM connector base URL https://scim.example.com/scim/v2 Authentication mode HTTP Header with the key",
		"The gateway holds none of its own.",
		"Needs attention Nothing. No error since the start needs action.",
		"Recent changes None since the start.",
	} {
		assert.Contains(t, page, want)
	}
	assert.NotContains(t, page, "Dry run")

	s = newStand(t, func(c *ops.Config) { c.DryRun, c.Held = true, true })
	page = s.get("/").text()
	assert.Contains(t, page, "Dry run on: changes are answered as if done; none is made")
	assert.Contains(t, page, "held by the gateway")
}

func TestAgesInWords(t *testing.T) {
	for seconds, want := range map[int]string{59: "just now", 60: "1 min ago", 3599: "59 min ago", 3600: "1 h ago", 86399: "23 h ago", 86400: "1 day ago", 172800: "2 days ago"} {
		t.Run(want, func(t *testing.T) {
			s := newStand(t)
			s.activity.Failed(scim.CodeNoSeat)
			s.clock.Advance(time.Duration(seconds) * time.Second)
			assert.Contains(t, s.get("/").text(), "1 "+want+" Requests since the start.")
		})
	}
}

// Errors that need action are counted, failures first; temporary ones are
// folded.
func TestErrorsAreTriaged(t *testing.T) {
	s := newStand(t)
	s.activity.Failed(scim.CodeNotFound)
	s.activity.Failed(scim.CodeInternal)
	s.clock.Advance(time.Minute)
	for range 1234 {
		s.activity.Failed(scim.CodeTokenRefused)
	}
	page := s.get("/")
	assert.Contains(t, page.text(), "Ready. Suger answers. Requests: 1,234 refused, 1 failed.")
	assert.Contains(t, page.text(), "Needs attention: 1,234 refused, 1 failed What happened What to do Times Last "+
		"internal The gateway has a defect. Find the request id in the gateway&#39;s log and report it. 1 1 min ago "+
		"token_refused Suger does not accept the token. Create a new API key in Suger (Settings, API Client) and enter it in Okta. If the gateway holds the key, enter one of GATEWAY_TOKENS instead. A rotated or deleted key stops working at once. 1,234 just now "+
		"Requests since the start. Each code links to its explanation. "+
		"1 other error, no action needed")
	assert.Contains(t, page.body, `<a href="/guides/errors.md#token_refused">`)
	assert.Contains(t, s.get("/guides/errors.md").body, `<tr id="token_refused">`, "the link leads somewhere")
	assert.Greater(t, strings.Index(page.body, "#not_found"), strings.Index(page.body, "<details>"))

	s.clock.Advance(24 * time.Hour)
	assert.Contains(t, s.get("/").text(), "Ready. Suger answers as the mapping expects.", "a day later the verdict is good again")
}

// Each error is either somebody's to act on or not; a new one is by default.
func TestEveryErrorIsTriaged(t *testing.T) {
	s := newStand(t)
	for _, entry := range scim.Codes {
		s.activity.Failed(entry.Code)
	}
	page := s.get("/").text()
	for _, entry := range scim.Codes {
		assert.Contains(t, html.UnescapeString(page), string(entry.Code)+" "+entry.Cause+" "+entry.Cure+" 1 just now")
	}
}

func TestPageReloadsItself(t *testing.T) {
	s := newStand(t)
	assert.NotContains(t, s.get("/").body, "http-equiv")
	assert.Contains(t, s.get("/?refresh=on").body, `<meta http-equiv="refresh" content="30">`)
}

func change(n int) mapping.Change {
	return mapping.Change{
		Time: time.Date(2030, time.May, 1, 11, 0, 0, 0, time.UTC), RequestID: fmt.Sprintf("request-%d", n),
		User: "nova.sample@example.com", What: "update user", Outcome: "done",
		Before: map[string]string{"role": "VIEWER", "active": "false", "name.givenName": "Nova", "userName": "nova.sample@example.com"},
		After:  map[string]string{"role": "EDITOR", "active": "true", "name.givenName": "Nora", "userName": "nora.sample@example.com"},
	}
}

func TestChangesAreMasked(t *testing.T) {
	s := newStand(t)
	s.activity.Changed(change(1))
	page := s.get("/")
	assert.Contains(t, page.text(), "update user n…@example.com done Active: no → becomes yes Given name changed "+
		"Role: VIEWER → becomes EDITOR E-mail address changed 1 h ago, request request-1")
	for _, personal := range []string{"nova", "Nova", "Nora", "nora"} {
		assert.NotContains(t, page.body, personal)
	}
}

func TestChangesAreShownWhole(t *testing.T) {
	s := newStand(t, func(c *ops.Config) {
		c.Activity = ops.NewActivity(ops.Build{}, "http://127.0.0.1:1", true, c.Log, c.Now)
	})
	one := change(1)
	one.Outcome, one.Code = "failed", "suger_refused"
	one.Before["title"], one.After["title"] = "", `<script>alert("x")</script>`
	s.activity.Changed(one)
	page := s.get("/")
	assert.Contains(t, page.text(), "update user nova.sample@example.com not done, failed: suger_refused")
	assert.Contains(t, page.text(), "Given name: Nova → becomes Nora")
	assert.Contains(t, page.body, "Title: nothing")
	assert.NotContains(t, page.body, "<script>", "what comes from elsewhere is text")
}

func TestNamesOfRolesAreNotPersonal(t *testing.T) {
	s := newStand(t)
	s.activity.Changed(mapping.Change{
		Time: s.clock.Now(), RequestID: "r", User: "Deals", What: "update role", Outcome: "refused", Code: "role_fixed",
		Before: map[string]string{"name": "Deals"}, After: map[string]string{"name": "Deal desk"},
	})
	s.activity.Changed(mapping.Change{Time: s.clock.Now(), RequestID: "r", User: "user-0a1b2c3d4e5f6a7b", What: "remove user", Outcome: "dry run"})
	assert.Contains(t, s.get("/").text(), "remove user user-0a1b2c3d4e5f6a7b not done, dry run just now, request r "+
		"update role Deals not done, refused: role_fixed Name: Deals → becomes Deal desk just now, request r")
}

func TestChangesAreBounded(t *testing.T) {
	s := newStand(t)
	for n := range 250 {
		s.activity.Changed(change(n))
	}
	page := s.get("/")
	assert.Equal(t, 12, strings.Count(page.body, "request <a href="))
	assert.Contains(t, page.text(), "request-249")
	assert.Contains(t, page.text(), "Kept in memory, at most 200;")
	assert.Contains(t, page.text(), "All 200 in memory")
	all := s.get("/changes")
	assert.Equal(t, 200, strings.Count(all.body, "request <a href="))
	assert.Less(t, strings.Index(all.body, ">request-249<"), strings.Index(all.body, ">request-50<"), "the newest first")
	assert.NotContains(t, all.body, ">request-49<")
}

func TestChangesAreFiltered(t *testing.T) {
	for name, personal := range map[string]bool{"masked": false, "shown whole": true} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, func(c *ops.Config) {
				c.Activity = ops.NewActivity(ops.Build{}, "http://127.0.0.1:1", personal, c.Log, c.Now)
			})
			for i, one := range []mapping.Change{
				{User: "nova.sample@example.com", Outcome: "done"},
				{User: "reef.sample@example.com", Outcome: "refused", Code: "protected_user"},
				{User: "Deals", Outcome: "failed", Code: "suger_refused"},
				{User: "nova.sample@example.com", Outcome: "unconfirmed", Code: "write_unconfirmed"},
				{User: "reef.sample@example.com", Outcome: "dry run"},
			} {
				one.Time, one.RequestID, one.What = s.clock.Now(), fmt.Sprintf("r%d", i), "update user"
				s.activity.Changed(one)
			}
			for query, want := range map[string][]string{
				"":                                 {"r4", "r3", "r2", "r1", "r0"},
				"?person=nova.sample@example.com":  {"r3", "r0"},
				"?person=Nova.Sample@Example.com":  {"r3", "r0"},
				"?person=deals":                    {"r2"},
				"?person=nobody@example.com":       nil,
				"?outcome=done":                    {"r0"},
				"?outcome=refused":                 {"r1"},
				"?outcome=failed":                  {"r2"},
				"?outcome=unconfirmed":             {"r3"},
				"?outcome=dry+run":                 {"r4"},
				"?outcome=nonsense":                nil,
				"?request=r1":                      {"r1"},
				"?outcome=done&person=reef.sample": nil,
			} {
				if query == "?person=nobody@example.com" && !personal {
					want = []string{"r3", "r0"} // n…@example.com
				}
				var found []string
				page := s.get("/changes" + query).body
				for _, match := range regexp.MustCompile(`request=(r\d)"`).FindAllStringSubmatch(page, -1) {
					found = append(found, match[1])
				}
				assert.Equal(t, want, found, query)
			}
		})
	}
}

func TestRolesAreShown(t *testing.T) {
	asked := 0
	var fail error
	s := newStand(t, func(c *ops.Config) {
		c.Held = true
		c.Roles = func(context.Context) ([]ops.Role, error) {
			asked++
			if fail != nil {
				return nil, fail
			}
			return []ops.Role{{Group: "Suger Admins", People: 12345}}, nil
		}
	})
	assert.Contains(t, s.get("/").text(), "Roles Group in Okta People Suger Admins 12,345 As Suger answered just now.")
	s.get("/")
	assert.Equal(t, 1, asked, "reloading the page does not ask again")

	s.clock.Advance(time.Minute)
	fail = scim.NewError(scim.CodeTokenRefused, "Suger says: not for gossip@example.com")
	page := s.get("/").text()
	assert.Contains(t, page, "The roles could not be read: Suger does not accept the token.")
	assert.Contains(t, page, "Suger Admins 12,345 As Suger answered 1 min ago.", "the roles read last are kept")
	assert.NotContains(t, page, "gossip")
	s.clock.Advance(time.Minute)
	fail = errors.New("dial tcp 192.0.2.1: secret internals")
	page = s.get("/").text()
	assert.Contains(t, page, "The roles could not be read: Suger did not answer in time.")
	assert.NotContains(t, page, "internals")
}

func TestRolesOfNoOrganization(t *testing.T) {
	s := newStand(t, func(c *ops.Config) { c.Held = true })
	page := s.get("/").text()
	assert.Contains(t, page, "Test a connection and count the roles with your credential.")
	assert.NotContains(t, page, "The gateway holds none of its own.")
}

func TestRequestsAndCalls(t *testing.T) {
	s := newStand(t)
	for range 1200 {
		s.activity.Called("get user", 200, 0)
	}
	s.activity.Called("get user", 502, 0)
	s.activity.Called("get user", 0, 0)
	for _, status := range []int{200, 404, 429, 503} {
		s.activity.Answered("User", "GET", status, 0)
	}
	assert.Contains(t, s.get("/").text(), "SCIM requests since the start 4, 2 failed Calls to Suger since the start 1,202, 2 failed")
}

// A page is cheap, also for many readers.
func TestManyReadersAndEvents(t *testing.T) {
	s := newStand(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for n := range 2000 {
			s.activity.Called("get user", 200, 0)
			s.activity.Changed(change(n))
			s.activity.Failed(scim.CodeNotFound)
			s.activity.Lookup("hit")
		}
	}()
	for range 20 {
		require.Equal(t, http.StatusOK, s.get("/").status)
	}
	<-done
}
