package sugerclient

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
)

// maxSegment bounds an id in bytes. Suger's are short; a long one is a mistake.
const maxSegment = 1024

// A request is a [Call] made ready: checked, escaped and encoded once, to be
// sent any number of times.
type request struct {
	operation  string
	method     string
	url        string
	query      map[string]string
	header     http.Header // never changed
	body       []byte      // nil for none
	repeatable bool
	anonymous  bool // carries no credential: it asks for a token
	errors     *ErrorRule

	// stream reads a successful answer as it arrives, in place of a whole body in
	// memory. An errSettled says that asking again would not help.
	stream func(header http.Header, body io.Reader) error
}

func (r *request) isRead() bool { return r.method == http.MethodGet }

// newRequest refuses a call that could reach another resource than the one it
// names, or that no HTTP client would send.
func newRequest(base string, call Call) (*request, error) {
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	if !slices.Contains(methods, call.Method) {
		return nil, errors.New("the method is not one of " + strings.Join(methods, ", "))
	}
	path, err := expandPath(call.Path, call.PathParams)
	if err != nil {
		return nil, err
	}
	r := &request{
		operation: call.Operation,
		method:    call.Method,
		url:       base + path,
		query:     call.Query,
		// Suger's documented sample call sends Content-Type with a GET, too
		// (doc.suger.io, API Client).
		header:     http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}},
		repeatable: call.Repeatable || call.Method == http.MethodGet,
		errors:     call.Errors,
	}
	for name, value := range call.Header {
		if !validHeader(name, value) {
			return nil, fmt.Errorf("the header %q cannot be sent", name)
		}
		r.header.Set(name, value)
	}
	if call.Body == nil {
		return r, nil
	}
	if r.isRead() {
		return nil, errors.New("a GET has no body")
	}
	if r.body, err = json.Marshal(call.Body); err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	return r, nil
}

// expandPath replaces each {name} in template by its value, escaped as one path
// segment.
func expandPath(template string, params map[string]string) (string, error) {
	if err := checkTemplate(template); err != nil {
		return "", err
	}
	var path strings.Builder
	for rest := template; ; {
		literal, after, found := strings.Cut(rest, "{")
		path.WriteString(literal)
		if !found {
			return path.String(), nil
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return "", errors.New("the path has an open brace")
		}
		if err := checkSegment(params[name]); err != nil {
			return "", fmt.Errorf("path parameter %q %w", name, err)
		}
		path.WriteString(url.PathEscape(params[name]))
		rest = tail
	}
}

func checkTemplate(template string) error {
	if !strings.HasPrefix(template, "/") {
		return errors.New("the path does not begin with a slash")
	}
	for i := range len(template) {
		if c := template[i]; c <= ' ' || c > '~' || c == '?' || c == '#' || c == '%' || c == '\\' {
			return errors.New("the path holds a character that must not be there")
		}
	}
	for segment := range strings.SplitSeq(template, "/") {
		if segment == "." || segment == ".." {
			return errors.New("the path has a dot segment")
		}
	}
	return nil
}

// checkSegment refuses what would name another resource: nothing asks for the
// collection, dots for a parent (RFC 3986 section 3.3).
func checkSegment(value string) error {
	switch {
	case value == "":
		return errors.New("is empty")
	case value == "." || value == "..":
		return errors.New("is a dot segment")
	case len(value) > maxSegment:
		return fmt.Errorf("is longer than %d bytes", maxSegment)
	case strings.ContainsFunc(value, unicode.IsControl):
		return errors.New("has a control character")
	}
	return nil
}

// validHeader follows RFC 9110 section 5.1 (a name is a token) and 5.5. Host is
// no header of ours to set: it would take the credential elsewhere.
func validHeader(name, value string) bool {
	separator := func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	}
	return name != "" && !strings.EqualFold(name, "Host") && !strings.ContainsFunc(name, separator) &&
		!strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) && r != '\t' })
}
