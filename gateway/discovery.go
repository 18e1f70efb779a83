package gateway

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"suger-scim-gateway/internal/scim"
)

// describeTypes describes the resource types (RFC 7643 §6). Discovery describes what the
// gateway really offers, and never asks Suger.
func describeTypes(kinds []*scim.ResourceType) (types []scim.Resource) {
	for _, kind := range kinds {
		described := scim.Resource{
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
			described["schemaExtensions"] = extensions
		}
		types = append(types, described)
	}
	return types
}

// describeSchemas describes the schemas of the resource types and of discovery (RFC 7643 §7, RFC
// 7644 §4).
func describeSchemas(kinds []*scim.ResourceType) (schemas []scim.Resource) {
	var all []*scim.Schema
	for _, kind := range kinds {
		all = slices.Concat(all, []*scim.Schema{kind.Schema}, kind.Aliases, kind.Extensions)
	}
	for _, urn := range []string{scim.URNServiceProviderConfig, scim.URNResourceType, scim.URNSchema} {
		all = append(all, scim.StandardSchema(urn))
	}
	for _, schema := range all {
		schemas = append(schemas, scim.Resource{
			"schemas":     []string{scim.URNSchema},
			"id":          schema.ID,
			"name":        schema.Name,
			"description": schema.Description,
			"attributes":  schema.Attributes,
		})
	}
	return schemas
}

// descriptions returns the routes of /ResourceTypes or /Schemas, and of each of all.
func descriptions(kind, endpoint string, all []scim.Resource) []route {
	handle := func(x *exchange) error {
		answer := scim.ListResponse{TotalResults: len(all), StartIndex: 1}
		for _, r := range all {
			r = maps.Clone(r)
			r["meta"] = map[string]any{"resourceType": kind, "location": scim.URLOf(x.base, endpoint, r.ID())}
			answer.Resources = append(answer.Resources, r)
		}
		if !strings.HasSuffix(x.Path(), "/:id") {
			return x.writeJSON(http.StatusOK, answer)
		}
		id, err := resourceID(x.Param("id"), kind)
		i := slices.IndexFunc(answer.Resources, func(r scim.Resource) bool { return strings.EqualFold(r.ID(), id) })
		if i < 0 {
			return cmp.Or(err, error(scim.NotFound(kind, id)))
		}
		return x.writeJSON(http.StatusOK, answer.Resources[i])
	}
	return []route{
		{methods: "GET HEAD", path: endpoint, resource: kind, open: true, handle: handle},
		{methods: "GET HEAD", path: endpoint + "/:id", resource: kind, open: true, handle: handle},
	}
}

// noMe serves /Me (RFC 7644 §3.11).
func noMe(*exchange) error {
	return scim.NewError(scim.CodeNotImplemented, "/Me is not supported: the token belongs to an API client of Suger, not to a person. Use /Users.")
}

//go:embed provider_config.json.tmpl
var providerConfigText string

var providerConfig = template.Must(template.New("ServiceProviderConfig").Parse(providerConfigText))

// serviceProviderConfig serves GET /ServiceProviderConfig (RFC 7643 §5, RFC 9865 §4),
// with the current limits, and what draft-ietf-scim-roles-entitlements-01 adds to it.
// It claims draft-zollner-scim-interop-profile only where that is true: in strict
// mode, if a PATCH that deactivates does not delete.
func (s *server) serviceProviderConfig(x *exchange) error {
	meta := map[string]any{"resourceType": "ServiceProviderConfig", "location": x.base + "/ServiceProviderConfig"}
	if s.config.Version != "" {
		version := "W/" + strconv.Quote(s.config.Version)
		if meta["version"] = version; x.isKnown(version) {
			return x.NoContent(http.StatusNotModified)
		}
	}
	var text bytes.Buffer
	var body scim.Resource
	err := providerConfig.Execute(&text, map[string]any{
		"maxOperations": maxBulkOperations, "maxPayloadSize": maxBody,
		"defaultPageSize": scim.DefaultPageSize, "maxPageSize": scim.MaxPageSize, "cursorTimeout": int(cursorAge.Seconds()),
		"manyRoles": s.service.ManyRoles(),
	})
	if err = cmp.Or(err, json.Unmarshal(text.Bytes(), &body)); err != nil {
		return err
	}
	body["meta"] = meta
	if s.config.Strict && s.service.KeepsDeactivated() {
		body["interopProfileConformant"] = true
	}
	if s.config.DocumentationURL != "" {
		body["documentationUri"] = s.config.DocumentationURL
	}
	return x.writeJSON(http.StatusOK, body)
}
