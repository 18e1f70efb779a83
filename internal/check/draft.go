package check

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"suger-scim-gateway/mapping/spec"
)

// A Certainty is how far an entry of a draft can be trusted.
type Certainty string

// The certainties, best first.
const (
	Proven  Certainty = "proven"   // done, and read back
	Seen    Certainty = "seen"     // in what Suger answered
	Likely  Certainty = "likely"   // follows from what was seen
	NotSeen Certainty = "not seen" // assumed; somebody should look
)

// A Draft is a mapping file under construction.
type Draft struct{ root *entry }

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

// blockOrder is the order of the blocks of a file, keyOrder that of the keys in a value;
// others follow by name.
var blockOrder = []string{"version", "operations", "user", "role", "access", "errors", "refusals", "credential"}

var keyOrder = []string{"call", "repeat", "body", "style", "size", "limit", "next", "first", "cursor", "field", "part", "write", "name", "id"}

func entryOf(key string, value any) *entry {
	e := &entry{key: key, inline: true}
	switch v := value.(type) {
	case map[string]any:
		rank := func(key string) int { return (slices.Index(keyOrder, key) + len(keyOrder) + 1) % (len(keyOrder) + 1) }
		for _, key := range slices.SortedStableFunc(slices.Values(sortedNames(v)), func(a, b string) int { return rank(a) - rank(b) }) {
			e.inner = append(e.inner, entryOf(key, v[key]))
		}
	case []any:
		e.list = true
		for _, one := range v {
			e.inner = append(e.inner, entryOf("", one))
		}
	default:
		e.scalar = value
	}
	return e
}

// set gives an entry a value, if there is one, and says how sure it is. An entry that has
// lines of its own keeps them.
func (d *Draft) set(path string, value any, sure Certainty, why string) *entry {
	if isEmpty(value) {
		return nil
	}
	e, is := d.walk(splitEntry(path), true), entryOf("", value)
	e.inline = e.sure == "" && e.inner == nil || e.inline || is.inner == nil
	e.scalar, e.inner, e.list = is.scalar, is.inner, is.list
	e.sure, e.why = sure, why
	return e
}

func (d *Draft) seen(path string, value any, why string)    { d.set(path, value, Seen, why) }
func (d *Draft) likely(path string, value any, why string)  { d.set(path, value, Likely, why) }
func (d *Draft) notSeen(path string, value any, why string) { d.set(path, value, NotSeen, why) }

func (d *Draft) find(path string) *entry { return d.walk(splitEntry(path), false) }

// walk returns the entry under some keys, and creates it if asked to.
func (d *Draft) walk(keys []string, makes bool) *entry {
	at := d.root
	for _, key := range keys {
		i, err := strconv.Atoi(key)
		if err != nil || !at.list {
			i = slices.IndexFunc(at.inner, func(inner *entry) bool { return inner.key == key })
		}
		if i < 0 || i >= len(at.inner) {
			if !makes {
				return nil
			}
			inner := &entry{key: key}
			if at.list {
				inner = &entry{inline: true}
			}
			i = len(at.inner)
			at.inner, at.scalar = append(at.inner, inner), nil
		}
		at = at.inner[i]
	}
	return at
}

// apply applies a fix, and reports whether that changed anything.
func (d *Draft) apply(f Fix, sure Certainty, why string) bool {
	before := d.String()
	if f.Value != nil {
		d.set(f.Entry, f.Value, sure, why)
	} else if e := d.find(f.Entry); e != nil {
		keys := splitEntry(f.Entry)
		around := d.walk(keys[:len(keys)-1], false)
		around.inner = slices.DeleteFunc(around.inner, func(inner *entry) bool { return inner == e })
	}
	return d.String() != before
}

// splitEntry splits the path of an entry. The names of attributes and operations
// may have dots and blanks in them.
func splitEntry(path string) []string {
	const attributes = "user.attributes."
	name, found := strings.CutPrefix(path, attributes)
	if !found {
		return strings.FieldsFunc(path, func(c rune) bool { return c == '.' || c == '[' || c == ']' })
	}
	keys := []string{"user", "attributes", name}
	for _, key := range []string{"field", "part", "write", "max"} {
		if outer, found := strings.CutSuffix(name, "."+key); found {
			keys = []string{"user", "attributes", outer, key}
		}
	}
	return keys
}

// lineWidth is how long a line of the file may become.
const lineWidth = 100

// String returns the file, with a comment on each line.
func (d *Draft) String() string {
	d.root.sort(blockOrder)
	d.walk([]string{"operations"}, true).sort(spec.OperationNames())
	var b strings.Builder
	for i, e := range d.root.inner {
		if i > 0 {
			b.WriteString("\n")
		}
		e.write(&b, "")
	}
	return b.String()
}

func (e *entry) sort(order []string) {
	slices.SortStableFunc(e.inner, func(a, b *entry) int { return slices.Index(order, a.key) - slices.Index(order, b.key) })
}

func (e *entry) write(b *strings.Builder, margin string) {
	for line := range strings.Lines(e.above) {
		fmt.Fprintf(b, "%s# %s\n", margin, strings.TrimSpace(line))
	}
	label := margin + plainText(e.key, false) + ":"
	if e.key == "" {
		label = margin + "-"
	}
	if whole := label + " " + e.flow(false); len(e.inner) == 0 || e.inline && utf8.RuneCountInString(whole) <= lineWidth {
		comment := string(e.sure)
		if e.why != "" {
			comment += ": " + e.why
		}
		fmt.Fprintf(b, "%s # %s\n", whole, comment)
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

func (e *entry) flow(inside bool) string {
	var parts []string
	for _, inner := range e.inner {
		part := inner.flow(true)
		if !e.list {
			part = plainText(inner.key, true) + ": " + part
		}
		parts = append(parts, part)
	}
	switch {
	case e.list:
		return "[" + strings.Join(parts, ", ") + "]"
	case e.inner != nil:
		return "{" + strings.Join(parts, ", ") + "}"
	case e.scalar == nil:
		return "null"
	}
	if text, is := e.scalar.(string); is {
		return plainText(text, inside)
	}
	return fmt.Sprint(e.scalar)
}

func flowOf(value any) string { return entryOf("", value).flow(false) }

// plainText returns a text as YAML writes it, also inside braces: in quotes where it would
// be read as something else.
func plainText(text string, inside bool) string {
	written, _ := yaml.Marshal(text) // a text always can
	if inside {
		written, _ = yaml.Marshal(struct {
			In []string `yaml:",flow"`
		}{[]string{text}})
	}
	if plain := strings.TrimSpace(string(written)); plain == text || inside && plain == "in: ["+text+"]" {
		return text
	}
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

func (e *entry) clone() *entry {
	copied := *e
	copied.inner = slices.Clone(e.inner)
	for i, inner := range copied.inner {
		copied.inner[i] = inner.clone()
	}
	return &copied
}

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
	var parts []string
	text := d.String()
	for _, sure := range []Certainty{Proven, Seen, Likely, NotSeen} {
		if n := strings.Count(text, " # "+string(sure)); n > 0 {
			parts = append(parts, fmt.Sprintf("%d are %s", n, sure))
		}
	}
	return series(parts)
}
