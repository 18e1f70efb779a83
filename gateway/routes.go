package gateway

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
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
	open     bool   // discovery, which needs no credential
	handle   func(*exchange) error
}

// routes is the whole URL surface below a prefix. Discovery is open, so that it
// can be read before there is a credential (RFC 7644 §4).
//
// A query on the server root asks for users and groups. Roles are left out: they
// are the groups once more, under the same ids.
func (s *server) routes() []route {
	routes := []route{
		{methods: "GET", path: "", resource: "Root", handle: s.list(s.users, s.groups)},
		{methods: "POST", path: "/.search", resource: "Root", handle: s.search(s.users, s.groups)},
		{methods: "POST", path: "/Bulk", resource: "Bulk", handle: s.bulk},
		{methods: "GET POST PUT PATCH DELETE", path: "/Me", resource: "Me", handle: s.me},
		{methods: "GET", path: "/ServiceProviderConfig", resource: "ServiceProviderConfig", open: true, handle: s.serviceProviderConfig},
		{methods: "GET", path: "/ResourceTypes", resource: "ResourceType", open: true, handle: listDescriptions(s.discovery.types)},
		{methods: "GET", path: "/ResourceTypes/:id", resource: "ResourceType", open: true, handle: getDescription("ResourceType", s.discovery.types)},
		{methods: "GET", path: "/Schemas", resource: "Schema", open: true, handle: listDescriptions(s.discovery.schemas)},
		{methods: "GET", path: "/Schemas/:id", resource: "Schema", open: true, handle: getDescription("Schema", s.discovery.schemas)},
	}
	for _, set := range s.sets {
		name, path := set.kind.Name, set.kind.Endpoint
		routes = append(routes,
			route{methods: "GET", path: path, resource: name, handle: s.list(set)},
			route{methods: "POST", path: path + "/.search", resource: name, handle: s.search(set)},
			route{methods: "GET", path: path + "/:id", resource: name, handle: s.get(set)},
		)
		if set.write != nil {
			routes = append(routes,
				route{methods: "POST", path: path, resource: name, handle: s.write(set)},
				route{methods: "PUT PATCH DELETE", path: path + "/:id", resource: name, handle: s.write(set)},
			)
		}
	}
	return routes
}

// mount adds the routes to Echo under each prefix.
func (s *server) mount(e *echo.Echo) {
	prefixes := []string{organizationPrefix}
	if s.config.Organization != "" {
		prefixes = append(prefixes, scimPrefix)
	}
	for _, prefix := range prefixes {
		for _, r := range s.routes() {
			s.paths = append(s.paths, prefix+r.path)
			for _, method := range strings.Fields(r.methods) {
				e.Add(method, prefix+r.path, s.enter(r))
				if method == http.MethodGet {
					e.Add(http.MethodHead, prefix+r.path, s.enter(r))
				}
			}
		}
	}
}

// spelled is the endpoint that a path would name in the right letter case, with "{id}"
// in the place of an id; "" if there is none.
func (s *server) spelled(path string) string {
	given := strings.Split(path, "/")
	for _, known := range s.paths {
		segments := strings.Split(known, "/")
		matches := func(segment, given string) bool {
			return strings.HasPrefix(segment, ":") && given != "" || strings.EqualFold(segment, given)
		}
		if slices.EqualFunc(segments, given, matches) {
			return pathParameter.ReplaceAllString(known, "{$1}")
		}
	}
	return ""
}

var pathParameter = regexp.MustCompile(`:(\w+)`)

// enter authenticates the request and finds its organization, then calls the
// route's handler.
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
		if r.open {
			if err := x.withoutFilter(); err != nil {
				return err
			}
		}
		return r.handle(x)
	}
}

// organizationOf is the organization that the path names, or the configured one.
func (s *server) organizationOf(x *exchange) (string, error) {
	if !strings.HasPrefix(x.Path(), organizationPrefix) {
		return s.config.Organization, nil
	}
	id, err := url.PathUnescape(x.Param("orgId"))
	if err != nil || !usableID(id) || !s.config.serves(id) {
		return "", scim.NewError(scim.CodeOrgUnknown,
			"The gateway does not serve the organization in the URL. Compare it with the organization id in Suger's console.")
	}
	return strings.Clone(id), nil // as what is kept by organization must not keep the whole URL
}

// chooseOrganization sets the organization of the exchange, and the URL that its
// endpoints are relative to.
func (s *server) chooseOrganization(x *exchange) error {
	organization, err := s.organizationOf(x)
	if err != nil {
		return err
	}
	prefix := scimPrefix
	if strings.HasPrefix(x.Path(), organizationPrefix) {
		prefix = strings.Replace(organizationPrefix, ":orgId", url.PathEscape(organization), 1)
	}
	x.caller.Organization = organization
	x.base = s.origin(x.Request()) + prefix
	return nil
}

// cleanPath removes slashes at the end and doubled ones: Okta asks for
// /scim/v2//Users if the base URL was entered with a slash.
//
// Echo is always given the escaped path, so that a path parameter is escaped
// whatever it holds. Otherwise Echo uses URL.RawPath only if it is set, and its
// handlers cannot distinguish "100%25" from "100%".
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
