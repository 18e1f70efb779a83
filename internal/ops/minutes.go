package ops

import "time"

// span is how far back the charts reach.
const span = 60 // minutes

// A load is a number of requests, and how many of them failed.
type load struct{ All, Failed int }

func (l *load) add(failed bool) {
	l.All++
	if failed {
		l.Failed++
	}
}

// A minute counts the events of one minute.
type minute struct {
	number   int64 // minutes since 1970
	requests load  // of SCIM; failed: answered 5xx or, since Okta cannot use that, 429
	calls    load  // to Suger; failed: answered 5xx, or not at all
	retries  int   // of the calls
}

// minutes holds the last [span] minutes, each at its number modulo span.
type minutes [span]minute

// at returns the minute of t, and begins it if there is none yet.
func (m *minutes) at(t time.Time) *minute {
	number := t.Unix() / 60
	one := &m[number%span]
	if one.number != number {
		*one = minute{number: number}
	}
	return one
}

// lately returns the n minutes up to now, oldest first, and their sum.
func (a *Activity) lately(n int) (list []minute, sum minute) {
	newest := a.now().Unix() / 60
	a.mu.Lock()
	defer a.mu.Unlock()
	for number := newest - int64(n) + 1; number <= newest; number++ {
		one := a.minutes[number%span]
		if one.number != number {
			one = minute{} // nothing happened
		}
		list = append(list, one)
		sum.requests = load{sum.requests.All + one.requests.All, sum.requests.Failed + one.requests.Failed}
		sum.calls = load{sum.calls.All + one.calls.All, sum.calls.Failed + one.calls.Failed}
		sum.retries += one.retries
	}
	return list, sum
}
