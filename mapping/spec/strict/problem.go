package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A Problem is one thing that is wrong with a document.
type Problem struct {
	File       string
	Line       int    // from 1
	Column     int    // from 1, in characters
	Path       string // where in the document: "operations.add user.body"; "" is all of it
	Message    string // what is wrong
	Suggestion string // what to do about it; may be empty
}

// String is the problem on one line, with the place first, as compilers do.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	if p.Suggestion != "" {
		b.WriteString("; " + p.Suggestion)
	}
	return b.String()
}

// Problems are all that is wrong with a document, in the order of the document.
// They are an error; since empty Problems in an error variable are not nil, use
// [Problems.Err] to return them as one.
type Problems []Problem

// Error is every problem, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// Err is the problems as an error, nil if there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Sort puts the problems into the order of the document.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// maxProblems bounds what a hopeless document can cost.
const maxProblems = 100

// A report collects what is wrong with a document, up to maxProblems.
type report struct {
	file      string
	positions Positions
	refused   []string // paths of which nothing more is to be said
	problems  Problems
	omitted   int
}

// add notes a problem at a place that belongs to a path.
func (r *report) add(path string, line, column int, message, suggestion string) {
	if len(r.problems) == maxProblems {
		r.omitted++
		return
	}
	r.problems = append(r.problems, Problem{File: r.file, Line: line, Column: column, Path: path, Message: message, Suggestion: suggestion})
}

// refuse notes that a strict document must not have a value, and returns one in
// its place.
func (r *report) refuse(path string, n *yaml.Node, message, suggestion string) any {
	r.add(path, n.Line, n.Column, message, suggestion)
	r.refused = append(r.refused, path)
	return nil
}

// sorted is everything noted, in the order of the document.
func (r *report) sorted() Problems {
	r.problems.Sort()
	if r.omitted > 0 {
		last := r.problems[len(r.problems)-1]
		r.problems = append(r.problems, Problem{
			File: r.file, Line: last.Line, Column: last.Column,
			Message: fmt.Sprintf("too many problems; %d more are not shown", r.omitted),
		})
	}
	return r.problems
}

// quoted shows a text of the document in a message.
func quoted(text string) string { return fmt.Sprintf("%q", shortened(text, 60)) }

// shortened cuts a text to so many characters.
func shortened(text string, longest int) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}
