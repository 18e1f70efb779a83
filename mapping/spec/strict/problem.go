package strict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one mistake in a document.
type Problem struct {
	File    string
	Line    int    // from 1
	Column  int    // from 1, in characters
	Path    string // where in the document: "operations.add user.body"; "" is all of it
	Message string // what is wrong, and after a semicolon mostly what to do about it
}

// String returns the problem on one line, with the place first, as compilers do.
func (p Problem) String() string {
	path := shortened(p.Path)
	if path != "" {
		path += ": "
	}
	return fmt.Sprintf("%s:%d:%d: %s%s", p.File, p.Line, p.Column, path, p.Message)
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

// Positions are the places of the values of a document, by their paths.
type Positions map[string]position

type position struct{ line, column int }

// At returns the line and column, both from 1, of the value at a path such as
// "role.known[2].name", which is that of its key, or of the nearest parent that is there.
func (p Positions) At(path string) (line, column int) {
	for {
		if at, there := p[path]; there {
			return at.line, at.column
		}
		if path == "" {
			return 1, 1
		}
		path = path[:max(0, strings.LastIndexAny(path, ".["))]
	}
}

// A Report collects what is wrong with a document.
type Report struct {
	file      string
	Positions Positions // of the values that are in it
	problems  Problems
}

// Add reports a problem of a value.
func (r *Report) Add(path, format string, args ...any) {
	line, column := r.Positions.At(path)
	r.problems = append(r.problems, Problem{r.file, line, column, path, fmt.Sprintf(format, args...)})
}

// maxProblems is how many problems of a hopeless document are shown.
const maxProblems = 100

// Err is everything reported, as [Problems] of which a hundred are shown, or nil.
func (r *Report) Err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortFunc(r.problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Message, b.Message))
	})
	if len(r.problems) <= maxProblems {
		return r.problems
	}
	last := r.problems[maxProblems-1]
	last.Path, last.Message = "", fmt.Sprintf("too many problems; %d more are not shown", len(r.problems)-maxProblems)
	return append(r.problems[:maxProblems], last)
}

func shortened(text string) string {
	const longest = 200
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

// Suggest returns the advice for an unknown word: the nearest known one, if the edit distance
// is at most two fifths of the longer word; else all known ones, after otherwise.
func Suggest(word string, known []string, otherwise string) string {
	const longest = 128 // nobody misspells longer words, and the cost is quadratic
	nearest, best := "", longest
	all := make([]string, len(known))
	for i, candidate := range known {
		all[i] = fmt.Sprintf("%q", candidate)
		length := max(len(word), len(candidate))
		if length > longest {
			continue
		}
		if distance := editDistance(strings.ToLower(word), strings.ToLower(candidate)); distance*5 <= 2*length && distance < best {
			nearest, best = all[i], distance
		}
	}
	if nearest != "" {
		return "did you mean " + nearest + "?"
	}
	return otherwise + " " + strings.Join(all, ", ")
}

// editDistance returns the Levenshtein distance, in bytes.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			changed := diagonal
			if a[i] != b[j] {
				changed++
			}
			diagonal = row[j+1]
			row[j+1] = min(changed, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
