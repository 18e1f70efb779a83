package ops_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/mapping"
)

func inDryRun(c *ops.Config) { c.DryRun = true }

// dry returns a change of a dry run; role and active are no secrets.
func dry(what, id, user string, before, after map[string]string) mapping.Change {
	return mapping.Change{What: what, UserID: id, User: user, Organization: "org-1", RequestID: "r-" + what[:3], Before: before, After: after, Outcome: "dry run"}
}

// A person is in the report once, with Suger's state and the last request, on
// the page, as JSON and as text.
func TestDryRunReport(t *testing.T) {
	s := newStand(t, inDryRun)
	assert.Contains(t, s.get("/dry-run").text(), "Nothing would have been changed so far.")
	for _, c := range []mapping.Change{
		dry("update user", "1", "nova.sample@example.com", map[string]string{"role": "VIEWER"}, map[string]string{"role": "EDITOR"}),
		dry("add user", "", "Reef.Sample@example.com", map[string]string{"role": ""}, map[string]string{"role": "VIEWER", "name.givenName": "Reef"}),
		dry("add user", "", "reef.sample@example.com", map[string]string{"role": ""}, map[string]string{"role": "VIEWER", "name.givenName": "Reef"}),
		dry("update user", "1", "nova.sample@example.com", map[string]string{"role": "VIEWER"}, map[string]string{"role": "ADMIN"}),
		dry("deactivate user", "1", "nova.sample@example.com", map[string]string{"active": "true"}, map[string]string{"active": "false"}),
		dry("update role", "2", "Deals", map[string]string{"name": "Deals"}, map[string]string{"name": "Deal desk"}),
		{What: "update user", UserID: "3", User: "done@example.com", Outcome: "done"},
		{What: "update user", UserID: "4", User: "refused@example.com", Outcome: "refused", Code: "protected_user"},
	} {
		s.activity.Changed(c)
	}
	page := s.get("/dry-run").text()
	assert.Contains(t, page, "Addresses and personal attributes are masked (GATEWAY_STATUS_PERSONAL shows them).")
	assert.Contains(t, page, "3 people and roles would have been changed: add user 1, deactivate user 1, update role 1, update user 1.")
	assert.Contains(t, page, "n…@example.com update user, deactivate user r-dea Role: VIEWER → becomes ADMIN Active: yes → becomes no "+
		"R…@example.com add user r-add Given name changed Role: nothing → becomes VIEWER "+
		"Deals update role r-upd Name: Deals → becomes Deal desk")

	a := s.get("/dry-run.json")
	assert.Equal(t, "application/json", a.header.Get("Content-Type"))
	var report struct {
		Counts  map[string]int
		Changes []struct {
			Who     string
			What    []string
			Differs []map[string]any
		}
		LeftOut int `json:"left_out"`
	}
	require.NoError(t, json.Unmarshal([]byte(a.body), &report))
	assert.Equal(t, map[string]int{"add user": 1, "deactivate user": 1, "update role": 1, "update user": 1}, report.Counts)
	require.Len(t, report.Changes, 3)
	assert.Equal(t, []map[string]any{
		{"attribute": "role", "before": "VIEWER", "after": "ADMIN"}, {"attribute": "active", "before": "true", "after": "false"},
	}, report.Changes[0].Differs)
	for _, personal := range []string{"nova", "Reef"} {
		assert.NotContains(t, a.body, personal)
	}

	var printed bytes.Buffer
	require.NoError(t, s.activity.DryRun().Print(&printed))
	assert.Equal(t, "Dry run. 3 people and roles would have been changed: add user 1, deactivate user 1, update role 1, update user 1.\n"+
		"  n…@example.com                           update user, deactivate user  Role: VIEWER -> ADMIN; Active: yes -> no\n"+
		"  R…@example.com                           add user  Given name changed; Role: nothing -> VIEWER\n"+
		"  Deals                                    update role  Name: Deals -> Deal desk\n", printed.String())
}

func TestDryRunReportIsBounded(t *testing.T) {
	s := newStand(t, inDryRun)
	for n := range 10_500 {
		s.activity.Changed(dry("update user", fmt.Sprint(n), "somebody@example.com", nil, map[string]string{"role": "EDITOR"}))
	}
	report := s.activity.DryRun()
	assert.Len(t, report.Changes, 10_000)
	assert.Contains(t, report.Summary(), "500 changes of others did not fit in this report; the audit log has them.")
}

// Without a dry run there is nothing to report.
func TestNoDryRunReport(t *testing.T) {
	s := newStand(t)
	assert.Equal(t, http.StatusNotFound, s.get("/dry-run").status)
	assert.Equal(t, http.StatusNotFound, s.get("/dry-run.json").status)
	assert.NotContains(t, s.get("/").body, "/dry-run")
}
