package check

import (
	"fmt"
	"io"
	"strings"
)

// How a report is laid out for a person.
const (
	textWidth  = 100
	levelWidth = 6
	checkWidth = 18
)

// A Printer writes a report as text, line by line. The level is a word, so that
// colour is never needed to read it.
type Printer struct {
	W     io.Writer
	Color bool // colour the level, by ANSI escape sequences
	err   error
}

// Err is the first error of writing.
func (p *Printer) Err() error { return p.err }

func (p *Printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.W, format, args...)
	}
}

// Begin says what is checked.
func (p *Printer) Begin(t Target) {
	p.printf("Suger at %s, organization %s, mapping %s\n\n", t.URL, t.Organization, t.Mapping)
}

// Line writes one line of the report, wrapped.
func (p *Printer) Line(line Line) {
	p.printf("%s%-*s", p.level(line.Level), checkWidth, line.Check+" ")
	p.wrapped(line.Text, "")
	if line.Level == OK {
		return
	}
	if line.Change != "" {
		p.wrapped(line.Change, "change: ")
	}
	if line.Mapping != nil {
		p.wrapped(fmt.Sprintf("%s:%d: %s", line.Mapping.File, line.Mapping.Line, line.Mapping.Entry), "entry:  ")
	}
}

// level is the word for a level, padded and perhaps coloured.
func (p *Printer) level(level Level) string {
	padding := strings.Repeat(" ", levelWidth-len(level))
	colors := map[Level]string{OK: "32", Look: "33", Fail: "31;1"}
	if !p.Color {
		return string(level) + padding
	}
	return "\x1b[" + colors[level] + "m" + string(level) + "\x1b[0m" + padding
}

// wrapped writes a text in its column. One with a label begins a line.
func (p *Printer) wrapped(text, label string) {
	margin := strings.Repeat(" ", levelWidth+checkWidth)
	if label != "" {
		p.printf("%s%s", margin, label)
		margin += strings.Repeat(" ", len(label))
	}
	column := len(margin)
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len([]rune(word)) > textWidth:
			p.printf("\n%s", margin)
			column = len(margin)
		default:
			p.printf(" ")
			column++
		}
		p.printf("%s", word)
		column += len([]rune(word))
	}
	p.printf("\n")
}

// End writes the outcome and what to enter in Okta.
func (p *Printer) End(r *Report) {
	p.printf("\n")
	switch failed, look := r.Count(Fail), r.Count(Look); {
	case failed > 0:
		p.printf("%s failed, %d to look at. Until the failed ones are mended the gateway does not work, or not right.\n", count(failed, "check"), look)
	case look > 0:
		p.printf("Nothing failed; %d to look at.\n", look)
	default:
		p.printf("All is well.\n")
	}
	when := ""
	if !r.OK {
		when = ", once nothing fails"
	}
	p.printf("\nTo enter in Okta%s:\n\n", when)
	for _, value := range r.Okta {
		p.printf("  %-42s %s\n", value.Field, value.Value)
	}
}
