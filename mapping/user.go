package mapping

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/mapping/spec"
)

// A user holds the mapped fields of one Suger user. It is never changed once made:
// snapshots share it.
type user struct {
	id       string
	number   bool     // Suger writes the id as a number
	values   []string // parallel to model.attributes, "" if Suger has none
	access   access
	roles    []roleRef
	more     []any  // further ids as Suger writes them, parallel to model.moreIDs
	created  string // RFC 3339 in UTC with milliseconds, or ""
	modified string
	drift    []string // fields that are not as the mapping says but are not needed
	row      uint64   // hash of the row of Suger's list, 0 if it comes from elsewhere
}

func (u *user) rawID() any {
	if u.number {
		return json.Number(u.id)
	}
	return u.id
}

// A roleRef is a role as a user's record names it: by id, by name or by both.
type roleRef struct {
	id, name string
	number   bool // Suger writes the id as a number
}

func isForeign(record any, field spec.Field, organization string) bool {
	if !field.Given() || organization == "" {
		return false
	}
	of, err := fieldText(record, field)
	return err == nil && of != "" && of != organization
}

func (m *model) readUser(record any, organization string) (u *user, err error) {
	doc := &m.doc.User
	if _, ok := record.(map[string]any); !ok {
		return nil, misfit("", "a user that is not an object")
	}
	rawID, _ := doc.ID.In(record)
	id, err := textOf(rawID, doc.ID)
	if err != nil || id == "" {
		return nil, misfit(doc.ID.String(), "a user without %s", doc.ID)
	}
	if isForeign(record, doc.Organization, organization) {
		return nil, errForeign
	}
	_, number := rawID.(json.Number)
	u = &user{id: id, number: number, values: make([]string, len(m.attributes)), access: access{active: true}}
	for i, a := range m.attributes {
		value, there := a.Field.In(record)
		text, err := textOf(value, a.Field)
		if err != nil {
			return nil, err
		}
		if !there {
			u.drift = append(u.drift, a.Field.String())
		}
		u.values[i] = cut(text, a.Part)
	}
	if u.values[m.userName] == "" {
		return nil, misfit(m.attributes[m.userName].Field.String(), "a user without %s", m.attributes[m.userName].Field)
	}
	if m.status != nil {
		if u.access = m.status.read(record); u.access.unknown {
			u.drift = append(u.drift, m.status.Field.String())
		}
	}
	roles, there := doc.Roles.Field.In(record)
	if u.roles, err = m.readRoles(roles); err != nil {
		return nil, err
	}
	if !there {
		u.drift = append(u.drift, doc.Roles.Field.String())
	}
	for _, name := range m.moreIDs {
		value, _ := doc.IDs[name].In(record)
		u.more = append(u.more, value)
	}
	at := func(field spec.Field) string {
		text := fieldTime(record, field)
		if text == "" && field.Given() {
			u.drift = append(u.drift, field.String())
		}
		return text
	}
	u.created, u.modified = at(doc.Created), at(doc.Modified)
	return u, nil
}

// fieldTime reads a time, also as seconds or milliseconds since 1970, and writes it in one
// form, so that times compare as text. One that cannot be read is "": it is only shown.
func fieldTime(record any, f spec.Field) string {
	const milliseconds = 100_000_000_000 // the smallest number of them: as seconds it would be in the year 5138
	written, _ := fieldText(record, f)
	instant, err := time.Parse(time.RFC3339, written)
	if err != nil {
		number, err := strconv.ParseInt(written, 10, 64)
		if err != nil {
			return ""
		}
		if number < milliseconds {
			number *= 1000
		}
		instant = time.UnixMilli(number)
	}
	return instant.UTC().Format("2006-01-02T15:04:05.000Z")
}

func (m *model) readRoles(value any) ([]roleRef, error) {
	in := &m.doc.User.Roles
	if value == nil || value == "" {
		return nil, nil
	}
	elements, isArray := value.([]any)
	if !isArray {
		elements = []any{value}
	}
	roles := make([]roleRef, 0, len(elements))
	for _, element := range elements {
		ref := roleOf(in, element)
		if ref.id == "" && ref.name == "" {
			return nil, misfit(in.Field.String(), "a user's %s, which is no role,", in.Field)
		}
		if !slices.Contains(roles, ref) {
			roles = append(roles, ref)
		}
	}
	return roles, nil
}

func roleOf(in *spec.UserRoles, element any) roleRef {
	word, isText := spec.Text(element)
	if isText && in.By == "name" {
		return roleRef{name: word}
	}
	id := element
	if !isText {
		id, _ = in.ID.In(element)
	}
	var ref roleRef
	ref.id, _ = spec.Text(id)
	_, ref.number = id.(json.Number)
	if !isText {
		ref.name, _ = fieldText(element, in.Name)
	}
	return ref
}

func fieldText(record any, f spec.Field) (string, error) {
	value, _ := f.In(record)
	return textOf(value, f)
}

// textOf returns the value of a field as text; a missing or null one is "".
func textOf(value any, f spec.Field) (string, error) {
	if value == nil {
		return "", nil
	}
	found, isText := spec.Text(value)
	if !isText {
		return "", misfit(f.String(), "%s, which is no text,", f)
	}
	return found, nil
}

// cut returns the part of a full name that an attribute holds.
func cut(value string, part string) string {
	if part == spec.WholeField {
		return value
	}
	words := strings.Fields(value)
	first := max(len(words)-1, min(len(words), 1)) // a single word is a first name
	if part == spec.LastName {
		return strings.Join(words[first:], " ")
	}
	return strings.Join(words[:first], " ")
}

// Decode decodes JSON, with numbers as they are written, since ids may be large.
func Decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return value, nil
}

func (m *model) email(u *user) string { return u.values[m.userName] }

func (m *model) formatted(u *user) string {
	var names []string
	for _, at := range []int{m.given, m.family} {
		if at >= 0 && u.values[at] != "" {
			names = append(names, u.values[at])
		}
	}
	return strings.Join(names, " ")
}

func (m *model) key(u *user) string { return foldEmail(u.values[m.userName]) }

// compare orders users by time of creation, then id: the order of every list.
func (u *user) compare(v *user) int {
	return cmp.Or(strings.Compare(u.created, v.created), strings.Compare(u.id, v.id))
}

// with returns the user with the roles and the access of another record, too.
func (u *user) with(v *user) *user {
	both := *u
	both.row = 0 // no row of a later list is both
	both.roles = slices.Clone(u.roles)
	for _, ref := range v.roles {
		if !slices.Contains(both.roles, ref) {
			both.roles = append(both.roles, ref)
		}
	}
	if v.access.active && !u.access.active {
		both.access = v.access
	}
	return &both
}

// leftOut describes a record that cannot be used, as far as it can be read.
func (m *model) leftOut(record any, err error) leftOut {
	id, _ := fieldText(record, m.doc.User.ID)
	email, _ := fieldText(record, m.attributes[m.userName].Field)
	raw, _ := m.doc.User.Roles.Field.In(record)
	roles, odd := m.readRoles(raw)
	return leftOut{id: id, email: foldEmail(email), roles: roles, odd: odd != nil, err: err}
}

// readGlobal reads the record by an id of somebody who need not be a member, nil if it does
// not show that id.
func (m *model) readGlobal(record any, id string) *user {
	u, err := m.readUser(record, "")
	if err != nil || u.id != id {
		return nil
	}
	u.access, u.roles = m.accessFor(true), nil
	return u
}

func (m *model) idIn(answer any) (any, bool) {
	id, ok := m.doc.User.ID.In(answer)
	text, isText := spec.Text(id)
	return id, ok && isText && text != ""
}

// A statusModel reads and writes the field that says whether a user has access.
type statusModel struct {
	*spec.Access
	active, pending, inactive spec.WordSet
}

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

// read returns what a Suger user's status means. An unknown value counts as access: the
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

func (m *model) accessFor(active bool) access {
	is := access{active: active}
	if m.status == nil {
		return is
	}
	is.raw = m.statusValue(active, "")
	is.word, _ = spec.Text(is.raw)
	return is
}
