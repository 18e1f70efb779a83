package sugerclient

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpguts"
)

// maxSegment bounds an id in bytes. Suger's are short; a long one is a mistake.
const maxSegment = 1024

// A request is a [Call] made ready: checked, escaped and encoded once, to be sent
// any number of times. Its Repeatable and Errors are set.
type request struct {
	Call
	url       string
	header    http.Header // never changed
	body      []byte      // nil for none
	anonymous bool        // carries no credential: it asks for a token
}

func (r *request) isRead() bool { return r.Method == http.MethodGet }

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
		Call: call,
		url:  base + path,
		// Suger's documented sample call sends Content-Type with a GET, too
		// (doc.suger.io, API Client).
		header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}},
	}
	r.Repeatable = call.Repeatable || r.isRead()
	r.Errors = cmp.Or(call.Errors, new(ErrorRule))
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

// follow changes a request to ask for the page that a link names, if any. A server
// behind a proxy may not know its own scheme, so only the host counts; the credential goes
// to no other.
func (r *request) follow(link string) error {
	if link == "" {
		return nil
	}
	current, err := url.Parse(r.url)
	if err != nil {
		return err
	}
	next, err := current.Parse(link)
	switch {
	case err != nil:
		return errors.New("the link to the next page cannot be read")
	case !strings.EqualFold(next.Hostname(), current.Hostname()) || next.User != nil:
		return errors.New("the link to the next page leads to another host")
	}
	next.Scheme, next.Host, next.Fragment = current.Scheme, current.Host, ""
	r.url, r.Query = next.String(), nil
	return nil
}

var (
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	// pathTemplate has no character that would end the path or escape another.
	pathTemplate = regexp.MustCompile(`^/([!"$&->@-\[\]-z|~]|\{[^{}]*\})*$`)
	dotSegment   = regexp.MustCompile(`/\.\.?(/|$)`)
)

// expandPath replaces each {name} in template by its value, escaped as one path
// segment.
func expandPath(template string, params map[string]string) (path string, err error) {
	switch {
	case !strings.HasPrefix(template, "/"):
		return "", errors.New("the path does not begin with a slash")
	case !pathTemplate.MatchString(template):
		return "", errors.New("the path has an open brace, or a character that must not be there")
	case dotSegment.MatchString(template):
		return "", errors.New("the path has a dot segment")
	}
	path = placeholder.ReplaceAllStringFunc(template, func(braced string) string {
		name := strings.Trim(braced, "{}")
		if wrong := checkSegment(params[name]); wrong != nil && err == nil {
			err = fmt.Errorf("path parameter %q %w", name, wrong)
		}
		return url.PathEscape(params[name])
	})
	return path, err
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

// validHeader reports whether a header can be sent. Host is not ours to set: it
// would take the credential elsewhere.
func validHeader(name, value string) bool {
	return httpguts.ValidHeaderFieldName(name) && httpguts.ValidHeaderFieldValue(value) && !strings.EqualFold(name, "Host")
}
