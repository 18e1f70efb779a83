package strict

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A syntaxError is a message of the YAML library.
type syntaxError struct {
	message string
	hint    string // what usually causes it
	opening bool   // it is about something that was opened earlier and not closed
}

var syntaxErrors = []syntaxError{
	{"did not find expected key", "check the indentation, and quote a value that begins with { or [", false},
	{"did not find expected '-' indicator", "check the indentation", false},
	{"did not find expected ',' or", "a bracket is not closed, or a comma is missing", true},
	{"did not find expected node content", "a value is missing, or a bracket is not closed", false},
	{"mapping values are not allowed", "check the indentation, and quote a value that has a colon and a blank in it", false},
	{"could not find expected ':'", "a key ends with a colon", false},
	{"found unexpected end of stream", "a quote is not closed", true},
	{"found a tab character", "indent with blanks", false},
	{"cannot start any token", "quote a value that begins with @, % or `, and indent with blanks", false},
	{"unknown anchor", "aliases are not allowed; quote a value that begins with *", false},
}

var yamlError = regexp.MustCompile(`^yaml: (?:line ([0-9]+): )?(.*)$`)

// syntax reports what the YAML library could not read, at the first character of
// the line that made it fail.
func (r *Report) syntax(data []byte, err error) {
	message, told := err.Error(), 0
	if match := yamlError.FindStringSubmatch(message); match != nil {
		message = match[2]
		told, _ = strconv.Atoi(match[1])
	}
	// The library counts from 0 in errors of its parser, from 1 in its scanner's.
	if strings.HasPrefix(message, "did not find expected") {
		told++
	}
	var known syntaxError
	for _, e := range syntaxErrors {
		if strings.Contains(message, e.message) {
			known = e
			break
		}
	}
	line, column := failure(data, told, known.opening)
	if known.opening && bareCall.Match(lineOf(data, line)) {
		known.hint = `quote a call that is in braces: {call: "GET /people/{user}"}`
	}
	r.add("", line, column, "not YAML: "+shortened(message, 300), known.hint)
}

// bareCall is a line with a map in braces that has a path with a placeholder and
// no quotes.
var bareCall = regexp.MustCompile(`\{[^"'{}]*/[^"'{}]*\{[A-Za-z0-9.]+\}`)

func lineOf(data []byte, line int) []byte {
	return bytes.SplitAfter(data, []byte("\n"))[line-1]
}

// failure finds the line that the YAML library failed on. What the library reports
// is often where the enclosing map begins, so the line is looked for: of the few
// lines before the one where the library stopped reading, the last that has good
// YAML above it. If there is none, something has been left open long before. The
// library tells the line of that opening, save line 1, instead of which it tells
// where it stopped.
func failure(data []byte, told int, opening bool) (line, column int) {
	const near = 8
	lines := bytes.SplitAfter(data[:readUntil(data)], []byte("\n"))
	line = max(1, min(told, len(lines)))
	if opening && told >= len(lines)-1 {
		line = 1
	}
	for last := len(lines) - 1; last >= max(0, len(lines)-near); last-- {
		if reads(bytes.Join(lines[:last], nil)) {
			line = last + 1
			break
		}
	}
	text := lines[line-1]
	return line, 1 + len(text) - len(bytes.TrimLeft(text, " "))
}

// reads reports whether data is good YAML.
func reads(data []byte) bool {
	return errors.Is(readAll(bytes.NewReader(data)), io.EOF)
}

// readUntil is how many bytes the YAML library reads before it fails.
func readUntil(data []byte) int {
	reader := bytes.NewReader(data)
	_ = readAll(dripping{reader}) // the error is known
	return len(data) - reader.Len()
}

// readAll reads documents until an error, which is io.EOF if all of them are good.
func readAll(reader io.Reader) error {
	decoder := yaml.NewDecoder(reader)
	for {
		if _, err := next(decoder); err != nil {
			return err
		}
	}
}

// dripping gives out one byte at a time, so that no more is taken than is needed.
type dripping struct{ *bytes.Reader }

func (d dripping) Read(p []byte) (int, error) { return d.Reader.Read(p[:1]) }
