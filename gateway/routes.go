package gateway

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
)

const (
	scimPrefix         = "/scim/v2"
	organizationPrefix = "/org/:orgId" + scimPrefix
)

// A route is one endpoint with the methods that it answers alike.
type route struct {
	methods  string // separated by blanks; GET answers HEAD too
	path     string
	resource string // for the log and metrics
	open     bool   // needs no credential
	handle   func(*exchange) error
}

// routes is the whole URL surface below a prefix. Discovery is open, so that it
// can be read before there is a credential (RFC 7644 §4).
func (s *server) routes() []route {
	routes := []route{
		{methods: "GET", path: "", resource: "Root", handle: s.queryRoot},
		{methods: "POST", path: "/.search", resource: "Root", handle: s.searchRoot},
		{methods: "POST", path: "/Bulk", resource: "Bulk", handle: s.bulk},
		{methods: "GET POST PUT PATCH DELETE", path: "/Me", resource: "Me", handle: s.me},
		{methods: "GET", path: "/ServiceProviderConfig", resource: "ServiceProviderConfig", open: true, handle: s.serviceProviderConfig},
		{methods: "GET", path: "/ResourceTypes", resource: "ResourceType", open: true, handle: s.resourceTypes},
		{methods: "GET", path: "/ResourceTypes/:id", resource: "ResourceType", open: true, handle: s.resourceType},
		{methods: "GET", path: "/Schemas", resource: "Schema", open: true, handle: s.schemas},
		{methods: "GET", path: "/Schemas/:id", resource: "Schema", open: true, handle: s.schema},
	}
	for _, set := range s.sets() {
		name, path := set.kind.Name, set.kind.Endpoint
		routes = append(routes,
			route{methods: "GET", path: path, resource: name, handle: s.list(set)},
			route{methods: "POST", path: path + "/.search", resource: name, handle: s.search(set)},
			route{methods: "GET", path: path + "/:id", resource: name, handle: s.get(set)},
		)
		if set.write != nil {
			routes = append(routes,
				route{methods: "POST", path: path, resource: name, handle: s.create(set)},
				route{methods: "PUT PATCH DELETE", path: path + "/:id", resource: name, handle: s.change(set)},
			)
		}
	}
	return routes
}

// sets are the resources of all types.
func (s *server) sets() []*resourceSet {
	return append([]*resourceSet{s.users, s.groups, s.roles}, s.more...)
}

// prefixes are what the routes stand below.
func (s *server) prefixes() []string {
	if s.config.Organization == "" {
		return []string{organizationPrefix}
	}
	return []string{organizationPrefix, scimPrefix}
}

// mount tells Echo the routes under each prefix.
func (s *server) mount(e *echo.Echo) {
	for _, prefix := range s.prefixes() {
		for _, r := range s.routes() {
			for _, method := range strings.Fields(r.methods) {
				e.Add(method, prefix+r.path, s.enter(r))
				if method == http.MethodGet {
					e.Add(http.MethodHead, prefix+r.path, s.enter(r))
				}
			}
		}
	}
}

// meant is the endpoint that a path would be with other letters in upper and
// lower case, "" if there is none. An id stands in it as "{id}": the client knows
// its own.
func (s *server) meant(path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for _, prefix := range s.prefixes() {
		for _, r := range s.routes() {
			if endpoint, ok := spelled(segments, strings.Split(strings.Trim(prefix+r.path, "/"), "/")); ok {
				return endpoint
			}
		}
	}
	return ""
}

// spelled writes a route's pattern as an endpoint if segments differ from it, in
// letter case only.
func spelled(segments, pattern []string) (string, bool) {
	if len(segments) != len(pattern) {
		return "", false
	}
	differs := false
	var endpoint strings.Builder
	for i, want := range pattern {
		name, parameter := strings.CutPrefix(want, ":")
		switch {
		case parameter && segments[i] != "":
			want = "{" + name + "}"
		case parameter || !strings.EqualFold(segments[i], want):
			return "", false
		default:
			differs = differs || segments[i] != want
		}
		endpoint.WriteString("/" + want)
	}
	return endpoint.String(), differs
}

// enter is what happens on every route before its handler: who asks, and of
// which organization.
func (s *server) enter(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		x.resource = r.resource
		if !r.open {
			if err := s.authenticate(x); err != nil {
				return err
			}
		}
		if err := s.chooseOrganization(x); err != nil {
			return err
		}
		return r.handle(x)
	}
}

// cleanPath takes slashes off that mean nothing: at the end, and doubled ones,
// since Okta asks for /scim/v2//Users if the base URL was entered with a slash.
//
// Echo is always given the escaped path, so that a path parameter is escaped
// whatever it holds: left alone, Echo takes URL.RawPath only if it is set, and
// its handlers cannot tell "100%25" from "100%".
func cleanPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		for strings.Contains(path, "//") {
			path = strings.ReplaceAll(path, "//", "/")
		}
		path = strings.TrimRight(path, "/")
		if path == "" {
			path = "/"
		}
		if path == r.URL.Path && r.URL.RawPath == "" {
			next.ServeHTTP(w, r) // nothing is escaped, nor to be
			return
		}
		clean := *r.URL
		clean.RawPath = path
		clean.Path, _ = url.PathUnescape(path) // it was escaped by EscapedPath, so it can be unescaped
		shallow := *r
		shallow.URL = &clean
		next.ServeHTTP(w, &shallow)
	})
}
