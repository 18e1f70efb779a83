package ops

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// An OktaValue is a value to enter or an option to tick in Okta.
type OktaValue struct {
	Field  string
	Values []string // to copy
	Note   string
}

type statusPage struct {
	Changes         changeList
	Verdict         verdict
	State           readiness
	Requests, Calls load
	Roles           roleCount
	Errors          triage
}

// A verdict is the most important fact about the gateway.
type verdict struct {
	Level   string // "good", "warn" or "bad"
	Text    string
	Details []string
}

// refreshEvery is the interval of automatic refresh, in seconds.
const refreshEvery = 30

func (s *server) status(w http.ResponseWriter, r *http.Request) {
	activity := s.config.Activity
	page := statusPage{
		Changes: s.changeList(shownChanges, changeFilter{}),
		State:   s.readiness(), Roles: s.currentRoles(r.Context()), Errors: activity.triage(),
	}
	page.Verdict = judge(page.State, page.Errors)
	activity.locked(func(time.Time) { page.Requests, page.Calls = activity.requests, activity.calls })
	s.show(w, r, http.StatusOK, "status", "Status", page)
}

func judge(state readiness, errors triage) verdict {
	switch {
	case state.Reason == "stopping":
		return verdict{"warn", "Stopping: requests in flight are finished, new connections are refused.", state.Degraded}
	case !state.Ready:
		return verdict{"bad", state.Reason + ".", state.Degraded}
	case len(state.Degraded) > 0:
		return verdict{"warn", "Ready, but something needs attention.", state.Degraded}
	case errors.recent:
		return verdict{"warn", "Ready. Suger answers. Requests: " + errors.Summary + ".", nil}
	}
	return verdict{"good", "Ready. Suger answers as the mapping expects.", nil}
}

// attentionLasts is how long the verdict mentions an error.
const attentionLasts = 24 * time.Hour

// needsNoAction are the codes that no administrator can act on.
var needsNoAction = []scim.Code{
	scim.CodeUserExists, scim.CodeNotFound, scim.CodeVersionMismatch, scim.CodeInvalidCursor, scim.CodeExpiredCursor,
	scim.CodeSugerThrottled, scim.CodeSugerUnavailable, scim.CodeTooManyRequests,
	scim.CodeInvalidSyntax, scim.CodeInvalidPath, scim.CodeNoTarget, scim.CodeBulkReference, scim.CodeTooLarge, scim.CodeURLTooLong,
	scim.CodeUnsupportedMediaType, scim.CodeMethodNotAllowed, scim.CodeNotImplemented, scim.CodeForbiddenFilter,
}

// An errorRow is an error code that was sent.
type errorRow struct {
	scim.CodeEntry
	Failed bool // rather than refused
	Count  int
	When   timestamp // the last time
}

// A triage is the errors since the start, by whether they need action: 5xx before
// 4xx, then the latest first.
type triage struct {
	Act      []errorRow
	NoAction []errorRow
	Summary  string // of Act: "16 refused, 1 failed"; "" if there is none
	recent   bool   // one of Act was answered within attentionLasts
}

func (a *Activity) triage() (t triage) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	var refused, failed int
	for code, seen := range a.errors {
		row := errorRow{CodeEntry: code.Entry(), Count: seen.count, When: ago(seen.last, now)}
		// A missing operation in the mapping is a 501, but not a failure.
		row.Failed = row.Status >= http.StatusInternalServerError && code != scim.CodeUnsupported
		switch {
		case slices.Contains(needsNoAction, code):
			t.NoAction = append(t.NoAction, row)
			continue
		case row.Failed:
			failed += row.Count
		default:
			refused += row.Count
		}
		t.Act = append(t.Act, row)
		t.recent = t.recent || now.Sub(seen.last) < attentionLasts
	}
	for _, rows := range [][]errorRow{t.Act, t.NoAction} {
		slices.SortFunc(rows, func(x, y errorRow) int {
			return cmp.Or(cmp.Compare(y.Status/100, x.Status/100), y.When.At.Compare(x.When.At), cmp.Compare(x.Code, y.Code))
		})
	}
	var parts []string
	if refused > 0 {
		parts = append(parts, number(refused)+" refused")
	}
	if failed > 0 {
		parts = append(parts, number(failed)+" failed")
	}
	t.Summary = strings.Join(parts, ", ")
	return t
}

const (
	rolesLast    = time.Minute     // until they are read again
	rolesTimeout = 4 * time.Second // for which the page waits
)

// A Role is one role of an organization.
type Role struct {
	Group  string // its name as a SCIM group
	People int    // who hold it
}

// CountRoles reads the roles of the caller's organization. The role with the most people
// comes first.
func CountRoles(ctx context.Context, service *mapping.Service, caller mapping.Caller) (roles []Role, err error) {
	groups, err := service.Groups(caller).List(ctx, &scim.Query{Count: scim.MaxPageSize})
	if err != nil {
		return nil, err
	}
	for _, group := range groups.Resources {
		members, _ := group["members"].([]any)
		name, _ := group["displayName"].(string)
		roles = append(roles, Role{name, len(members)})
	}
	slices.SortStableFunc(roles, func(a, b Role) int { return b.People - a.People })
	return roles, nil
}

// A roleCount is what is known of the roles.
type roleCount struct {
	Roles   []Role
	Read    time.Time // when Suger answered with Roles
	Problem string    // why they could not be read again, or ""
	tried   time.Time
}

// currentRoles returns the roles, read again if they are too old. Simultaneous requests
// share one read.
func (s *server) currentRoles(ctx context.Context) roleCount {
	s.rolesMu.Lock()
	defer s.rolesMu.Unlock()
	if now := s.config.Now(); s.config.Roles != nil && now.Sub(s.roles.tried) >= rolesLast {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rolesTimeout)
		defer cancel()
		roles, err := s.config.Roles(ctx)
		s.roles.tried, s.roles.Problem = now, problemOf(err)
		if err == nil {
			s.roles.Roles, s.roles.Read = roles, now
		}
	}
	return s.roles
}

// problemOf returns what an error's code means, for the page; "" for nil. The message
// for clients can contain Suger's own words, and these personal data.
func problemOf(err error) string {
	var known *scim.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &known):
		return known.Code.Entry().Cause
	}
	return "Suger did not answer in time."
}

// Thresholds for recent calls and drift.
const (
	recentCalls   = 100
	recentMinutes = 5
	fewCalls      = 5         // fewer calls are not judged
	driftLasts    = time.Hour // after its last occurrence
)

// A readiness is the answer of /readyz. The gateway is not ready only if it could answer
// nothing; removing every replica because of a lesser problem would stop what still works.
type readiness struct {
	Ready    bool      `json:"ready"`
	Reason   string    `json:"reason,omitempty"`
	Answered time.Time `json:"last_answer,omitzero"` // when Suger answered last
	Degraded []string  `json:"degraded"`
}

// readiness probes Suger's host if there was no recent call.
func (s *server) readiness() readiness {
	r := readiness{Answered: s.config.Activity.lastAnswer(), Degraded: []string{}}
	switch {
	case s.config.Stopping():
		r.Reason = "stopping"
	case s.config.Now().Sub(r.Answered) >= probeGrace:
		r.Reason = "Suger cannot be reached"
	default:
		r.Ready = true
	}
	if calls := s.config.Activity.recentLoad(); calls.All >= fewCalls && calls.Failed*2 > calls.All {
		r.Degraded = append(r.Degraded, fmt.Sprintf("%d of the last %d calls to Suger failed (5xx or no answer)", calls.Failed, calls.All))
	}
	for _, d := range s.config.Drift() {
		if s.config.Now().Sub(d.Last) < driftLasts {
			r.Degraded = append(r.Degraded, fmt.Sprintf("the answer to %q differs from the mapping in %q", d.Operation, d.Field))
		}
	}
	return r
}

// recentLoad counts the calls of the last recentMinutes, at most the last recentCalls.
func (a *Activity) recentLoad() (calls load) {
	a.locked(func(now time.Time) {
		for _, c := range a.recent {
			if now.Sub(c.at) < recentMinutes*time.Minute {
				calls.add(c.failed)
			}
		}
	})
	return calls
}

// ready answers /readyz.
func (s *server) ready(w http.ResponseWriter, _ *http.Request) {
	state := s.readiness()
	status := http.StatusOK
	if !state.Ready {
		status = http.StatusServiceUnavailable
	}
	answerJSON(w, status, state)
}

func answerJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client disconnected
}

// Parameters of reachability.
const (
	probeTimeout = 3 * time.Second
	probeEvery   = 5 * time.Second  // a probe's outcome is used this long
	probeGrace   = 30 * time.Second // failures within this time after an answer are ignored
)

// tokenOperation is the call that gets an OAuth App's token. It goes to another
// host, so it says nothing about Suger's.
const tokenOperation = "get token"

// A reachability is whether Suger's host answered lately, whatever it said: to the gateway's
// own calls or, if there were none, to a request without a credential.
type reachability struct {
	url    string
	client http.Client
	log    *slog.Logger

	probing sync.Mutex // one probe at a time; others share its outcome
	probed  time.Time  // when the last probe was made

	// The lock of [Activity] guards what follows.
	answered time.Time // when Suger answered last
	failing  bool      // the last probe was not answered
}

// lastAnswer returns when Suger's host answered last; zero if it never did. It probes
// at most every probeEvery.
func (a *Activity) lastAnswer() (answered time.Time) {
	a.suger.probing.Lock()
	defer a.suger.probing.Unlock()
	a.locked(func(time.Time) { answered = a.suger.answered })
	now := a.now()
	if now.Sub(a.suger.probed) < probeEvery || now.Sub(answered) < probeEvery {
		return answered
	}
	a.suger.probed = now
	response, failure := a.suger.client.Head(a.suger.url) //nolint:noctx // a caller that hangs up must not cancel what later ones use; the client has a timeout
	if failure == nil {
		_ = response.Body.Close()
	}
	a.locked(func(now time.Time) {
		a.suger.record(failure, now)
		answered = a.suger.answered
	})
	return answered
}

// record records an answer of Suger's or why there was none, and logs the changes.
func (r *reachability) record(failure error, now time.Time) {
	switch {
	case failure != nil && !r.failing:
		r.log.Warn("Suger cannot be reached", "error", failure)
	case failure == nil && r.failing:
		r.log.Info("Suger can be reached again")
	}
	if r.failing = failure != nil; !r.failing {
		r.answered = now
	}
}
