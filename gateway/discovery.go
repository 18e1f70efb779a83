package gateway

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// discovery describes the gateway (RFC 7644 §4). It is made once, of what the
// gateway really offers, and never depends on Suger.
type discovery struct {
	config  document
	types   []document
	schemas []document
}

// A document is a discovery resource without its meta.location, which depends
// on the URL of the request.
type document struct {
	kind     string // meta.resourceType
	location string // relative to the base URL
	version  string // meta.version, or ""
	body     map[string]any
}

func newDiscovery(config document, kinds ...*scim.ResourceType) *discovery {
	d := &discovery{config: config}
	schemas := []*scim.Schema{}
	for _, kind := range kinds {
		d.types = append(d.types, describeType(kind))
		schemas = slices.Concat(schemas, []*scim.Schema{kind.Schema}, kind.Aliases, kind.Extensions)
	}
	for _, schema := range append(schemas, scim.DiscoverySchemas()...) {
		described := describeSchema(schema)
		if !slices.ContainsFunc(d.schemas, func(other document) bool { return other.location == described.location }) {
			d.schemas = append(d.schemas, described)
		}
	}
	return d
}

func describeType(kind *scim.ResourceType) document {
	body := map[string]any{
		"schemas":     []string{scim.URNResourceType},
		"id":          kind.Name,
		"name":        kind.Name,
		"description": kind.Description,
		"endpoint":    kind.Endpoint,
		"schema":      kind.Schema.ID,
	}
	var extensions []map[string]any
	for _, extension := range slices.Concat(kind.Aliases, kind.Extensions) {
		extensions = append(extensions, map[string]any{"schema": extension.ID, "required": false})
	}
	if extensions != nil {
		body["schemaExtensions"] = extensions
	}
	return document{kind: "ResourceType", location: "/ResourceTypes/" + kind.Name, body: body}
}

func describeSchema(schema *scim.Schema) document {
	return document{kind: "Schema", location: "/Schemas/" + schema.ID, body: map[string]any{
		"schemas":     []string{scim.URNSchema},
		"id":          schema.ID,
		"name":        schema.Name,
		"description": schema.Description,
		"attributes":  schema.Attributes,
	}}
}

// at is the document as it is answered to a request to x.base.
func (d document) at(x *exchange) scim.Resource {
	meta := map[string]any{"resourceType": d.kind, "location": x.base + d.location}
	if d.version != "" {
		meta["version"] = d.version
	}
	body := maps.Clone(d.body)
	body["meta"] = meta
	return body
}

// serviceProviderConfig serves GET /ServiceProviderConfig (RFC 7643 §5).
func (s *server) serviceProviderConfig(x *exchange) error {
	if err := x.withoutFilter(); err != nil {
		return err
	}
	if x.isKnown(s.discovery.config.version) {
		return x.NoContent(http.StatusNotModified)
	}
	return x.writeJSON(http.StatusOK, s.discovery.config.at(x))
}

// listDocuments serves GET /ResourceTypes and /Schemas (RFC 7643 §6 and §7).
func listDocuments(documents []document) func(*exchange) error {
	return func(x *exchange) error {
		if err := x.withoutFilter(); err != nil {
			return err
		}
		list := scim.ListResponse{TotalResults: len(documents), StartIndex: 1}
		for _, d := range documents {
			list.Resources = append(list.Resources, d.at(x))
		}
		return x.writeJSON(http.StatusOK, list)
	}
}

// getDocument serves GET /ResourceTypes/{name} and /Schemas/{urn}.
func getDocument(kind string, documents []document) func(*exchange) error {
	return func(x *exchange) error {
		if err := x.withoutFilter(); err != nil {
			return err
		}
		id, err := x.pathID(kind)
		if err != nil {
			return err
		}
		for _, d := range documents {
			if strings.EqualFold(d.body["id"].(string), id) {
				return x.writeJSON(http.StatusOK, d.at(x))
			}
		}
		return scim.NotFound(kind, id)
	}
}

// withoutFilter refuses a filter: left unanswered, it would look as if it had
// matched everything. Other parameters do not count here (RFC 7644 §4).
func (x *exchange) withoutFilter() error {
	values, err := url.ParseQuery(x.Request().URL.RawQuery)
	if err != nil {
		return notEscaped(err)
	}
	for name := range values {
		if strings.EqualFold(name, "filter") {
			return scim.NewError(scim.CodeForbiddenFilter, "Discovery endpoints do not support filters. Read them without one.")
		}
	}
	return nil
}

// me serves /Me (RFC 7644 §3.11).
func (s *server) me(*exchange) error {
	return scim.NewError(scim.CodeNotImplemented, "/Me is not supported: the token belongs to an API client of Suger, not to a person. Use /Users.")
}
