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
	"slices"
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

// resourceID reads an id from a path. An impossible one is 404 like any unknown one, as Okta's
// tests expect.
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

// readable checks the media type of the body: SCIM's own, plain JSON, its old name or none. A
// charset is ignored, since JSON has none (RFC 8259 §11); the bytes are checked instead.
func readable(header http.Header) error {
	if encoding := header.Get(echo.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return scim.NewError(scim.CodeUnsupportedMediaType, "The gateway does not accept compressed bodies. Send the body without Content-Encoding.")
	}
	label := header.Get(echo.HeaderContentType)
	if label == "" {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(label) // "" if it cannot be read; wrong parameters do not matter
	if slices.Contains([]string{contentType, echo.MIMEApplicationJSON, "text/json"}, kind) {
		return nil
	}
	return scim.NewError(scim.CodeUnsupportedMediaType, "The gateway accepts only %s and %s.", contentType, echo.MIMEApplicationJSON)
}

const (
	maxNodes = 50_000 // values in a body; more than the members that it has room for

	// A body that is small by both measures never waits for memory: even one in each slot
	// needs little.
	smallBody  = 32 << 10 // bytes
	smallNodes = 1000

	// Memory for all larger bodies together, in bytes; half of it has room for the largest.
	rawMemory     = 16 << 20 // as they are read
	decodedMemory = 48 << 20

	// Memory for a decoded value, in bytes; texts are as long as in the body.
	objectCost = 400
	valueCost  = 40

	slowBody = 10 * time.Second // reading time above which a body counts as a failure of its address
)

// body reads the JSON object of a request, once Suger has accepted the token. The memory for its
// values is reserved until the exchange ends.
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

const drainFactor = 8 // how much of an oversized body is discarded at most, in largest bodies

// tooLarge refuses an oversized body after discarding part of the rest: a client that is still
// sending would see a broken connection instead of the answer.
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

// parameterNames are those of RFC 7644 §3.4.2 and §3.9 and RFC 9865 §2. Others are ignored.
var parameterNames = []string{"filter", "startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes", "cursor"}

// parameters are those of a request, by name as in parameterNames. An empty one is in the map.
type parameters map[string]string

// query reads the query string, names in any letter case. One that is not properly escaped is
// refused: without a broken filter, it would ask for everybody.
func (x *exchange) query() (map[string][]string, error) {
	values, err := url.ParseQuery(x.Request().URL.RawQuery)
	if err != nil {
		return nil, scim.Wrap(err, scim.CodeInvalidValue, "The query string is not properly escaped.")
	}
	query := map[string][]string{}
	for _, name := range parameterNames {
		for spelled, given := range values {
			if strings.EqualFold(spelled, name) {
				query[name] = append(query[name], given...)
			}
		}
	}
	return query, nil
}

// parameters reads the query string. Some clients repeat a list instead of writing commas.
func (x *exchange) parameters() (parameters, error) {
	query, err := x.query()
	p := parameters{}
	for name, given := range query {
		if len(given) > 1 && name != "attributes" && name != "excludedAttributes" {
			return nil, scim.NewError(scim.CodeInvalidValue, "The parameter %s is given twice.", name)
		}
		p[name] = strings.Join(given, ",")
	}
	return p, err
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

// parameterText writes a string, a whole number or a list of strings as in a query string.
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

// integer reads a whole number; one that does not fit counts as the largest. absent is the value
// of a parameter that is missing or empty.
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
