package ops

import (
	"cmp"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// maxChanges is how many changes are kept.
const maxChanges = 200

// Activity observes the gateway, the mapping and the Suger client: it counts their
// events for Prometheus, and keeps what the status page shows of the recent past.
// That is in memory only and bounded: no credential, and of people no more than
// showPersonal allows. Its methods may be called from many goroutines at once.
type Activity struct {
	metrics      *metrics
	suger        *reachability
	showPersonal bool
	now          func() time.Time

	mu          sync.Mutex
	minutes     minutes
	lookups     map[string]int         // since the start, by result
	lists       map[string]int         // likewise
	errors      map[scim.Code]tally    // likewise, by code
	unconfirmed int                    // changes that Suger does not show, likewise
	changes     [maxChanges]changeNote // the n-th is at n modulo its length
	changed     int                    // number of changes since the start
	dry         dryRun
}

// A tally is a count and the time of its last increase.
type tally struct {
	count int
	last  time.Time
}

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

// NewActivity returns an empty Activity for the Suger at the URL. With showPersonal
// e-mail addresses and names are kept and shown as they are.
func NewActivity(build Build, suger string, showPersonal bool, log *slog.Logger, now func() time.Time) *Activity {
	return &Activity{
		metrics: newMetrics(build), suger: newReachability(suger, log, now), showPersonal: showPersonal, now: now,
		lookups: map[string]int{}, lists: map[string]int{}, errors: map[scim.Code]tally{},
	}
}

// note changes the Activity under its lock.
func (a *Activity) note(change func(now time.Time)) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	change(now)
}

// Answered records a SCIM answer; resource is "" for an unknown path.
func (a *Activity) Answered(resource, method string, status int, took time.Duration) {
	resource = cmp.Or(resource, "unknown")
	a.metrics.requests.WithLabelValues(resource, method, statusWord(status)).Inc()
	a.metrics.durations.WithLabelValues(resource, method).Observe(took.Seconds())
	a.note(func(now time.Time) {
		a.minutes.at(now).requests.add(status >= http.StatusInternalServerError || status == http.StatusTooManyRequests)
	})
}

// Failed records an error sent to a SCIM client.
func (a *Activity) Failed(code scim.Code) {
	a.metrics.errors.WithLabelValues(string(code)).Inc()
	a.note(func(now time.Time) { a.errors[code] = tally{a.errors[code].count + 1, now} })
}

// Called records a request to Suger; the status is 0 if it was not answered.
func (a *Activity) Called(operation string, status int, elapsed time.Duration) {
	a.metrics.calls.WithLabelValues(operation, statusWord(status)).Inc()
	a.metrics.callTimes.WithLabelValues(operation).Observe(elapsed.Seconds())
	a.suger.called(operation, status)
	a.note(func(now time.Time) {
		a.minutes.at(now).calls.add(status == 0 || status >= http.StatusInternalServerError)
	})
}

// Retried records a retry of a request to Suger.
func (a *Activity) Retried(string) {
	a.metrics.retries.Inc()
	a.note(func(now time.Time) { a.minutes.at(now).retries++ })
}

// Drift records an answer, or a field of one, that differs from the mapping.
func (a *Activity) Drift(operation, _ string) { a.metrics.drifts.WithLabelValues(operation).Inc() }

// Lookup records an id lookup.
func (a *Activity) Lookup(result string) {
	a.metrics.lookups.WithLabelValues(result).Inc()
	a.note(func(time.Time) { a.lookups[result]++ })
}

// List records a use of the list of users.
func (a *Activity) List(result string) {
	a.metrics.lists.WithLabelValues(result).Inc()
	a.note(func(time.Time) { a.lists[result]++ })
}

// Unconfirmed records a change that Suger does not show.
func (a *Activity) Unconfirmed(string) {
	a.metrics.unconfirmed.Inc()
	a.note(func(time.Time) { a.unconfirmed++ })
}

// Refused records a change that a guard stopped.
func (a *Activity) Refused(guard string) { a.metrics.refusals.WithLabelValues(guard).Inc() }

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
	_, size := utf8.DecodeRuneInString(local)
	return local[:size] + "…@" + domain
}

// recent returns the changes in memory, the newest first.
func (a *Activity) recent() []changeNote {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []changeNote
	for i := a.changed - 1; i >= max(0, a.changed-maxChanges); i-- {
		list = append(list, a.changes[i%maxChanges])
	}
	return list
}
