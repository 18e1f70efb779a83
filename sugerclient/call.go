package sugerclient

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpguts"
)

// A Credential is an API key, or "client_id:client_secret" of an OAuth App. It prints as
// "[credential]", so that it does not get into a log or an error by accident.
type Credential string

// String hides the credential.
func (Credential) String() string { return "[credential]" }

// GoString hides the credential from %#v.
func (Credential) GoString() string { return "[credential]" }

// MarshalText hides the credential from JSON and structured logs.
func (Credential) MarshalText() ([]byte, error) { return []byte("[credential]"), nil }

// OrganizationParam is the [Call].PathParams entry that names the organization. Refused
// credentials are remembered for each.
const OrganizationParam = "organization"

// A Call is one request to Suger. The client sends it, retries it and reads its
// answer; the mapping gives it a meaning.
type Call struct {
	Operation string // the operation's name, for errors, logs and metrics: "update user"
	Method    string // GET, POST, PUT, PATCH or DELETE

	// Path is relative to the base URL and holds placeholders for PathParams, as in
	// "/org/{organization}/user/{id}". A value that would name another resource, such as
	// "..", is refused.
	Path       string
	PathParams map[string]string

	Query  map[string]string
	Header map[string]string
	Body   any // sent as JSON; nil sends none, and a GET must not have one

	Repeatable bool // may be sent again after a lost answer, as a GET always may

	Errors *ErrorRule // how answers say that the call failed; nil for the HTTP status alone

	link string // of the next page of a list, in place of path and query

	// stream reads a successful answer as it arrives. An errSettled says that a retry would
	// not help.
	stream func(header http.Header, body io.Reader) error
}

// An ErrorRule describes how an answer shows that its call failed, besides its
// HTTP status. Paths are names with dots between them.
type ErrorRule struct {
	Field         string // path of the value that makes a 2xx answer an error, unless it is missing, null, false or empty; "" for none
	Success       []any  // values of Field, as text, that mean success; if given, every other value but an empty one is an error
	Message, Code string // paths in any error; "" tries the usual names. A code from 400 to 599 in a 2xx answer counts as the status
	NotThere      []any  // what means the same as the status 404, for [Error.Means]
}

// An Answer is Suger's answer to a [Call], status 2xx.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // JSON, whole, at most 32 MiB; empty if there was none

	Repeated bool // an earlier attempt failed, and may still take effect
}

// Paging says how a list operation returns its rows, as a checked mapping has it. The
// zero value is a list that comes whole in one answer.
type Paging struct {
	Style  PagingStyle
	Size   int    // rows asked for per page; must be positive if Limit is set
	Limit  string // query parameter for Size; "" sends none
	Offset string // query parameter: rows to skip (ByOffset), page number (ByPage), or cursor (ByCursor); none for ByLink
	First  int    // number of the first page, 0 or 1 (ByPage)

	Items        string // path of the array in the answer, "data.users"; "" for a bare array
	Total        string // path of the total count, "" if the answer has none
	Cursor       string // path of the next page's cursor (ByCursor) or URL (ByLink; "" reads the header Link)
	CursorHeader string // or the header that carries the cursor (ByCursor)
	CursorRow    string // or the path in a page's last row whose value is the cursor (ByCursor)
}

// PagingStyle is one of the ways to ask for the next page.
type PagingStyle string

// The paging styles.
const (
	Whole    PagingStyle = ""       // one answer holds everything
	ByOffset PagingStyle = "offset" // limit and number of rows to skip
	ByPage   PagingStyle = "page"   // page number
	ByCursor PagingStyle = "cursor" // opaque cursor from the previous answer
	ByLink   PagingStyle = "link"   // URL of the next page in the previous answer (RFC 8288)
)

// maxSegment bounds an id in bytes. Suger's are short; a long one is a mistake.
const maxSegment = 1024

// A request is a [Call] that was checked, escaped and encoded, to be sent any number of
// times. Its Repeatable and Errors are set.
type request struct {
	Call
	url    string
	header http.Header // never changed
	body   []byte      // nil for none

	credential Credential // "" for none: it asks for a token
	account    key
	presented  string // value of the credential's header that was sent last
}

func (r *request) isRead() bool { return r.Method == http.MethodGet }

// newRequest refuses a call that is not valid HTTP or could reach another resource.
func (c *Client) newRequest(cred Credential, call Call) (*request, error) {
	path, err := expandPath(call.Path, call.PathParams)
	if err != nil {
		return nil, err
	}
	r := &request{
		Call: call,
		url:  c.base + path,
		// Suger's documented sample call sends Content-Type with a GET, too
		// (doc.suger.io, API Client).
		header:     http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}},
		credential: cred,
		account:    c.account(cred, call.PathParams[OrganizationParam]),
	}
	r.Repeatable = call.Repeatable || r.isRead()
	r.Errors = cmp.Or(call.Errors, new(ErrorRule))
	for name, value := range call.Header {
		// Host is not ours to set: it would take the credential elsewhere.
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) || strings.EqualFold(name, "Host") {
			return nil, fmt.Errorf("the header %q is not valid in HTTP", name)
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

// follow makes a request ask for the page that a link names, if any. The credential goes to
// no other host; a server behind a proxy may not know its own scheme and port.
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
// segment. A template may come from the command line, and without its slash the
// credential would go to another host.
func expandPath(template string, params map[string]string) (path string, err error) {
	if !pathTemplate.MatchString(template) || dotSegment.MatchString(template) {
		return "", errors.New("the path does not begin with a slash, or has an unclosed brace, an invalid character or a dot segment")
	}
	path = placeholder.ReplaceAllStringFunc(template, func(braced string) string {
		name := strings.Trim(braced, "{}")
		if !isSegment(params[name]) {
			err = fmt.Errorf("path parameter %q is empty, a dot segment, longer than %d bytes or has a control character", name, maxSegment)
		}
		return url.PathEscape(params[name])
	})
	return path, err
}

// isSegment reports whether a value names one resource below the path before it: an empty
// one names the collection, dots a parent (RFC 3986 section 3.3).
func isSegment(value string) bool {
	return value != "" && value != "." && value != ".." && len(value) <= maxSegment && !strings.ContainsFunc(value, unicode.IsControl)
}
