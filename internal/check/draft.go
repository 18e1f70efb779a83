package check

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"suger-scim-gateway/mapping/spec"
)

// A Certainty says how far an entry of a draft can be trusted.
type Certainty string

// The certainties, best first.
const (
	Proven  Certainty = "proven"   // done, and read back
	Seen    Certainty = "seen"     // in what Suger answered
	Likely  Certainty = "likely"   // follows from what was seen
	NotSeen Certainty = "not seen" // assumed; somebody should look
)

// A Draft is a mapping file in the making.
type Draft struct{ root entry }

// An entry is a key of the file with its value, or an element of a list.
type entry struct {
	key    string
	scalar any      // if it has no inner entries
	inner  []*entry // of a map or a list
	list   bool
	inline bool // written on one line, if that is not too long
	sure   Certainty
	why    string
	above  string // comment before it
}

// An object is a map whose keys keep their order.
type object []member

type member struct {
	key   string
	value any
}

// entryOf is a value as an entry: an object, a list or a scalar.
func entryOf(key string, value any) *entry {
	e := &entry{key: key, inline: true}
	switch v := value.(type) {
	case object:
		e.inner = []*entry{}
		for _, m := range v {
			e.inner = append(e.inner, entryOf(m.key, m.value))
		}
	case []any:
		e.list, e.inner = true, []*entry{}
		for _, one := range v {
			e.inner = append(e.inner, entryOf("", one))
		}
	default:
		e.scalar = value
	}
	return e
}

// withoutRole is a body of a mapping file as a draft writes it, without what is about
// roles.
func withoutRole(body any) object {
	var o object
	from, _ := body.(map[string]any)
	for _, key := range sortedNames(from) {
		value := from[key]
		if inner := withoutRole(value); inner != nil {
			value = inner
		}
		if kind := kindOf(value); kind != isObject && kind != isList && !strings.Contains(fmt.Sprint(value), "{role") {
			o = append(o, member{key, value})
		}
	}
	return o
}

// set gives an entry a value, with the entries around it, and says how sure it is.
func (d *Draft) set(path string, value any, sure Certainty, why string) *entry {
	e, is := d.walk(splitEntry(path), true), entryOf("", value)
	e.scalar, e.inner, e.list, e.inline = is.scalar, is.inner, is.list, is.inline
	e.sure, e.why = sure, why
	return e
}

// section is the entry at a path with a comment above.
func (d *Draft) section(path, above string) {
	if e := d.find(path); e != nil {
		e.above = above
	}
}

// find is the entry at a path, or nil.
func (d *Draft) find(path string) *entry { return d.walk(splitEntry(path), false) }

// walk leads to the entry under some keys, which it makes if it is told to.
func (d *Draft) walk(keys []string, makes bool) *entry {
	at := &d.root
	for _, key := range keys {
		i, err := strconv.Atoi(key)
		if err != nil || !at.list {
			i = slices.IndexFunc(at.inner, func(inner *entry) bool { return inner.key == key })
		}
		switch {
		case i >= 0 && i < len(at.inner):
			at = at.inner[i]
			continue
		case !makes:
			return nil
		}
		inner := &entry{key: key}
		if at.list {
			inner = &entry{inline: true}
		}
		at.inner, at.scalar = append(at.inner, inner), nil
		at = inner
	}
	return at
}

// apply makes the change of a fix, and reports whether that changed anything.
func (d *Draft) apply(f Fix, sure Certainty, why string) bool {
	before := d.String()
	if f.Value == nil {
		d.remove(f.Entry)
	} else {
		was := d.find(f.Entry)
		own := was != nil && !was.inline
		e := d.set(f.Entry, f.Value, sure, why)
		if own && e.inner != nil {
			e.inline = false
		}
	}
	return d.String() != before
}

func (d *Draft) remove(path string) {
	keys := splitEntry(path)
	last := len(keys) - 1
	if around := d.walk(keys[:last], false); around != nil {
		around.inner = slices.DeleteFunc(around.inner, func(e *entry) bool { return e.key == keys[last] })
	}
}

// splitEntry splits the path of an entry. The names of attributes and operations
// may have dots and blanks in them.
func splitEntry(path string) []string {
	const attributes = "user.attributes."
	if name, found := strings.CutPrefix(path, attributes); found {
		for _, key := range []string{"field", "part", "write", "max"} {
			if outer, found := strings.CutSuffix(name, "."+key); found {
				return []string{"user", "attributes", outer, key}
			}
		}
		return []string{"user", "attributes", name}
	}
	return strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
}

// lineWidth is how long a line of the file may become.
const lineWidth = 100

// String is the file, with a comment on each line.
func (d *Draft) String() string {
	var b strings.Builder
	for i, e := range d.root.inner {
		if i > 0 {
			b.WriteString("\n")
		}
		e.write(&b, "")
	}
	return b.String()
}

func (e *entry) write(b *strings.Builder, margin string) {
	for line := range strings.Lines(e.above) {
		fmt.Fprintf(b, "%s# %s\n", margin, strings.TrimSpace(line))
	}
	label := margin + plainText(e.key, false) + ":"
	if e.key == "" {
		label = margin + "-"
	}
	written := label
	if len(e.inner) == 0 || e.inline && utf8.RuneCountInString(label+e.flow(false)) < lineWidth {
		written += " " + e.flow(false)
		if comment := e.comment(); comment != "" {
			written += " # " + comment
		}
		b.WriteString(written + "\n")
		return
	}
	b.WriteString(label + "\n")
	for _, inner := range e.inner {
		if inner.sure == "" {
			inner.sure, inner.why = e.sure, e.why
		}
		inner.write(b, margin+"  ")
	}
}

func (e *entry) comment() string {
	if e.why == "" {
		return string(e.sure)
	}
	return string(e.sure) + ": " + e.why
}

// flow is the value on one line.
func (e *entry) flow(inside bool) string {
	if e.inner == nil {
		return scalarText(e.scalar, inside)
	}
	var parts []string
	for _, inner := range e.inner {
		part := inner.flow(true)
		if !e.list {
			part = plainText(inner.key, true) + ": " + part
		}
		parts = append(parts, part)
	}
	if e.list {
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// flowOf is a value as a mapping file writes it on one line.
func flowOf(value any) string { return entryOf("", value).flow(false) }

func scalarText(value any, inside bool) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		return plainText(v, inside)
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(value)
}

var (
	plainScalar = regexp.MustCompile(`^[A-Za-z_/$][^\x00-\x1f"'\\]*$`)
	otherType   = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n|~)$`)
)

// plainText is a text as YAML writes it: in quotes where it would be read as
// something else.
func plainText(text string, inside bool) string {
	safe := plainScalar.MatchString(text) && !otherType.MatchString(text) && strings.TrimSpace(text) == text &&
		!strings.Contains(text, ": ") && !strings.HasSuffix(text, ":") && !strings.Contains(text, " #") &&
		(!inside || !strings.ContainsAny(text, "{}[],"))
	if safe {
		return text
	}
	quoted, _ := json.Marshal(text) // a text always can
	return string(quoted)
}

// clone is a copy of an entry.
func (e *entry) clone() entry {
	copied := *e
	copied.inner = nil
	for _, inner := range e.inner {
		one := inner.clone()
		copied.inner = append(copied.inner, &one)
	}
	if e.inner != nil && copied.inner == nil {
		copied.inner = []*entry{}
	}
	return copied
}

// prove marks the operations that did what they are for.
func (d *Draft) prove(operations []string) {
	for _, name := range operations {
		if e := d.find(spec.OperationPath(name)); e != nil {
			e.above = ""
			e.mark(Proven)
		}
	}
}

func (e *entry) mark(sure Certainty) {
	e.sure, e.why = sure, ""
	for _, inner := range e.inner {
		inner.mark(sure)
	}
}

// Summary counts the lines of the draft by how sure they are.
func (d *Draft) Summary() string {
	lines := make(map[Certainty]int)
	all := []Certainty{Proven, Seen, Likely, NotSeen}
	for line := range strings.Lines(d.String()) {
		_, comment, _ := strings.Cut(line, " # ")
		for _, sure := range all {
			if strings.HasPrefix(comment, string(sure)) {
				lines[sure]++
			}
		}
	}
	var parts []string
	for _, sure := range all {
		if n := lines[sure]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d are %s", n, sure))
		}
	}
	return both(parts)
}
