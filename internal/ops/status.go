package ops

import (
	"fmt"
	"net/http"
	"slices"
)

// An OktaValue is a value to enter or an option to tick in Okta.
type OktaValue struct {
	Field  string
	Values []string // to copy
	Note   string
}

// A verdict is the state of the gateway in one sentence.
type verdict struct {
	Level   string // "good", "warn" or "bad"
	Text    string
	Details []string
}

type statusPage struct {
	frame
	changeList
	Verdict      verdict
	State        readiness
	Roles        []organizationRoles
	RequestChart barChart
	CallChart    barChart
	LookupChart  shareChart
	ListChart    shareChart
	Errors       triage
}

// refreshEvery is the interval of automatic refresh, in seconds.
const refreshEvery = 30

// status serves the status page.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	activity := s.config.Activity
	page := statusPage{
		frame: s.frame(r, "Status"), changeList: s.changeList(shownChanges, changeFilter{}),
		State: s.readiness(r.Context()), Roles: s.currentRoles(r.Context()), Errors: activity.triage(),
		LookupChart: activity.shareChart("Lookups by e-mail address", activity.lookups),
		ListChart:   activity.shareChart("Reads of the user list", activity.lists),
	}
	page.RequestChart, page.CallChart = activity.charts()
	if r.URL.Query().Get("refresh") != "" {
		page.Refresh = refreshEvery
	}
	page.Verdict = activity.verdict(page.State, page.Errors)
	s.show(w, http.StatusOK, "status", page)
}

// verdict returns the most important fact about the gateway.
func (a *Activity) verdict(state readiness, errors triage) verdict {
	a.mu.Lock()
	defer a.mu.Unlock()
	details := slices.Clone(state.Degraded)
	if a.unconfirmed > 0 {
		details = append(details, fmt.Sprintf("%s that Suger accepted but did not show afterwards (write_unconfirmed in the log)", count(a.unconfirmed, "change", "changes")))
	}
	switch {
	case state.Reason == "stopping":
		return verdict{"warn", "Stopping: requests in flight are finished, new connections are refused.", details}
	case !state.Ready:
		return verdict{"bad", state.Reason + ".", details}
	case len(details) > 0:
		return verdict{"warn", "Ready, but something needs attention.", details}
	case errors.lately:
		return verdict{"warn", "Ready. Suger answers. Requests: " + errors.Summary + ".", nil}
	}
	return verdict{"good", "Ready. Suger answers as the mapping expects.", nil}
}
