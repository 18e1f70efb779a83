package ops

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
)

// shownChanges is how many changes the status page itself shows.
const shownChanges = 12

// An OktaValue is something to enter or tick in Okta.
type OktaValue struct {
	Field  string
	Values []string // to copy as they are
	Note   string
}

// A verdict is the page in one sentence.
type verdict struct {
	Level   string // "good", "look" or "bad"
	Text    string
	Details []string
}

type statusPage struct {
	frame
	testFields
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
	Errors       []errorRow
	MoreChanges  bool
}

type hour struct{ Requests, Calls int }

// rolesShown are the roles, or why there are none to show.
type rolesShown struct {
	Organizations []organizationRoles
	Several       bool
	Why           string
}

// An errorRow is an error code that was answered.
type errorRow struct {
	Code  scim.Code
	Cause string
	Count int
	Last  time.Time
}

// A changeList is what the template of changes shows.
type changeList struct {
	Changes    []changeNote
	Remembered int
	MaxChanges int
	Masked     bool
}

func (s *server) changeList(n int) changeList {
	list := changeList{Changes: s.config.Activity.recent(maxChanges), MaxChanges: maxChanges, Masked: !s.config.Activity.showPersonal}
	list.Remembered = len(list.Changes)
	list.Changes = list.Changes[:min(n, len(list.Changes))]
	return list
}

// Level is how an outcome looks.
func (c changeNote) Level() string {
	switch c.Outcome {
	case "done":
		return "good"
	case "dry run":
		return "plainly"
	case "refused":
		return "look"
	}
	return "bad"
}

// status serves the status page.
func (s *server) status(w http.ResponseWriter, r *http.Request) {
	now := s.config.Now()
	page := statusPage{
		frame: s.frame(r, "Status"), testFields: s.testFields(s.config.Organization), changeList: s.changeList(shownChanges),
		Commit: s.config.Commit[:min(len(s.config.Commit), 12)], State: s.readiness(r.Context()),
		Uptime: duration(now.Sub(s.config.Started)), Started: s.config.Started,
		Held: s.config.Held, DryRun: s.config.DryRun, Okta: s.config.Okta,
	}
	var lately minute
	page.RequestChart, page.CallChart, page.LookupChart, page.ListChart, lately = s.config.Activity.charts()
	page.Hour = hour{lately.requests, lately.calls}
	page.MoreChanges = page.Remembered > len(page.Changes)
	page.Errors = s.config.Activity.errorRows()
	page.Roles = s.rolesShown(r)
	page.Verdict = s.verdict(page.State)
	s.show(w, http.StatusOK, "status", page)
}

func (s *server) rolesShown(r *http.Request) rolesShown {
	shown := rolesShown{Organizations: s.roles.current(r.Context())}
	shown.Several = len(s.config.Organizations) > 1
	switch {
	case s.config.Roles == nil:
		shown.Why = "The gateway holds no credential to ask Suger with, and it keeps nothing of what others ask. The connection test below counts the roles with a credential of yours."
	case len(shown.Organizations) == 0:
		shown.Why = "No organization is named in the settings. With SUGER_ORG_ID or SUGER_ORG_ALLOW its roles stand here."
	}
	return shown
}

// verdict says first what matters most.
func (s *server) verdict(state readiness) verdict {
	details := slices.Clone(state.Degraded)
	if last := s.config.Activity.unconfirmed(); last.count > 0 {
		details = append(details, fmt.Sprintf("%s that Suger accepted, but did not show afterwards (write_unconfirmed in the log)", count(last.count, "change", "changes")))
	}
	switch {
	case !state.Ready && state.Reason == "stopping":
		return verdict{"look", "Stopping: requests under way are finished, new ones go elsewhere.", details}
	case !state.Ready:
		return verdict{"bad", state.Reason + ".", details}
	case len(details) > 0:
		return verdict{"look", "Ready, with something to look at.", details}
	}
	return verdict{"good", "Ready. Suger answers, and as the mapping says.", nil}
}

// changes serves all changes that are remembered.
func (s *server) changes(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, "all_changes", struct {
		frame
		changeList
	}{s.frame(r, "Recent changes"), s.changeList(maxChanges)})
}

// errorRows are the codes that were answered, the latest first.
func (a *Activity) errorRows() []errorRow {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := make([]errorRow, 0, len(a.errors))
	for code, seen := range a.errors {
		rows = append(rows, errorRow{Code: code, Cause: code.Entry().Cause, Count: seen.count, Last: seen.last})
	}
	slices.SortFunc(rows, func(x, y errorRow) int {
		if c := y.Last.Compare(x.Last); c != 0 {
			return c
		}
		return strings.Compare(string(x.Code), string(y.Code))
	})
	return rows
}

// unconfirmed are the changes that Suger did not show, since the start.
func (a *Activity) unconfirmed() tally {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.alerts
}
