package gateway

import (
	"maps"
	"net/http"
	"net/url"

	"suger-scim-gateway/gateway/scim"
)

// outcome is a resource as it leaves the gateway, whole.
func (set *resourceSet) outcome(x *exchange, status int, r scim.Resource) outcome {
	return outcome{status: status, resource: set.locate(x, r), location: set.location(x, r.ID())}
}

// present is a page of resources as they leave the gateway.
func (set *resourceSet) present(x *exchange, resources []scim.Resource, projection *scim.Projection) []scim.Resource {
	out := make([]scim.Resource, len(resources))
	for i, r := range resources {
		out[i] = projection.Apply(set.locate(x, r))
	}
	return out
}

func (set *resourceSet) location(x *exchange, id string) string {
	return reference(x, set.kind.Endpoint, id)
}

func reference(x *exchange, endpoint, id string) string {
	return x.base + endpoint + "/" + url.PathEscape(id)
}

// locate fills in what only the gateway knows: the URLs of the resource and of
// those that it refers to. It copies what it changes, since a resource may be
// shared with other requests.
func (set *resourceSet) locate(x *exchange, r scim.Resource) scim.Resource {
	out := maps.Clone(r)
	meta := map[string]any{}
	if known, ok := r["meta"].(map[string]any); ok {
		meta = maps.Clone(known)
	}
	meta["location"] = set.location(x, r.ID())
	out["meta"] = meta
	for attribute, endpoint := range set.refs {
		if elements, ok := r[attribute].([]any); ok {
			out[attribute] = referring(x, elements, endpoint)
		}
	}
	return out
}

// referring is the elements with the URL of what each names.
func referring(x *exchange, elements []any, endpoint string) []any {
	out := make([]any, len(elements))
	for i, element := range elements {
		out[i] = element
		object, _ := element.(map[string]any)
		if id, ok := object["value"].(string); ok {
			object = maps.Clone(object)
			object["$ref"] = reference(x, endpoint, id)
			out[i] = object
		}
	}
	return out
}

// origin is the URL of the gateway as the client sees it.
func (s *server) origin(r *http.Request) string {
	if s.publicURL != "" {
		return s.publicURL
	}
	scheme, host, prefix := "http", r.Host, ""
	if r.TLS != nil {
		scheme = "https"
	}
	if s.fromTrustedProxy(r) {
		scheme = forwarded(r, "X-Forwarded-Proto", scheme, isHTTPScheme)
		host = forwarded(r, "X-Forwarded-Host", host, isHost)
		prefix = forwarded(r, "X-Forwarded-Prefix", "", isPathPrefix)
	}
	return scheme + "://" + host + prefix
}
