package gateway

import (
	"net"
	"net/http"

	"suger-scim-gateway/internal/scim"
)

// show is a resource as the client should see it.
func (set *resourceSet) show(x *exchange, r scim.View, projection *scim.Projection) any {
	if writer, ok := r.(scim.Writer); ok && projection.KeepsAll() {
		return scim.Located{Writer: writer, Base: x.base}
	}
	return projection.Apply(set.locate(x, r.Resource()))
}

func (set *resourceSet) location(x *exchange, id string) string {
	return scim.URLOf(x.base, set.kind.Endpoint, id)
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
				object["$ref"] = scim.URLOf(x.base, endpoint, id)
			}
		}
	}
	return r
}

// ownAddress is the local address of the request's connection.
func ownAddress(r *http.Request) string {
	if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		return own.String()
	}
	return "localhost"
}

// origin is the URL of the gateway as the client sees it.
func (s *server) origin(r *http.Request) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	scheme, host, prefix := "http", r.Host, ""
	if !isHost(host) { // it goes into answers, so it is checked first
		host = ownAddress(r)
	}
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
