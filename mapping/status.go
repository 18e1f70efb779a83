package mapping

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/mapping/spec"
)

// A statusModel reads and writes the field that says whether a user has access.
type statusModel struct {
	*spec.Access
	active, pending, inactive spec.WordSet
	toActive, toInactive      any // what is written to give access and to end it, nil if nothing can be
}

// null is written for a null of the mapping.
var null = json.RawMessage("null")

// An access is whether a user has access, as the status says.
type access struct {
	word    string // Suger's own word, "" if absent
	raw     any    // the same as Suger writes it
	active  bool
	pending bool // invited, never signed in
	unknown bool // the mapping does not say what the word means
}

// missing reports whether the user's record has no status at all.
func (s access) missing() bool { return s.unknown && s.word == "" }

func newStatusModel(m *spec.Access) *statusModel {
	return &statusModel{
		Access: m, active: spec.WordsOf(m.Active), pending: spec.WordsOf(m.Pending), inactive: spec.WordsOf(m.Inactive),
		toActive: firstToWrite(m.Active), toInactive: firstToWrite(m.Inactive),
	}
}

func firstToWrite(values []any) any {
	switch {
	case len(values) == 0:
		return nil
	case values[0] == nil:
		return null
	}
	return values[0]
}

// read returns what a Suger user's status means. A value that the mapping does
// not know counts as access: then the person can still be deactivated, while the
// opposite would report a leaver as gone.
func (s *statusModel) read(record any) access {
	value, ok := s.Field.In(record)
	word, isText := spec.Text(value)
	absent := !ok || value == nil || (isText && word == "")
	switch {
	case absent && s.Absent != "":
		return access{active: s.Absent == "active"}
	case absent:
		return access{active: true, unknown: true}
	case isText && s.active.Has(word):
		return access{word: word, raw: value, active: true, pending: s.pending.Has(word)}
	case isText && s.inactive.Has(word):
		return access{word: word, raw: value}
	case s.Absent == "active" && len(s.inactive) == 0: // a time of removal
		return access{word: word, raw: value, active: !isSet(value)}
	case s.Absent == "inactive" && len(s.active) == 0: // a time of activation
		return access{word: word, raw: value, active: isSet(value)}
	}
	if !isText {
		encoded, _ := json.Marshal(value) // it came from JSON
		word = string(encoded)
	}
	return access{word: word, raw: value, active: true, unknown: true}
}

// isSet reports whether a value that is a time or missing is a time, or another value
// that stands for one: false, zero, the zero time and what is empty do not.
func isSet(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return len(v) > 0
	case []any:
		return len(v) > 0
	}
	text, _ := spec.Text(value)
	text = strings.TrimSpace(text)
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return !at.IsZero() && at.UnixMilli() != 0
	}
	number, err := strconv.ParseFloat(text, 64)
	return text != "" && !strings.EqualFold(text, "false") && (err != nil || number != 0)
}

// accessFor returns the access of a user whose status is set.
func (m *model) accessFor(active bool) access {
	is := access{active: active}
	if m.status == nil {
		return is
	}
	is.raw = m.statusValue(active, "")
	is.word, _ = spec.Text(is.raw)
	return is
}
