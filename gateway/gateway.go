// Package gateway is the SCIM 2.0 service over HTTP (RFC 7644): routes, credentials, bodies and
// parameters in, resources and errors out. [New] makes the handler. Package mapping knows what a
// user or a group is, package scim the protocol; only this package imports Echo.
package gateway

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/throttle"
	"suger-scim-gateway/mapping"
)

// A server answers SCIM requests. It stores no users and no groups.
type server struct {
	config   Config
	sets     []*resourceSet // users, groups, roles
	paths    []string       // of all routes
	service  *mapping.Service
	limits   *limits
	guessing *throttle.Throttle
	marks    *marks.Maker // of tokens
}

// New makes the handler of the SCIM listener, which serves /scim/v2 for
// config.Organization and /org/{orgId}/scim/v2.
func New(config Config, service *mapping.Service) http.Handler {
	config = config.withDefaults()
	s := &server{
		config:   config,
		service:  service,
		limits:   newLimits(int64(config.MaxInFlight)),
		guessing: throttle.New(config.AuthFailures, config.Now),
		marks:    marks.New(),
	}
	s.sets = append(resourceSets(service), moreSets()...)

	e := echo.New()
	e.Use( // the outermost first
		s.envelope, // every request has an id, an answer in SCIM's form and a line in the log, also after a panic
		middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: s.logPanic, DisableStackAll: true, DisableErrorHandler: true}),
		s.admit,
		middleware.ContextTimeoutWithConfig(middleware.ContextTimeoutConfig{ // nothing has waited yet
			Timeout: config.Budget, ErrorHandler: func(err error, _ echo.Context) error { return err },
		}),
	)
	s.mount(e)
	return cleanPath(e)
}

// DefaultBudget is the default of [Config].Budget: Okta hangs up after 60 s.
const DefaultBudget = 50 * time.Second

const (
	defaultMaxInFlight = 128
	maxBody            = 1 << 20 // bytes of a request body, a bulk request's too
	maxBulkOperations  = 1000    // operations in one bulk request
)

// Config configures the SCIM service. Package settings checks what an administrator sets.
type Config struct {
	Organization         string   // Suger organization of requests to /scim/v2; "" does not serve that path
	AllowedOrganizations []string // the only organizations served; empty serves all

	// PublicURL is the URL by which clients reach the gateway, for meta.location, with a path
	// prefix if a proxy removes one. Without it the request's own scheme and host are used.
	PublicURL      string
	TrustedProxies []netip.Prefix // peers whose X-Forwarded headers count
	AllowedClients []netip.Prefix // the only client addresses answered; empty answers all

	// AuthFailures limits the refused tokens of one client address. When exceeded, it is
	// answered 429, unless its token has been good before: customers share Okta's addresses.
	AuthFailures throttle.Limit

	// Tokens are the accepted bearer tokens if the gateway holds the Suger credential itself,
	// read for each request. If nil, the client's token is the Suger credential.
	Tokens         func() []string
	HeldCredential func() mapping.Credential // presented to Suger; set together with Tokens

	Budget      time.Duration // longest time for one SCIM request, all of Suger's answers included
	MaxInFlight int           // SCIM requests answered at once; more are answered 429

	Strict bool // the service is strict, see [scim.ResourceType.Strict]

	CursorSecret     []byte // part of the key that signs cursors; may be empty; replicas need the same
	DocumentationURL string // named by /ServiceProviderConfig, if set
	Version          string // of the gateway, the ETag of /ServiceProviderConfig

	Log *slog.Logger // nil discards
	Now func() time.Time

	// Observe is called for every answer. The resource is one of a fixed list, "" for an
	// unknown path; the method is a registered one or "other".
	Observe func(resource, method string, status int, took time.Duration)
	Failed  func(scim.Code) // called for every error, also of an operation in a bulk request
}

func (c Config) withDefaults() Config {
	// An administrator may have entered the whole base URL that Okta has.
	c.PublicURL = strings.TrimRight(strings.TrimSuffix(strings.TrimRight(c.PublicURL, "/"), scimPrefix), "/")
	c.Budget = cmp.Or(c.Budget, DefaultBudget)
	c.MaxInFlight = cmp.Or(c.MaxInFlight, defaultMaxInFlight)
	c.Log = cmp.Or(c.Log, slog.New(slog.DiscardHandler))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Observe == nil {
		c.Observe = func(string, string, int, time.Duration) {}
	}
	if c.Failed == nil {
		c.Failed = func(scim.Code) {}
	}
	return c
}

const (
	scimPrefix         = "/scim/v2"
	organizationPrefix = "/org/:orgId" + scimPrefix
)

// A route is one endpoint and the methods that share a handler.
type route struct {
	methods  string // separated by blanks
	path     string
	resource string // for the log and metrics
	open     bool   // discovery, which needs no credential (RFC 7644 §4)
	handle   func(*exchange) error
}

// routes returns all endpoints below a prefix. A query on the server root asks for users and
// groups, not for roles, which are the groups once more.
func (s *server) routes() []route {
	root := s.sets[:2]
	kinds := kindsOf(s.sets)
	routes := []route{
		{methods: "GET HEAD", path: "", resource: "Root", handle: s.list(root...)},
		{methods: "POST", path: "/.search", resource: "Root", handle: s.list(root...)},
		{methods: "POST", path: "/Bulk", resource: "Bulk", handle: s.bulk},
		{methods: "GET HEAD POST PUT PATCH DELETE", path: "/Me", resource: "Me", handle: noMe},
		{methods: "GET HEAD", path: "/ServiceProviderConfig", resource: "ServiceProviderConfig", open: true, handle: s.serviceProviderConfig},
	}
	routes = append(routes, descriptions("ResourceType", "/ResourceTypes", describeTypes(kinds))...)
	routes = append(routes, descriptions("Schema", "/Schemas", describeSchemas(kinds))...)
	for _, set := range s.sets {
		name, path := set.kind.Name, set.kind.Endpoint
		routes = append(routes,
			route{methods: "GET HEAD", path: path, resource: name, handle: s.list(set)},
			route{methods: "POST", path: path + "/.search", resource: name, handle: s.list(set)},
			route{methods: "GET HEAD", path: path + "/:id", resource: name, handle: s.one(set)},
		)
		if set.write != nil {
			routes = append(routes,
				route{methods: "POST", path: path, resource: name, handle: s.one(set)},
				route{methods: "PUT PATCH DELETE", path: path + "/:id", resource: name, handle: s.one(set)},
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
				e.Add(method, prefix+r.path, s.enter(prefix, r))
			}
		}
	}
}

// spelled returns the endpoint that the path would name in the right letter case, or "".
func (s *server) spelled(path string) string {
	for _, known := range s.paths {
		matches := func(segment, given string) bool {
			return strings.HasPrefix(segment, ":") && given != "" || strings.EqualFold(segment, given)
		}
		if slices.EqualFunc(strings.Split(known, "/"), strings.Split(path, "/"), matches) {
			return strings.NewReplacer(":orgId", "{orgId}", ":id", "{id}").Replace(known)
		}
	}
	return ""
}

// enter authenticates the request and finds its organization before it is handled.
func (s *server) enter(prefix string, r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		x := c.(*exchange)
		x.resource = r.resource
		if !r.open {
			if err := s.authenticate(x); err != nil {
				return err
			}
		}
		var err error
		if x.caller.Organization, err = s.organizationOf(x); err != nil {
			return err
		}
		x.base = s.origin(x.Request()) + strings.Replace(prefix, ":orgId", url.PathEscape(x.caller.Organization), 1)
		if r.open {
			// A filter, if ignored, would seem to match everything (RFC 7644 §4).
			if query, err := x.query(); err != nil || query["filter"] != nil {
				return cmp.Or(err, error(scim.NewError(scim.CodeForbiddenFilter, "Discovery endpoints do not support filters. Read them without one.")))
			}
		}
		return r.handle(x)
	}
}

// organizationOf returns the organization that the path names, or the configured one.
func (s *server) organizationOf(x *exchange) (string, error) {
	if !strings.HasPrefix(x.Path(), organizationPrefix) {
		return s.config.Organization, nil
	}
	id, err := url.PathUnescape(x.Param("orgId"))
	allowed := s.config.AllowedOrganizations
	if err != nil || !usableID(id) || len(allowed) > 0 && !slices.Contains(allowed, id) {
		return "", scim.NewError(scim.CodeOrgUnknown,
			"The gateway does not serve the organization in the URL. Compare it with the organization id in Suger's console.")
	}
	return strings.Clone(id), nil // cloned, so that caches keyed by organization do not retain the whole URL
}

// cleanPath removes slashes at the end and doubled ones: Okta asks for /scim/v2//Users if the
// base URL was entered with a slash. It always sets the escaped path: Echo would otherwise pass
// "100%25" and "100%" to handlers alike.
func cleanPath(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		segments := strings.FieldsFunc(r.URL.EscapedPath(), func(c rune) bool { return c == '/' })
		clean := *r.URL
		clean.RawPath = "/" + strings.Join(segments, "/")
		clean.Path, _ = url.PathUnescape(clean.RawPath) // it was escaped by EscapedPath, so it can be unescaped
		shallow := *r
		shallow.URL = &clean
		next.ServeHTTP(w, &shallow)
	})
}
