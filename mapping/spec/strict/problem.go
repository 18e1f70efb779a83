package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Problem is one mistake in a document.
type Problem struct {
	File       string
	Line       int    // from 1
	Column     int    // from 1, in characters
	Path       string // where in the document: "operations.add user.body"; "" is all of it
	Message    string // what is wrong
	Suggestion string // what to do about it; may be empty
}

// String returns the problem on one line, with the place first, as compilers
// do.
func (p Problem) String() string {
	path, advice := p.Path, p.Suggestion
	if path != "" {
		path += ": "
	}
	if advice != "" {
		advice = "; " + advice
	}
	return fmt.Sprintf("%s:%d:%d: %s%s%s", p.File, p.Line, p.Column, path, p.Message, advice)
}

// Problems are all mistakes in a document, in its order.
type Problems []Problem

// Error returns every problem, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// maxProblems is how many problems of a hopeless document are shown.
const maxProblems = 100

// A Report collects what is wrong with a document.
type Report struct {
	file      string
	Positions Positions // of the values that are in it
	refused   []string  // paths whose further problems are not reported
	problems  Problems
	read      int // number of problems that prevent reading a value
}

// Add reports a problem of a value and what to do. It reports nothing for a value
// that could not be read, or that contains one.
func (r *Report) Add(path, suggestion, format string, args ...any) {
	for _, p := range r.problems[:r.read] {
		if p.Path == path || strings.HasPrefix(p.Path, path+".") || strings.HasPrefix(p.Path, path+"[") {
			return
		}
	}
	line, column := r.Positions.At(path)
	r.add(path, line, column, fmt.Sprintf(format, args...), suggestion)
}

// Has reports whether a value has a problem.
func (r *Report) Has(path string) bool {
	return slices.ContainsFunc(r.problems, func(p Problem) bool { return p.Path == path })
}

// Readable reports whether every value could be read.
func (r *Report) Readable() bool { return r.read == 0 }

func (r *Report) add(path string, line, column int, message, suggestion string) {
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Column: column, Path: path, Message: message, Suggestion: suggestion})
}

// refuse notes that a strict document must not have a value, and returns one in
// its place.
func (r *Report) refuse(path string, n *yaml.Node, message, suggestion string) any {
	r.add(path, n.Line, n.Column, message, suggestion)
	r.refused = append(r.refused, path)
	return nil
}

// Err is everything noted, as [Problems] of which a hundred are shown, nil if there
// is nothing.
func (r *Report) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message+a.Suggestion, b.Message+b.Suggestion))
	})
	if len(r.problems) <= maxProblems {
		return r.problems
	}
	last := r.problems[maxProblems-1]
	last.Path, last.Suggestion = "", ""
	last.Message = fmt.Sprintf("too many problems; %d more are not shown", len(r.problems)-maxProblems)
	return append(r.problems[:maxProblems], last)
}

func quoted(text string) string { return fmt.Sprintf("%q", shortened(text, 60)) }

// shortened cuts a text to so many characters.
func shortened(text string, longest int) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
