package conversation

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// A step is a request with what is expected of it, or something that happens
// behind the gateway's back.
type step struct {
	line     int
	section  int // index of the request's section
	request  *message
	response int // index of the response's section, -1 if it is not written yet
	want     message
	calls    []string // nil: not compared
	state    []string
	behind   []string

	deviations map[string]*deviation // by contract
}

// Load reads the stories that match a file pattern. No story at all is an
// error, as is a story whose prose does not name its source.
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
		return errors.New("nothing is asked in this story")
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
		last.calls = part.lines()
		if len(last.calls) == 0 {
			return fmt.Errorf("line %d: write none if Suger is to see no call", part.line)
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
