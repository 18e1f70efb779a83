package gateway

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// discovery describes the gateway (RFC 7644 §4). It is made once, of what the
// gateway really offers, and never depends on Suger. The meta.location of its
// resources is relative to the base URL of a request.
type discovery struct {
	config  scim.Resource
	types   []scim.Resource
	schemas []scim.Resource
}

func newDiscovery(config scim.Resource, kinds ...*scim.ResourceType) *discovery {
	d := &discovery{config: config}
	schemas := []*scim.Schema{}
	for _, kind := range kinds {
		d.types = append(d.types, describeType(kind))
		schemas = slices.Concat(schemas, []*scim.Schema{kind.Schema}, kind.Aliases, kind.Extensions)
	}
	for _, schema := range append(schemas, scim.DiscoverySchemas()...) {
		if !slices.ContainsFunc(d.schemas, func(other scim.Resource) bool { return other.ID() == schema.ID }) {
			d.schemas = append(d.schemas, describeSchema(schema))
		}
	}
	return d
}

func describeType(kind *scim.ResourceType) scim.Resource {
	described := scim.Resource{
		"schemas":     []string{scim.URNResourceType},
		"id":          kind.Name,
		"name":        kind.Name,
		"description": kind.Description,
		"endpoint":    kind.Endpoint,
		"schema":      kind.Schema.ID,
		"meta":        map[string]any{"resourceType": "ResourceType", "location": "/ResourceTypes/" + kind.Name},
	}
	var extensions []map[string]any
	for _, extension := range slices.Concat(kind.Aliases, kind.Extensions) {
		extensions = append(extensions, map[string]any{"schema": extension.ID, "required": false})
	}
	if extensions != nil {
		described["schemaExtensions"] = extensions
	}
	return described
}

func describeSchema(schema *scim.Schema) scim.Resource {
	return scim.Resource{
		"schemas":     []string{scim.URNSchema},
		"id":          schema.ID,
		"name":        schema.Name,
		"description": schema.Description,
		"attributes":  schema.Attributes,
		"meta":        map[string]any{"resourceType": "Schema", "location": "/Schemas/" + schema.ID},
	}
}

// described is a discovery resource as it is answered to the request.
func (x *exchange) described(r scim.Resource) scim.Resource {
	r, meta := maps.Clone(r), maps.Clone(r["meta"].(map[string]any))
	meta["location"] = x.base + meta["location"].(string)
	r["meta"] = meta
	return r
}

// serviceProviderConfig serves GET /ServiceProviderConfig (RFC 7643 §5).
func (s *server) serviceProviderConfig(x *exchange) error {
	if x.isKnown(s.discovery.config.Version()) {
		return x.NoContent(http.StatusNotModified)
	}
	return x.writeJSON(http.StatusOK, x.described(s.discovery.config))
}

// listDescriptions serves GET /ResourceTypes and /Schemas (RFC 7643 §6 and §7).
func listDescriptions(all []scim.Resource) func(*exchange) error {
	return func(x *exchange) error {
		list := scim.ListResponse{TotalResults: len(all), StartIndex: 1}
		for _, r := range all {
			list.Resources = append(list.Resources, x.described(r))
		}
		return x.writeJSON(http.StatusOK, list)
	}
}

// getDescription serves GET /ResourceTypes/{name} and /Schemas/{urn}.
func getDescription(kind string, all []scim.Resource) func(*exchange) error {
	return func(x *exchange) error {
		id, err := resourceID(x.Param("id"), kind)
		if err != nil {
			return err
		}
		for _, r := range all {
			if strings.EqualFold(r.ID(), id) {
				return x.writeJSON(http.StatusOK, x.described(r))
			}
		}
		return scim.NotFound(kind, id)
	}
}

// withoutFilter refuses a filter: left unanswered, it would look as if it had
// matched everything. Other parameters do not count here (RFC 7644 §4).
func (x *exchange) withoutFilter() error {
	values, err := x.query()
	for name := range values {
		if strings.EqualFold(name, "filter") {
			return scim.NewError(scim.CodeForbiddenFilter, "Discovery endpoints do not support filters. Read them without one.")
		}
	}
	return err
}

// me serves /Me (RFC 7644 §3.11).
func (s *server) me(*exchange) error {
	return scim.NewError(scim.CodeNotImplemented, "/Me is not supported: the token belongs to an API client of Suger, not to a person. Use /Users.")
}

// describeProvider is the ServiceProviderConfig (RFC 7643 §5, RFC 9865 §4),
// with the current limits, and what draft-ietf-scim-roles-entitlements-01
// adds to it. It claims draft-zollner-scim-interop-profile where that is kept:
// in strict mode, and if a PATCH that deactivates does not delete.
func describeProvider(config Config, user *scim.ResourceType, manyRoles, keepsDeactivated bool) scim.Resource {
	canWrite := func(name string) bool {
		path, ok := user.Lookup(name)
		return ok && !path.Tolerated && path.Sub.Mutability != scim.ReadOnly
	}
	meta := map[string]any{"resourceType": "ServiceProviderConfig", "location": "/ServiceProviderConfig"}
	if config.Version != "" {
		meta["version"] = "W/" + strconv.Quote(config.Version)
	}
	body := scim.Resource{
		"meta":    meta,
		"schemas": []string{scim.URNServiceProviderConfig},
		"patch":   supported(true),
		"bulk": map[string]any{
			"supported":      true,
			"maxOperations":  maxBulkOperations,
			"maxPayloadSize": maxBody,
		},
		"filter":         map[string]any{"supported": true, "maxResults": scim.MaxPageSize},
		"changePassword": supported(false),
		"sort":           supported(true),
		"etag":           supported(true),
		"pagination": map[string]any{
			"cursor":                  true,
			"index":                   true,
			"defaultPaginationMethod": "index",
			"defaultPageSize":         scim.DefaultPageSize,
			"maxPageSize":             scim.MaxPageSize,
			"cursorTimeout":           int(cursorAge.Seconds()),
		},
		"RolesAndEntitlements": map[string]any{
			"roles": map[string]any{
				"supported":              true,
				"multipleRolesSupported": manyRoles,
				"primarySupported":       canWrite("roles.primary"),
				"typeSupported":          canWrite("roles.type"),
			},
			"entitlements": map[string]any{
				"supported": false, "multipleEntitlementsSupported": false, "primarySupported": false, "typeSupported": false,
			},
		},
		"authenticationSchemes": []map[string]any{{
			"type":        "oauthbearertoken",
			"name":        "Bearer token",
			"description": "The token in the Authorization header, after the word Bearer.",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750",
			"primary":     true,
		}},
	}
	if config.Strict && keepsDeactivated {
		body["interopProfileConformant"] = true
	}
	if config.DocumentationURL != "" {
		body["documentationUri"] = config.DocumentationURL
	}
	return body
}

func supported(yes bool) map[string]any { return map[string]any{"supported": yes} }
