package scim

import (
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// CheckMessage checks that the schemas of a message are absent or contain urn, or one of SCIM 1.
func CheckMessage(message map[string]any, urn string) error {
	given, _ := Member(message, "schemas")
	isRight := func(item any) bool {
		text, _ := item.(string)
		return strings.EqualFold(text, urn) || strings.HasPrefix(strings.ToLower(text), "urn:scim:schemas:")
	}
	if list := listOf(given); isNothing(given) || len(list) == 0 || slices.ContainsFunc(list, isRight) {
		return nil
	}
	return NewError(CodeInvalidValue, "The schemas of the message do not include the one that the endpoint needs: %s.", urn)
}

// Member returns the member of a message with a name in any letter case (RFC 7643 §2.1), if any.
func Member(object map[string]any, name string) (value any, found bool) {
	if value, found = object[name]; found {
		return value, true
	}
	for key, value := range object {
		if strings.EqualFold(key, name) {
			return value, true
		}
	}
	return nil, false
}

// MemberText is [Member] for a string; "" if the member is missing or no string.
func MemberText(object map[string]any, name string) string {
	value, _ := Member(object, name)
	text, _ := value.(string)
	return text
}

// Strict returns a type with the same schemas that reads as draft-zollner-scim-interop-profile
// requires: attributes and schemas that /Schemas does not have (except externalId, which every
// client sends), PATCH operations without a path, and value filters without a sub-attribute
// after them are errors.
func (rt *ResourceType) Strict() *ResourceType {
	strict := *rt
	strict.strict = true
	return &strict
}

// checkOwn checks that the schemas of a whole resource are of this type.
func (rt *ResourceType) checkOwn(raw map[string]any) error {
	given, _ := Member(raw, "schemas")
	own, foreign := false, ""
	for _, item := range listOf(given) {
		urn, isText := item.(string)
		folded := strings.ToLower(urn)
		switch {
		case !isText || urn == "":
		case rt.hasSchema(urn):
			own = true
		case rt.strict:
			return NewError(CodeInvalidSyntax, "A %s has no schema %q.", rt.Name, Clip(urn, 120))
		// Extensions say nothing of what a body is: anybody may have one.
		case strings.HasPrefix(folded, "urn:ietf:params:scim:schemas:core:"), strings.HasPrefix(folded, "urn:ietf:params:scim:api:messages:"):
			foreign = urn
		}
	}
	if foreign != "" && !own {
		return NewError(CodeInvalidValue, "The schemas of the resource name %q, but the endpoint needs a %s.", Clip(foreign, 120), rt.Name)
	}
	return nil
}

// isForeign reports whether /Schemas does not have the attribute.
func (p AttrPath) isForeign() bool {
	return p.Tolerated && p.Attr != externalID && p.Attr.Name != "meta"
}

// URLOf returns the URL of the resource with an id at an endpoint such as "/Users" below base.
func URLOf(base, endpoint, id string) string {
	return base + endpoint + "/" + url.PathEscape(id)
}

// Marshal encodes an answer as JSON, members of maps in the order of their names.
func Marshal(answer any) ([]byte, error) {
	return json.Marshal(answer, json.Deterministic(true), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// A ListResponse is the message that answers a query (RFC 7644 §3.4.2, RFC 9865 §2).
type ListResponse struct {
	Schemas      []string   `json:"schemas"`             // set when it is encoded
	TotalResults int        `json:"totalResults"`        // of all pages
	StartIndex   int        `json:"startIndex,omitzero"` // from 1; 0 if paged by cursor
	ItemsPerPage int        `json:"itemsPerPage"`        // set when it is encoded
	NextCursor   string     `json:"nextCursor,omitzero"` // "" on the last page
	Resources    []Resource // of this page, as the client is to see them
}

// MarshalJSONTo writes the message.
func (l ListResponse) MarshalJSONTo(enc *jsontext.Encoder) error {
	type message ListResponse
	l.Schemas, l.ItemsPerPage = []string{URNListResponse}, len(l.Resources)
	return json.MarshalEncode(enc, message(l))
}
