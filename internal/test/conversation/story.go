// Package conversation replays recorded-style conversations between an identity
// provider and the gateway, and checks every answer.
//
// A story is a text file. It begins with prose that describes what happens, names
// the client and the source of the form of its requests, and states that the data
// is invented. Sections follow, each after a line such as "-- request --":
//
//	-- given --      (first, optional) one line each:
//	                     contract NAME          Suger's contract, if not the usual one
//	                     people NUMBER          additional people in Suger
//	                     seats NUMBER           seats of the Suger plan
//	                     header NAME: VALUE     sent with every request
//	                     setting NAME=VALUE     of the gateway
//	-- request --    METHOD /path relative to the base URL, in the exact form
//	                 of the wire; header lines that differ from Okta's usual
//	                 ones (an empty value leaves the header out); a blank line
//	                 and the body
//	-- response --   status; header lines to compare; a blank line and the body
//	-- suger --      (optional) the calls that Suger received, in order, one a line, or "none"
//	-- state --      (optional) EMAIL ROLE STATUS GIVEN FAMILY, or EMAIL absent; words
//	                 at the end can be omitted
//	-- behind --     actions without the gateway, one a line; the [Stack] defines
//	                 them
//
// A story is written for a Suger with the given contract. With another [Contract]
// behind the gateway, "-- suger --" is not compared, and these sections of a step
// take effect. Each names the contracts to which it applies:
//
//	-- response NAME... --   replaces the response
//	-- state NAME... --      replaces the state
//	-- ends NAME... --       the story ends here; the text says why
//
// {{name}} is a captured value, {{base}} the base URL and {{token}} the bearer token.
// In a response, a string can contain these patterns, alone or within other text:
//
//	<any>           anything; alone, any JSON value
//	<string>        at least one character
//	<time>          an RFC 3339 time in UTC
//	<capture name>  at least one character, captured as {{name}}
//	<unique name>   the same, but a value that <unique name> has not captured before in the story
//
// An array ["<3 times>", x] has three elements that match x. An object with the key
// "<more>" can have further keys; every other object must have exactly the given
// keys.
package conversation

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Story is one conversation.
type Story struct {
	File  string // as given to [Parse]
	Given Given

	prose    string
	sections []section
	steps    []step
}

// A step is a request with its expected answer, or an action behind the gateway.
type step struct {
	line     int
	section  int // index of the request's section
	request  *message
	response int // index of the response's section, -1 if it is missing
	want     message
	calls    []string // nil if not compared
	called   int      // index of the section of calls
	state    []string
	behind   []string

	deviations map[string]*deviation // by contract
}

// Load reads the stories that match a file pattern. It is an error if no story
// matches, or if a story's prose does not name its source.
func Load(pattern string) ([]*Story, error) {
	files, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no story matches %s", pattern)
	}
	var stories []*Story
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		story, err := Parse(file, string(data))
		if err != nil {
			return nil, err
		}
		stories = append(stories, story)
	}
	return stories, nil
}

// Parse reads a story.
func Parse(file, data string) (*Story, error) {
	story := &Story{File: file, Given: Given{Settings: map[string]string{}}}
	story.prose, story.sections = splitSections(data)
	if err := story.build(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return story, nil
}

func (s *Story) build() error {
	for _, word := range []string{"Client:", "Source:"} {
		if !strings.Contains(s.prose, "\n"+word+" ") {
			return fmt.Errorf("the prose at the top has no line %q", word)
		}
	}
	for i, part := range s.sections {
		if err := s.addSection(i, part); err != nil {
			return err
		}
	}
	if len(s.steps) == 0 {
		return errors.New("this story has no request")
	}
	return nil
}

func (s *Story) addSection(i int, part section) error {
	var last *step
	if len(s.steps) > 0 {
		last = &s.steps[len(s.steps)-1]
	}
	misplaced := fmt.Errorf("line %d: -- %s -- does not belong here", part.line-1, part.kind)
	if words := strings.Fields(part.kind); len(words) > 1 {
		return s.addDeviation(part, words[0], words[1:])
	}

	switch part.kind {
	case "given":
		if i != 0 {
			return misplaced
		}
		var err error
		s.Given, err = parseGiven(part)
		return err
	case "request":
		m, err := parseMessage(part)
		s.steps = append(s.steps, step{line: part.line, section: i, request: &m, response: -1})
		return err
	case "behind":
		s.steps = append(s.steps, step{line: part.line, behind: part.lines(), response: -1})
		return nil
	case "response":
		if last == nil || last.request == nil || last.response >= 0 {
			return misplaced
		}
		var err error
		last.response = i
		last.want, err = parseMessage(part)
		return err
	case "suger":
		if last == nil || last.request == nil || last.calls != nil {
			return misplaced
		}
		last.calls, last.called = part.lines(), i
		if len(last.calls) == 0 {
			return fmt.Errorf("line %d: write none if Suger must receive no call", part.line)
		}
		return nil
	case "state":
		if last == nil || last.state != nil {
			return misplaced
		}
		last.state = part.lines()
		return nil
	default:
		return fmt.Errorf("line %d: there is no section -- %s --", part.line-1, part.kind)
	}
}

// Given is the initial situation of a story, in addition to the people and roles that
// every stack has.
type Given struct {
	Contract string            // Suger's contract; "" is the usual one
	People   int               // number of additional people in Suger
	Seats    int               // of the Suger plan; 0 means no limit
	Settings map[string]string // the gateway's settings by name
	header   []headerLine      // sent with every request
}

func parseGiven(s section) (Given, error) {
	given := Given{Settings: map[string]string{}}
	for _, line := range s.lines() {
		if err := given.add(line); err != nil {
			return given, fmt.Errorf("given %q: %w", line, err)
		}
	}
	return given, nil
}

func (g *Given) add(line string) (err error) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "contract":
		g.Contract = rest
	case "people":
		g.People, err = strconv.Atoi(rest)
	case "seats":
		g.Seats, err = strconv.Atoi(rest)
	case "header":
		name, value, ok := strings.Cut(rest, ":")
		if !ok {
			return fmt.Errorf("a header needs a colon")
		}
		g.header = append(g.header, headerLine{name: name, value: strings.TrimSpace(value)})
	case "setting":
		name, value, ok := strings.Cut(rest, "=")
		if !ok {
			return fmt.Errorf("a setting needs an equals sign")
		}
		g.Settings[name] = value
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return err
}

// A section is a part of a story's file, from its "-- kind --" line to the next.
type section struct {
	kind string
	line int // of its first line of text, counted from 1
	text string
}

// splitSections splits a file into its leading prose and its sections.
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

// joinSections returns the reverse of splitSections.
func joinSections(prose string, sections []section) string {
	var b strings.Builder
	b.WriteString(prose)
	for _, s := range sections {
		fmt.Fprintf(&b, "-- %s --\n%s", s.kind, s.text)
	}
	return b.String()
}

// A message is the text of a request or a response: a first line, header lines, a
// blank line and the body.
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
			return m, fmt.Errorf("line %d: %q is not a header line (a body follows a blank line)", s.line+1+i, line)
		}
		m.header = append(m.header, headerLine{name: name, value: strings.TrimSpace(value)})
	}
	return m, nil
}

// String returns the section's text for the message.
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

// lines returns the non-blank lines of a section.
func (s section) lines() []string {
	var lines []string
	for line := range strings.Lines(s.text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// lineWidth is the width at which layout breaks a JSON value into lines.
const lineWidth = 110

// compact returns a JSON value on one line.
func compact(value any) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(b.String())
}

// layout formats a JSON value for reading: on one line if it fits, otherwise one
// member per line. Keys are sorted.
func layout(value any, indent string) string {
	line := compact(value)
	if len(indent)+len(line) <= lineWidth {
		return line
	}
	inner := indent + "  "
	var parts []string
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, inner+compact(key)+": "+layout(value[key], inner))
		}
		return "{\n" + strings.Join(parts, ",\n") + "\n" + indent + "}"
	case []any:
		for _, element := range value {
			parts = append(parts, inner+layout(element, inner))
		}
		return "[\n" + strings.Join(parts, ",\n") + "\n" + indent + "]"
	default:
		return line
	}
}
