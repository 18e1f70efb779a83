package gateway

import (
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
// those that it refers to. The resource is this request's own.
func (set *resourceSet) locate(x *exchange, r scim.Resource) scim.Resource {
	if meta, ok := r["meta"].(map[string]any); ok {
		meta["location"] = set.location(x, r.ID())
	}
	for attribute, endpoint := range set.refs {
		elements, _ := r[attribute].([]any)
		for _, element := range elements {
			object, _ := element.(map[string]any)
			if id, ok := object["value"].(string); ok {
				object["$ref"] = reference(x, endpoint, id)
			}
		}
	}
	return r
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
