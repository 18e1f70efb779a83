package ops

import "time"

// span is how far back the charts reach.
const span = 60 // minutes

// A minute counts the events of one minute.
type minute struct {
	number     int64 // minutes since 1970
	requests   int   // SCIM requests answered
	failures   int   // of these, answered 5xx or, since Okta cannot use that, 429
	calls      int   // HTTP requests to Suger
	unanswered int   // of these, without an answer or answered 5xx
	retries    int   // of these, retries
}

// minutes holds the last [span] minutes, each at its number modulo span.
type minutes [span]minute

func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// at returns the minute of t, and begins it if there is none yet.
func (m *minutes) at(t time.Time) *minute {
	number := minuteOf(t)
	one := &m[number%span]
	if one.number != number {
		*one = minute{number: number}
	}
	return one
}

// last returns the n minutes up to that of t, oldest first. A minute in which
// nothing happened is zero except for its number.
func (m *minutes) last(n int, t time.Time) []minute {
	newest := minuteOf(t)
	list := make([]minute, 0, n)
	for number := newest - int64(n) + 1; number <= newest; number++ {
		one := m[((number%span)+span)%span]
		if one.number != number {
			one = minute{number: number}
		}
		list = append(list, one)
	}
	return list
}

// sum adds up minutes.
func sum(list []minute) minute {
	var all minute
	for _, one := range list {
		all.requests += one.requests
		all.failures += one.failures
		all.calls += one.calls
		all.unanswered += one.unanswered
		all.retries += one.retries
	}
	return all
}
