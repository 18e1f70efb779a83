package strict

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// syntaxErrors are messages of the YAML library, and what usually causes them.
var syntaxErrors = []struct{ message, hint string }{
	{"did not find expected key", "check the indentation, and quote a value that begins with { or ["},
	{"did not find expected '-' indicator", "check the indentation"},
	{"did not find expected ',' or", "a bracket is not closed, or a comma is missing"},
	{"did not find expected node content", "a value is missing, or a bracket is not closed"},
	{"mapping values are not allowed", "check the indentation, and quote a value that has a colon and a blank in it"},
	{"could not find expected ':'", "a key ends with a colon"},
	{"found unexpected end of stream", "a quote is not closed"},
	{"found a tab character", "indent with blanks"},
	{"cannot start any token", "quote a value that begins with @, % or `, and indent with blanks"},
	{"unknown anchor", "aliases are not allowed; quote a value that begins with *"},
}

var yamlError = regexp.MustCompile(`^yaml: (?:line [0-9]+: )?`)

// bareCall is a line with a map in braces that has a path with a placeholder and
// no quotes.
var bareCall = regexp.MustCompile(`\{[^"'{}]*/[^"'{}]*\{[A-Za-z0-9.]+\}`)

// syntax reports what the YAML library could not read, at the first character of
// the first line with which the lines above it are not good YAML. The library's own
// line is often where the enclosing map begins.
func (r *Report) syntax(data []byte, err error) {
	message, hint := yamlError.ReplaceAllString(err.Error(), ""), ""
	for _, e := range syntaxErrors {
		if strings.Contains(message, e.message) {
			hint = e.hint
			break
		}
	}
	good := len(data)
	for good > 0 {
		if good = 1 + bytes.LastIndexByte(data[:good-1], '\n'); reads(data[:good]) {
			break
		}
	}
	text, _, _ := bytes.Cut(data[good:], []byte("\n"))
	if bareCall.Match(text) {
		hint = `quote a call that is in braces: {call: "GET /people/{user}"}`
	}
	line, column := 1+bytes.Count(data[:good], []byte("\n")), 1+len(text)-len(bytes.TrimLeft(text, " "))
	r.add("", line, column, "not YAML: "+shortened(message, 300), hint)
}

func reads(data []byte) bool {
	for decoder := yaml.NewDecoder(bytes.NewReader(data)); ; {
		if _, err := next(decoder); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
