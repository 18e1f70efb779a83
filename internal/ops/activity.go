package ops

import (
	"cmp"
	"crypto/sha256"
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
// events for Prometheus, and keeps the recent ones for the status page, in bounded
// memory, without credentials, and with personal data only as far as showPersonal
// allows. Its methods may be called from many goroutines at once.
type Activity struct {
	metrics      *metrics
	suger        reachability
	showPersonal bool
	now          func() time.Time

	mu          sync.Mutex
	minutes     [span]minute        // each at its number modulo span
	errors      map[scim.Code]tally // since the start
	unconfirmed int                 // changes that Suger does not show, since the start
	changes     []changeNote        // the newest first, at most maxChanges
	dry         DryRunReport
}

// span is how far back the counts of requests and calls reach, in minutes.
const span = 60

// A minute counts the events of one minute, or of several.
type minute struct {
	number   int64 // minutes since 1970
	Requests load  // of SCIM; failed: answered 5xx or, since Okta cannot use that, 429
	Calls    load  // to Suger; failed: answered 5xx, or not at all
}

// A load is a number of requests, and how many of them failed.
type load struct{ All, Failed int }

func (l *load) add(failed bool) {
	l.All++
	if failed {
		l.Failed++
	}
}

// minute returns the minute of t, and begins it if there is none yet.
func (a *Activity) minute(t time.Time) *minute {
	number := t.Unix() / 60
	one := &a.minutes[number%span]
	if one.number != number {
		*one = minute{number: number}
	}
	return one
}

// recent returns the sum of the last n minutes.
func (a *Activity) recent(n int64) (sum minute) {
	oldest := a.now().Unix()/60 - n + 1
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.minutes {
		if one.number >= oldest {
			sum.Requests = load{sum.Requests.All + one.Requests.All, sum.Requests.Failed + one.Requests.Failed}
			sum.Calls = load{sum.Calls.All + one.Calls.All, sum.Calls.Failed + one.Calls.Failed}
		}
	}
	return sum
}

// A tally is a count and the time of its last increase.
type tally struct {
	count int
	last  time.Time
}

// A changeNote is one attempted change, as the page shows it.
type changeNote struct {
	mapping.Change // User masked unless personal data is shown; Before and After are in Differs
	Differs        []difference
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
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Activity{
		metrics: newMetrics(build), showPersonal: showPersonal, now: now,
		suger:  reachability{url: suger, client: http.Client{Timeout: probeTimeout, CheckRedirect: stay}, log: log},
		errors: map[scim.Code]tally{}, dry: DryRunReport{Counts: map[string]int{}, Changes: []dryEntry{}, at: map[[sha256.Size]byte]int{}},
	}
}

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
		a.minute(now).Requests.add(status >= http.StatusInternalServerError || status == http.StatusTooManyRequests)
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
	a.note(func(now time.Time) {
		a.minute(now).Calls.add(status == 0 || status >= http.StatusInternalServerError)
		if status != 0 && operation != tokenOperation {
			a.suger.record(nil, now)
		}
	})
}

// Retried records a retry of a request to Suger.
func (a *Activity) Retried(string) { a.metrics.retries.Inc() }

// Drift records an answer, or a field of one, that differs from the mapping.
func (a *Activity) Drift(operation, _ string) { a.metrics.drifts.WithLabelValues(operation).Inc() }

// Lookup records an id lookup.
func (a *Activity) Lookup(result string) { a.metrics.lookups.WithLabelValues(result).Inc() }

// List records a use of the list of users.
func (a *Activity) List(result string) { a.metrics.lists.WithLabelValues(result).Inc() }

// Unconfirmed records a change that Suger does not show.
func (a *Activity) Unconfirmed(string) {
	a.metrics.unconfirmed.Inc()
	a.note(func(time.Time) { a.unconfirmed++ })
}

// Refused records a change that a guard stopped.
func (a *Activity) Refused(guard string) { a.metrics.refusals.WithLabelValues(guard).Inc() }

// Changed records an attempted change.
func (a *Activity) Changed(c mapping.Change) {
	one := changeNote{Change: c, Differs: a.differences(c)}
	one.User, one.Before, one.After = a.person(c.User), nil, nil
	a.note(func(time.Time) {
		a.changes = slices.Insert(a.changes[:min(len(a.changes), maxChanges-1)], 0, one)
		if c.Outcome == "dry run" {
			a.dry.note(c, one.User, one.Differs)
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
