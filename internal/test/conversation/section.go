package conversation

import (
	"fmt"
	"strings"
)

// A section is a part of a story's file, from its "-- kind --" line to the next.
type section struct {
	kind string
	line int // of its first line of text, counted from 1
	text string
}

// splitSections parts a file into its leading prose and its sections.
func splitSections(data string) (prose string, sections []section) {
	var current *section
	for number, line := range strings.SplitAfter(data, "\n") {
		if kind, ok := marker(line); ok {
			sections = append(sections, section{kind: kind, line: number + 2})
			current = &sections[len(sections)-1]
			continue
		}
		if current == nil {
			prose += line
			continue
		}
		current.text += line
	}
	return prose, sections
}

// marker reads a "-- kind --" line.
func marker(line string) (kind string, ok bool) {
	line, ok = strings.CutPrefix(strings.TrimSpace(line), "-- ")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(line, " --")
}

// joinSections is the reverse of splitSections.
func joinSections(prose string, sections []section) string {
	var b strings.Builder
	b.WriteString(prose)
	for _, s := range sections {
		fmt.Fprintf(&b, "-- %s --\n%s", s.kind, s.text)
	}
	return b.String()
}

// A message is the text of a request or a response: a first line, header lines,
// and after a blank line the body.
type message struct {
	first  string
	header []headerLine
	body   string
}

type headerLine struct{ name, value string }

func parseMessage(s section) (message, error) {
	head, body, _ := strings.Cut(s.text, "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	m := message{first: strings.TrimSpace(lines[0]), body: strings.TrimSpace(body)}
	if m.first == "" {
		return m, fmt.Errorf("line %d: the %s is empty", s.line, s.kind)
	}
	for i, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		if !ok || strings.ContainsAny(name, " {") {
			return m, fmt.Errorf("line %d: %q is no header line (a body comes after a blank line)", s.line+1+i, line)
		}
		m.header = append(m.header, headerLine{name: name, value: strings.TrimSpace(value)})
	}
	return m, nil
}

// String is the section's text for the message.
func (m message) String() string {
	var b strings.Builder
	b.WriteString(m.first + "\n")
	for _, h := range m.header {
		fmt.Fprintf(&b, "%s: %s\n", h.name, h.value)
	}
	if m.body != "" {
		b.WriteString("\n" + m.body + "\n")
	}
	return b.String()
}

// lines are the non-blank lines of a section.
func (s section) lines() []string {
	var lines []string
	for line := range strings.Lines(s.text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}
