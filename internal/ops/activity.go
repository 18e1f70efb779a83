package ops

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/metrics"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// maxChanges is how many changes are kept.
const maxChanges = 200

// Activity observes the gateway, the mapping and the Suger client. It passes their
// events on to its Metrics and keeps what the status page shows of the recent
// past, in memory only and bounded: no credential, and of people no more than
// showPersonal allows. Its methods may be called from many goroutines at once.
type Activity struct {
	*metrics.Metrics

	suger        *Reachability
	showPersonal bool
	now          func() time.Time

	mu      sync.Mutex
	minutes minutes
	lookups map[string]int         // since the start, by result
	lists   map[string]int         // likewise
	errors  map[scim.Code]tally    // likewise, by code
	alerts  tally                  // changes that Suger does not show
	changes [maxChanges]changeNote // the n-th is at n modulo its length
	changed int                    // number of changes since the start
	dry     dryRun
}

// A tally is a count and the time of its last increase.
type tally struct {
	count int
	last  time.Time
}

func (t tally) plus(now time.Time) tally { return tally{t.count + 1, now} }

// A changeNote is one attempted change, as the page shows it.
type changeNote struct {
	Time    time.Time
	What    string // "update user"
	Who     string // e-mail address, masked unless personal data is shown; name of a role
	Differs []difference
	Outcome string // "done", "refused", ...
	Code    string // of the error, or ""
	Request string // id
}

// A difference is one attribute before and after. A hidden one has no values.
type difference struct {
	Attribute string `json:"attribute"`
	Before    string `json:"before"`
	After     string `json:"after"`
	Hidden    bool   `json:"hidden,omitempty"`
}

// NewActivity returns an empty Activity, which also passes each call on to the
// Reachability. With showPersonal e-mail addresses and names are kept and shown
// as they are.
func NewActivity(counters *metrics.Metrics, suger *Reachability, showPersonal bool, now func() time.Time) *Activity {
	return &Activity{
		Metrics: counters, suger: suger, showPersonal: showPersonal, now: now,
		lookups: map[string]int{}, lists: map[string]int{},
		errors: map[scim.Code]tally{},
	}
}

// note changes the Activity under its lock.
func (a *Activity) note(change func(now time.Time)) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	change(now)
}

// Answered records a SCIM answer.
func (a *Activity) Answered(resource, method string, status int, took time.Duration) {
	a.Metrics.Answered(resource, method, status, took)
	a.note(func(now time.Time) {
		one := a.minutes.at(now)
		one.requests++
		if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
			one.failures++
		}
	})
}

// Failed records an error sent to a SCIM client.
func (a *Activity) Failed(code scim.Code) {
	a.Metrics.Failed(code)
	a.note(func(now time.Time) { a.errors[code] = a.errors[code].plus(now) })
}

// Called records a request to Suger.
func (a *Activity) Called(operation string, status int, elapsed time.Duration) {
	a.Metrics.Called(operation, status, elapsed)
	a.suger.called(operation, status)
	a.note(func(now time.Time) {
		one := a.minutes.at(now)
		one.calls++
		if status == 0 || status >= http.StatusInternalServerError {
			one.unanswered++
		}
	})
}

// Retried records a retry of a request to Suger.
func (a *Activity) Retried(operation string) {
	a.Metrics.Retried(operation)
	a.note(func(now time.Time) { a.minutes.at(now).retries++ })
}

// Lookup records an id lookup.
func (a *Activity) Lookup(result string) {
	a.Metrics.Lookup(result)
	a.note(func(time.Time) { a.lookups[result]++ })
}

// List records a use of the list of users.
func (a *Activity) List(result string) {
	a.Metrics.List(result)
	a.note(func(time.Time) { a.lists[result]++ })
}

// Unconfirmed records a change that Suger does not show.
func (a *Activity) Unconfirmed(operation string) {
	a.Metrics.Unconfirmed(operation)
	a.note(func(now time.Time) { a.alerts = a.alerts.plus(now) })
}

// Changed records an attempted change.
func (a *Activity) Changed(c mapping.Change) {
	one := changeNote{
		Time: c.Time, What: c.What, Who: a.person(c.User), Differs: a.differences(c),
		Outcome: c.Outcome, Code: c.Code, Request: c.RequestID,
	}
	a.note(func(time.Time) {
		a.changes[a.changed%maxChanges] = one
		a.changed++
		if c.Outcome == "dry run" {
			a.dry.note(c, one.Who, one.Differs)
		}
	})
}

// plain are the attributes of a user whose values are not personal.
var plain = []string{"role", "active"}

// differences returns what changed; of a personal attribute only its name.
func (a *Activity) differences(c mapping.Change) []difference {
	ofRole := slices.Contains([]string{"add role", "update role", "remove role"}, c.What)
	var list []difference
	for attribute, value := range c.After {
		d := difference{Attribute: attribute, Before: c.Before[attribute], After: value}
		if !a.showPersonal && !ofRole && !slices.Contains(plain, attribute) {
			d = difference{Attribute: attribute, Hidden: true}
		}
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y difference) int { return strings.Compare(x.Attribute, y.Attribute) })
	return list
}

// person masks an e-mail address: its first letter and its domain are enough to
// find a change again. Other names are those of roles, or hashes already.
func (a *Activity) person(name string) string {
	local, domain, isAddress := strings.Cut(name, "@")
	if a.showPersonal || !isAddress {
		return name
	}
	first := ""
	for _, letter := range local {
		first = string(letter)
		break
	}
	return first + "…@" + domain
}

// recent returns at most n changes, the newest first.
func (a *Activity) recent(n int) []changeNote {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []changeNote
	for i := a.changed - 1; i >= 0 && i >= a.changed-maxChanges && len(list) < n; i-- {
		list = append(list, a.changes[i%maxChanges])
	}
	return list
}

// lately returns the sum of the last n minutes.
func (a *Activity) lately(n int) minute {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	return sum(a.minutes.last(n, now))
}
