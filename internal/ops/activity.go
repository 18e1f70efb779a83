package ops

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// maxChanges bounds the changes that are remembered.
const maxChanges = 200

// Activity is what the status page knows of the recent past. It is kept in memory
// only and bounded. It holds no credentials, and of people no more than
// ShowPersonal allows. Its methods are safe for concurrent use.
type Activity struct {
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
	changed int                    // how many there have been
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

// NewActivity returns an empty Activity, which also reports each call to suger.
// With showPersonal, e-mail addresses and names are kept and shown as they are.
func NewActivity(suger *Reachability, showPersonal bool, now func() time.Time) *Activity {
	return &Activity{
		suger: suger, showPersonal: showPersonal, now: now,
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

// Answered notes a SCIM answer.
func (a *Activity) Answered(_, _ string, status int, _ time.Duration) {
	a.note(func(now time.Time) {
		one := a.minutes.at(now)
		one.requests++
		if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
			one.failures++
		}
	})
}

// Failed notes an error that a SCIM client was answered.
func (a *Activity) Failed(code scim.Code) {
	a.note(func(now time.Time) { a.errors[code] = a.errors[code].plus(now) })
}

// Called notes a request to Suger.
func (a *Activity) Called(operation string, status int, _ time.Duration) {
	a.suger.called(operation, status)
	a.note(func(now time.Time) {
		one := a.minutes.at(now)
		one.calls++
		if status == 0 || status >= http.StatusInternalServerError {
			one.unanswered++
		}
	})
}

// Retried notes a retry of a request to Suger.
func (a *Activity) Retried(string) { a.note(func(now time.Time) { a.minutes.at(now).retries++ }) }

// Lookup notes an id lookup.
func (a *Activity) Lookup(result string) { a.note(func(time.Time) { a.lookups[result]++ }) }

// List notes a use of the user list.
func (a *Activity) List(result string) { a.note(func(time.Time) { a.lists[result]++ }) }

// Drift notes nothing: the mapping itself keeps it ([Config].Drift).
func (a *Activity) Drift(string, string) {}

// Unconfirmed notes a change that Suger does not show.
func (a *Activity) Unconfirmed(string) { a.note(func(now time.Time) { a.alerts = a.alerts.plus(now) }) }

// Refused notes nothing: refusals are counted among the errors.
func (a *Activity) Refused(string) {}

// Changed notes an attempted change.
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
