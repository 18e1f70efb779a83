package mapping

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// wholeAnswer is the field name for a difference in the answer as a whole.
const wholeAnswer = "answer"

// driftLogEvery bounds the log lines for one kind of drift.
const driftLogEvery = time.Minute

var errForeign = misfit("organization", "a record of another organization")

// A RecordError names the field in which a record of Suger's does not match the
// mapping, so that it cannot be used. It never holds a value.
type RecordError struct {
	Field string // as in the mapping file, "" for the whole record
	text  string
}

func (e *RecordError) Error() string { return e.text + " does not match the mapping" }

func fieldOf(err error) string {
	if record := (*RecordError)(nil); errors.As(err, &record) && record.Field != "" {
		return record.Field
	}
	return wholeAnswer
}

func misfit(field string, format string, args ...any) error {
	return &RecordError{Field: field, text: fmt.Sprintf(format, args...)}
}

// A DriftCount is the number of answers of an operation that differed from the
// mapping in one field since the process started.
type DriftCount struct {
	Operation string
	Field     string // as in the mapping file, "answer" for the answer as a whole
	Answers   int64
	Last      time.Time
}

// A canary counts and logs answers that differ from the mapping: the first sign that
// Suger's API has changed. It keeps names of the mapping, so it is bounded, and no values.
type canary struct {
	config *Config
	mu     sync.Mutex
	seen   []*drift
}

type drift struct {
	DriftCount
	logged   time.Time
	unlogged int64 // answers since then
}

// note counts and logs one answer with records that differ from the mapping in a field.
func (c *canary) note(operation, field string, records, of int, details ...any) {
	c.config.Observer.Drift(operation, field)
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.config.Now()
	at := slices.IndexFunc(c.seen, func(d *drift) bool { return d.Operation == operation && d.Field == field })
	if at < 0 {
		at = len(c.seen)
		c.seen = append(c.seen, &drift{DriftCount: DriftCount{Operation: operation, Field: field}})
	}
	d := c.seen[at]
	d.Answers++
	d.unlogged++
	d.Last = now
	if d.Answers > 1 && now.Sub(d.logged) < driftLogEvery {
		return
	}
	c.config.Log.Warn("Suger's answer differs from the mapping; run the check command for details",
		slices.Concat([]any{"operation", operation, "field", field, "records", records, "of", of, "answers", d.unlogged}, details)...)
	d.logged, d.unlogged = now, 0
}

// Drift returns the differences from the mapping since the process started.
func (s *Service) Drift() (counts []DriftCount) {
	s.canary.mu.Lock()
	defer s.canary.mu.Unlock()
	for _, d := range s.canary.seen {
		counts = append(counts, d.DriftCount)
	}
	slices.SortFunc(counts, func(a, b DriftCount) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Field, b.Field))
	})
	return counts
}

// drifted reports the fields in which some records of one answer differ.
func (s *suger) drifted(operation string, records map[string]int, of int, details ...any) {
	for _, field := range sortedKeys(records) {
		s.canary.note(operation, field, records[field], of, details...)
	}
}

func (s *suger) drift(operation string, fields ...string) {
	for _, field := range slices.Compact(slices.Sorted(slices.Values(fields))) {
		s.canary.note(operation, field, 1, 1)
	}
}

func (s *suger) missing(operation string) { s.drift(operation, "call") }

// maxNamed bounds the ids in a log line.
const maxNamed = 20

// reportLeft reports the records of a list that are left out of every answer.
func (s *suger) reportLeft(operation string, left []leftOut) {
	fields := make(map[string]int)
	var ids []string
	for _, one := range left {
		fields[fieldOf(one.err)]++
		if len(ids) < maxNamed && one.id != "" {
			ids = append(ids, scim.Clip(one.id, 80))
		}
	}
	s.drifted(operation, fields, len(left),
		"effect", "the records are left out of every answer", "organization", s.Organization, "ids", ids)
}

// reportDuplicates names users who have one address: a client sees one of them.
func (s *suger) reportDuplicates(snap *snapshot) {
	if len(snap.mails) == len(snap.users) {
		return
	}
	var ids []string
	for _, u := range snap.users {
		if holder := snap.holderOf(s.model.email(u)); holder != u {
			ids = append(ids, holder.id, u.id)
		}
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	s.canary.note(spec.OpListUsers, s.model.attributes[s.model.userName].Field.String(), len(ids), len(snap.users),
		"effect", "several users have the same address in Suger; lookups return the one who has access",
		"organization", s.Organization, "ids", ids[:min(len(ids), maxNamed)])
}
