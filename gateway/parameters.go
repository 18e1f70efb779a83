package gateway

import (
	"errors"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// known are the parameters of queries and projections, as RFC 7644 §3.4.2 and
// §3.9 and RFC 9865 §2 name them. Others are ignored.
var known = []string{"filter", "startIndex", "count", "sortBy", "sortOrder", "attributes", "excludedAttributes", "cursor"}

// lists are those of them that have several values. Some clients repeat such a
// parameter instead of writing commas.
var lists = []string{"attributes", "excludedAttributes"}

// parameters are the parameters of a request, by name as in known. An absent one
// is not in the map; an empty one is.
type parameters map[string]string

func (p parameters) set(name, value string) error {
	i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
	if i < 0 {
		return nil
	}
	before, twice := p[known[i]]
	switch {
	case twice && slices.Contains(lists, known[i]):
		value = before + "," + value
	case twice:
		return scim.NewError(scim.CodeInvalidValue, "The parameter %s is given twice.", known[i])
	}
	p[known[i]] = value
	return nil
}

// parameters reads the query string, names in any letter case. A string that is
// not properly escaped is refused: left out, a broken filter would ask for
// everybody.
func (x *exchange) parameters() (parameters, error) {
	values, err := url.ParseQuery(x.Request().URL.RawQuery)
	if err != nil {
		return nil, notEscaped(err)
	}
	p := parameters{}
	for name, given := range values {
		for _, value := range given {
			if err := p.set(name, value); err != nil {
				return nil, err
			}
		}
	}
	return p, nil
}

func notEscaped(err error) error {
	return scim.Wrap(err, scim.CodeInvalidValue, "The query string is not properly escaped.")
}

// searchParameters reads a SearchRequest message (RFC 7644 §3.4.3).
func (s *server) searchParameters(x *exchange) (parameters, error) {
	message, err := s.message(x, scim.URNSearchRequest)
	if err != nil {
		return nil, err
	}
	p := parameters{}
	for _, name := range known {
		value, _ := scim.Member(message, name)
		text, given, ok := parameterText(value)
		switch {
		case !ok:
			return nil, scim.NewError(scim.CodeInvalidValue, "The value of %q in the search request has the wrong type.", name)
		case given:
			p[name] = text
		}
	}
	return p, nil
}

// parameterText writes a JSON value as it would be in a query string. given is
// false for null, which is the same as absent, and ok for a value of another type
// than a string, a whole number or a list of strings.
func parameterText(value any) (text string, given, ok bool) {
	switch v := value.(type) {
	case nil:
		return "", false, true
	case string:
		return v, true, true
	case float64:
		return strconv.FormatFloat(v, 'f', 0, 64), true, v == math.Trunc(v)
	case []any:
		names := make([]string, len(v))
		for i, element := range v {
			if names[i], ok = element.(string); !ok {
				return "", true, false
			}
		}
		return strings.Join(names, ","), true, true
	}
	return "", true, false
}

// integer reads a whole number of any size; one that does not fit is as good as
// the largest. absent is the value of a parameter that is missing or empty.
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

// projection is what of a resource the client wants to see (RFC 7644 §3.9).
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
