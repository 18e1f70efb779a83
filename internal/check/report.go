package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Level is how serious a finding is.
type Level string

// The levels, best first.
const (
	OK   Level = "ok"   // matches the mapping
	Warn Level = "warn" // works or is uncertain; needs attention
	Fail Level = "fail" // the gateway would not work correctly
)

// A Line is the result of one check.
type Line struct {
	Check   string `json:"check"`             // what was checked: "list users", "write: create"
	Level   Level  `json:"level"`             // how well it is
	Text    string `json:"text"`              // what was found
	Change  string `json:"change,omitempty"`  // what to change, if anything
	Mapping *Place `json:"mapping,omitempty"` // the entry of the mapping file that it is about
	Fixes   []Fix  `json:"fixes,omitempty"`   // the same change as entries and values

	stays bool // it is about a person, and stays in the report after later trips
}

// A Fix is a change of the mapping file. Of several for one entry the first is the likeliest.
type Fix struct {
	Entry string `json:"entry"`
	Value any    `json:"value"`         // nil removes the entry
	Try   bool   `json:"try,omitempty"` // a usual alternative, which only a write can prove
}

// A Place is an entry of the mapping file.
type Place struct {
	Entry string `json:"entry"` // "operations.list users.paging.size"
	File  string `json:"file"`
	Line  int    `json:"line"` // from 1; where the entry is, or would be
}

// say describes changes.
func say(fixes ...Fix) string {
	text, before := "", ""
	for _, f := range fixes {
		keys := splitEntry(f.Entry)
		key, value := keys[len(keys)-1], flowOf(f.Value)
		phrase := fmt.Sprintf("set %s: %s", key, value)
		switch {
		case f.Entry == before:
			text += " or " + value
			continue
		case f.Value == nil:
			phrase = fmt.Sprintf("leave %s out", key)
		case strings.HasSuffix(f.Entry, "]"):
			phrase = fmt.Sprintf("add %s to %s", value, f.Entry[:strings.LastIndex(f.Entry, "[")])
		case strings.Contains(key, " "): // an operation
			phrase = fmt.Sprintf("add %s: %s", key, value)
		}
		if before != "" {
			text += ", and "
		}
		text, before = text+phrase, f.Entry
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func fix(entry string, value any) Fix { return Fix{Entry: entry, Value: value} }

// fixes are alternatives for one entry.
func fixes(entry string, values []string) []Fix {
	var all []Fix
	for _, value := range values {
		all = append(all, fix(entry, value))
	}
	return all
}

// propose returns the line with changes, if there are any, and their wording.
func (l Line) propose(fixes ...Fix) Line {
	fixes = slices.DeleteFunc(fixes, func(f Fix) bool { return f.Value == "" }) // nothing was found for it
	if len(fixes) > 0 {
		l.Fixes, l.Change = fixes, say(fixes...)
	}
	return l
}

// advise returns the line with what to do about it.
func (l Line) advise(format string, args ...any) Line {
	l.Change = fmt.Sprintf(format, args...)
	return l
}

// also returns the line with a sentence after its advice.
func (l Line) also(text string) Line {
	l.Change = strings.TrimSpace(l.Change + " " + text)
	return l
}

// orTry returns the line with a usual alternative, too.
func (l Line) orTry(tries []Fix) Line {
	l.Fixes = tries
	return l.also("A common alternative, which --suggest tries with --try-verbs: " + lowerFirst(say(tries...)))
}

// A Value is something to enter in Okta.
type Value struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// A Target is what was checked.
type Target struct {
	URL          string `json:"url"`
	Organization string `json:"organization"`
	Auth         string `json:"auth"`    // as SUGER_AUTH
	Mapping      string `json:"mapping"` // file
}

func (t Target) String() string {
	return fmt.Sprintf("Suger at %s, organization %s, mapping %s", t.URL, t.Organization, t.Mapping)
}

// A Report is the findings of a check.
type Report struct {
	OK    bool    `json:"ok"` // nothing failed
	Suger Target  `json:"suger"`
	Lines []Line  `json:"lines"`
	Okta  []Value `json:"okta"`

	Proven []string `json:"proven,omitempty"` // write operations that did what they are for, with --write

	last bool // the address cannot be used again: it belongs to somebody, or Suger keeps removed users
}

// Count returns the number of lines of a level.
func (r *Report) Count(level Level) int {
	n := 0
	for _, line := range r.Lines {
		if line.Level == level {
			n++
		}
	}
	return n
}

// How a report is laid out for a person.
const (
	textWidth  = 100
	levelWidth = 6
	checkWidth = 18
)

// String returns the line for a person, wrapped.
func (l Line) String() string {
	const margin = levelWidth + checkWidth
	text := fmt.Sprintf("%-*s%-*s%s\n", levelWidth, l.Level, checkWidth, l.Check+" ", wrapped(l.Text, margin))
	if l.Change != "" && l.Level != OK {
		text += fmt.Sprintf("%*schange: %s\n", margin, "", wrapped(l.Change, margin+len("change: ")))
	}
	if at := l.Mapping; at != nil && l.Level != OK {
		text += fmt.Sprintf("%*sentry:  %s:%d: %s\n", margin, "", at.File, at.Line, at.Entry)
	}
	return text
}

// wrapped breaks a text into lines that fit beside a margin.
func wrapped(text string, margin int) string {
	fits := regexp.MustCompile(fmt.Sprintf(`(.{1,%d}|\S+)( |$)`, textWidth-margin))
	lines := fits.ReplaceAllString(strings.Join(strings.Fields(text), " "), "$1\n"+strings.Repeat(" ", margin))
	return strings.TrimSpace(lines)
}

// Summary returns the outcome for a person, and what to enter in Okta.
func (r *Report) Summary() string {
	text, attention, when := "All checks passed.", "", ""
	failed, warned := r.Count(Fail), r.Count(Warn)
	if warned > 0 {
		attention = fmt.Sprintf(" Needs attention: %s.", count(warned, "check"))
		text = "No check failed." + attention
	}
	if failed > 0 {
		so := "The gateway does not work correctly until the failed checks are fixed."
		if !slices.ContainsFunc(r.Lines, func(line Line) bool { return line.Level == Fail && line.Check != checkWrite }) {
			so = "The writes were not tried."
		}
		text, when = fmt.Sprintf("%s failed.%s %s", count(failed, "check"), attention, so), ", after every check passes"
	}
	text = fmt.Sprintf("\n%s\n\nTo enter in Okta%s:\n\n", text, when)
	for _, value := range r.Okta {
		text += fmt.Sprintf("  %-42s %s\n", value.Field, value.Value)
	}
	return text
}
