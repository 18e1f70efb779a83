package ops

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// An OktaValue is a value to enter or an option to tick in Okta.
type OktaValue struct {
	Field  string
	Values []string // to copy
	Note   string
}

// A verdict is the state of the gateway in one sentence.
type verdict struct {
	Level   string // "good", "look" or "bad"
	Text    string
	Details []string
}

type statusPage struct {
	frame
	changeList
	Commit       string
	Verdict      verdict
	State        readiness
	Hour         hour
	Uptime       string
	Started      time.Time
	Held, DryRun bool
	Okta         []OktaValue
	Roles        rolesShown
	RequestChart barChart
	CallChart    barChart
	LookupChart  shareChart
	ListChart    shareChart
	Errors       triage
	MoreChanges  bool
}

// refreshEvery is the interval of automatic refresh, in seconds.
const refreshEvery = 30

type hour struct{ Requests, Calls int }

// rolesShown are the roles, or the reason why there are none.
type rolesShown struct {
	Organizations []organizationRoles
	Several       bool
	Why           string
}

// status serves the status page.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	now := s.config.Now()
	page := statusPage{
		frame: s.frame(r, "Status"), changeList: s.changeList(shownChanges, changeFilter{}),
		Commit: s.config.Commit[:min(len(s.config.Commit), 12)], State: s.readiness(r.Context()),
		Uptime: duration(now.Sub(s.config.Started)), Started: s.config.Started,
		Held: s.config.Held, DryRun: s.config.DryRun, Okta: s.config.Okta,
	}
	var lately minute
	page.RequestChart, page.CallChart, page.LookupChart, page.ListChart, lately = s.config.Activity.charts()
	page.Hour = hour{lately.requests, lately.calls}
	page.MoreChanges = page.Remembered > len(page.Changes)
	page.Errors = s.config.Activity.triage()
	if r.URL.Query().Get("refresh") != "" {
		page.Refresh = refreshEvery
	}
	page.Roles = s.rolesShown(r)
	page.Verdict = s.verdict(page.State, page.Errors)
	s.show(w, http.StatusOK, "status", page)
}

func (s *server) rolesShown(r *http.Request) rolesShown {
	shown := rolesShown{Organizations: s.roles.current(r.Context())}
	shown.Several = len(s.config.Organizations) > 1
	switch {
	case s.config.Roles == nil: // the template links to the connection test
	case len(shown.Organizations) == 0:
		shown.Why = "No organization is named in the settings. Set SUGER_ORG_ID or SUGER_ORG_ALLOW to see its roles here."
	}
	return shown
}

// verdict returns the most important fact about the gateway.
func (s *server) verdict(state readiness, errors triage) verdict {
	details := slices.Clone(state.Degraded)
	if last := s.config.Activity.unconfirmed(); last.count > 0 {
		details = append(details, fmt.Sprintf("%s that Suger accepted but did not show afterwards (write_unconfirmed in the log)", count(last.count, "change", "changes")))
	}
	switch {
	case !state.Ready && state.Reason == "stopping":
		return verdict{"look", "Stopping: requests in flight are finished, new connections are refused.", details}
	case !state.Ready:
		return verdict{"bad", state.Reason + ".", details}
	case len(details) > 0:
		return verdict{"look", "Ready, but something needs attention.", details}
	case errors.lately:
		return verdict{"look", "Ready. Suger answers. Requests: " + errors.Summary + ".", nil}
	}
	return verdict{"good", "Ready. Suger answers as the mapping expects.", nil}
}

// unconfirmed counts the changes that Suger did not show, since the start.
func (a *Activity) unconfirmed() tally {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.alerts
}
