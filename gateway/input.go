package gateway

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
)

// maxID bounds an id in a path, in bytes.
const maxID = 256

// resourceID reads an id as it is in a path, escaped. An impossible id is answered 404
// like any unknown one: Okta's own tests expect that.
func resourceID(segment, kind string) (string, error) {
	id, err := url.PathUnescape(segment)
	if err != nil || !usableID(id) {
		return "", scim.NewError(scim.CodeNotFound, "There is no %s with such an id.", kind)
	}
	return id, nil
}

// usableID reports whether an id can be put into a URL without naming another resource (some
// proxies unescape slashes), and a server can have generated it.
func usableID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= maxID && !strings.ContainsAny(id, `/\`) &&
		utf8.ValidString(id) && strings.IndexFunc(id, unicode.IsControl) < 0
}

// readable checks the media type of the body. Clients send SCIM's own, plain JSON,
// its old name or none. JSON is UTF-8 and its media type has no charset (RFC 8259
// §8.1 and §11), so a charset is ignored; the bytes are checked instead.
func readable(header http.Header) error {
	if encoding := header.Get(echo.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return scim.NewError(scim.CodeUnsupportedMediaType, "The gateway does not accept compressed bodies. Send the body without Content-Encoding.")
	}
	label := header.Get(echo.HeaderContentType)
	if label == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(label)
	switch {
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter):
	case kind == contentType, kind == echo.MIMEApplicationJSON, kind == "text/json":
		return nil
	}
	return scim.NewError(scim.CodeUnsupportedMediaType, "The gateway accepts only %s and %s.", contentType, echo.MIMEApplicationJSON)
}

const (
	// maxNodes bounds the values of a body: objects, lists, texts, numbers and
	// words. The longest list of members that a body has room for is shorter.
	maxNodes = 50_000

	// A body that is small by both measures does not count against the memory limit,
	// so that it never waits for a large one: even one in each slot needs little.
	smallBody  = 32 << 10 // bytes
	smallNodes = 1000

	// Memory for all larger bodies together, in bytes; half of it has room for the largest.
	rawMemory     = 16 << 20 // as they are read
	decodedMemory = 48 << 20

	// Memory for a decoded value, in bytes; texts are as long as in the body.
	objectCost = 400
	valueCost  = 40

	// slowBody is the reading time above which a body counts as a failure of its address.
	slowBody = 10 * time.Second
)

// body reads the JSON object of a request, once Suger has accepted the token: a stranger's
// body costs nothing. The memory for its values is reserved until the exchange ends.
func (s *server) body(x *exchange) (map[string]any, error) {
	if err := readable(x.Request().Header); err != nil {
		return nil, err
	}
	if err := s.prove(x); err != nil {
		return nil, err
	}
	size := x.Request().ContentLength
	switch {
	case size > maxBody:
		return nil, tooLarge(x.Request().Body)
	case size < 0: // it is not known
		size = maxBody
	}
	if size > smallBody {
		release, err := reserve(x, s.limits.rawBodies, size)
		if err != nil {
			return nil, err
		}
		defer release()
	}
	data, err := s.readBody(x)
	if err != nil {
		return nil, err
	}
	nodes, objects := countNodes(data)
	if nodes > maxNodes {
		return nil, scim.NewError(scim.CodeTooLarge, "The body has %d values; the gateway accepts %d.", nodes, maxNodes)
	}
	if len(data) > smallBody || nodes > smallNodes {
		cost := int64(len(data) + objects*objectCost + (nodes-objects)*valueCost)
		if x.forget, err = reserve(x, s.limits.decodedBodies, cost); err != nil {
			return nil, err
		}
	}
	return scim.DecodeObject(data)
}

func (s *server) readBody(x *exchange) ([]byte, error) {
	var buffer bytes.Buffer
	if size := x.Request().ContentLength; size > 0 {
		buffer.Grow(int(size) + bytes.MinRead) // so that it is not copied as it grows
	}
	began := time.Now()
	_, err := buffer.ReadFrom(io.LimitReader(x.Request().Body, maxBody+1))
	if err != nil || time.Since(began) > slowBody {
		s.guessing.Fail(x.client)
	}
	switch {
	case int64(buffer.Len()) > maxBody:
		return nil, tooLarge(x.Request().Body)
	case err != nil:
		return nil, scim.Wrap(fmt.Errorf("read body: %w", err), scim.CodeInvalidSyntax, "The request's body was cut off.")
	}
	return buffer.Bytes(), nil
}

// drainFactor bounds how much of an oversized body is discarded, in largest bodies.
const drainFactor = 8

// tooLarge refuses an oversized body after discarding part of the rest: a client
// that is still sending would see a broken connection instead of the answer.
func tooLarge(sent io.Reader) error {
	_, _ = io.CopyN(io.Discard, sent, drainFactor*maxBody)
	return scim.NewError(scim.CodeTooLarge, "The body is larger than %d bytes.", maxBody)
}

// countNodes counts the values of a JSON text, and the objects among them, without decoding
// it: an empty object or list as two, in invalid JSON up to where a decoder would stop.
func countNodes(data []byte) (nodes, objects int) {
	nodes = 1
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '{':
			objects++
			nodes++
		case '[', ',':
			nodes++
		case '"':
			for i++; i < len(data) && data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		}
	}
	return nodes, objects
}

// parameterNames are the parameters of queries and projections, as RFC 7644 §3.4.2 and
// §3.9 and RFC 9865 §2 name them. Others are ignored.
var parameterNames = []string{"filter", "startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes", "cursor"}

// parameters are those of a request, by name as in parameterNames. An empty one is in the map.
type parameters map[string]string

// query reads a parameter of the query string, its name in any letter case. A query string
// that is not properly escaped is refused: left out, a broken filter would ask for everybody.
func (x *exchange) query(name string) (given []string, err error) {
	values, err := url.ParseQuery(x.Request().URL.RawQuery)
	if err != nil {
		return nil, scim.Wrap(err, scim.CodeInvalidValue, "The query string is not properly escaped.")
	}
	for spelled, more := range values {
		if strings.EqualFold(spelled, name) {
			given = append(given, more...)
		}
	}
	return given, nil
}

// parameters reads the query string.
func (x *exchange) parameters() (parameters, error) {
	p := parameters{}
	for _, name := range parameterNames {
		given, err := x.query(name)
		// Some clients repeat a list instead of writing commas.
		isList := name == "attributes" || name == "excludedAttributes"
		switch {
		case err != nil:
			return nil, err
		case len(given) > 1 && !isList:
			return nil, scim.NewError(scim.CodeInvalidValue, "The parameter %s is given twice.", name)
		case len(given) > 0:
			p[name] = strings.Join(given, ",")
		}
	}
	return p, nil
}

// searchParameters reads a SearchRequest message (RFC 7644 §3.4.3).
func (s *server) searchParameters(x *exchange) (parameters, error) {
	message, err := s.message(x, scim.URNSearchRequest)
	if err != nil {
		return nil, err
	}
	p := parameters{}
	for _, name := range parameterNames {
		value, _ := scim.Member(message, name)
		if value == nil { // the same as absent
			continue
		}
		var ok bool
		if p[name], ok = parameterText(value); !ok {
			return nil, scim.NewError(scim.CodeInvalidValue, "The value of %q in the search request has the wrong type.", name)
		}
	}
	return p, nil
}

// parameterText writes a string, a whole number or a list of strings as it would be in
// a query string; ok is false for another value.
func parameterText(value any) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case float64:
		return strconv.FormatFloat(v, 'f', 0, 64), v == math.Trunc(v)
	case []any:
		names := make([]string, len(v))
		for i, element := range v {
			if names[i], ok = element.(string); !ok {
				return "", false
			}
		}
		return strings.Join(names, ","), true
	}
	return "", false
}

// integer reads a whole number of any size; one that does not fit counts as the
// largest. absent is the value of a parameter that is missing or empty.
func (p parameters) integer(name string, absent int) (int, error) {
	text := strings.TrimSpace(p[name])
	if text == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, scim.Wrap(err, scim.CodeInvalidValue, "%s is not a whole number.", name)
	}
	return n, nil
}

// projection returns what of a resource the client wants to see (RFC 7644 §3.9).
func (p parameters) projection(kind *scim.ResourceType) (*scim.Projection, error) {
	return scim.ParseProjection(kind, p["attributes"], p["excludedAttributes"])
}

// message reads a request's body, which must be the message with the URN.
func (s *server) message(x *exchange, urn string) (map[string]any, error) {
	message, err := s.body(x)
	if err != nil {
		return nil, err
	}
	return message, scim.CheckMessage(message, urn)
}
