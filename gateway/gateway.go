// Package gateway is the SCIM 2.0 service over HTTP (RFC 7644): routes,
// credentials, bodies and parameters in, resources and errors out. What a user
// or a group is, package mapping knows; the protocol's values are package scim.
//
// [New] makes the handler. This is the only package that imports Echo.
package gateway

import (
	"cmp"
	"log/slog"
	"net/http"
	"net/netip"
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
	config    Config
	users     *resourceSet
	groups    *resourceSet
	sets      []*resourceSet // of all types
	discovery *discovery
	paths     []string // of all routes
	service   *mapping.Service
	limits    *limits
	guessing  *throttle.Throttle
	marks     *marks.Maker // of tokens
}

// New makes the handler of the SCIM listener, which serves /scim/v2 for
// config.Organization and /org/{orgId}/scim/v2.
func New(config Config, service *mapping.Service) http.Handler {
	config = config.withDefaults()
	s := &server{
		config:   config,
		users:    userSet(service),
		groups:   groupSet(service),
		service:  service,
		limits:   newLimits(int64(config.MaxInFlight)),
		guessing: throttle.New(config.AuthFailures, config.Now),
		marks:    marks.New(),
	}
	s.sets = append([]*resourceSet{s.users, s.groups, roleSet(service)}, moreSets()...)
	var kinds []*scim.ResourceType
	for _, set := range s.sets {
		if config.Strict {
			set.kind = set.kind.Strict()
		}
		kinds = append(kinds, set.kind)
	}
	s.discovery = newDiscovery(describeProvider(config, s.users.kind, service.ManyRoles(), service.KeepsDeactivated()), kinds...)

	e := echo.New()
	// The order matters: from the outside in.
	e.Use(
		s.account, // first, so that every request has an id, an answer in SCIM's form and a line in the log
		// Inside it, so that a panic is answered and logged like any error.
		middleware.RecoverWithConfig(middleware.RecoverConfig{LogErrorFunc: s.logPanic, DisableStackAll: true, DisableErrorHandler: true}),
		s.admit,
		// Nothing waits before this point, so the budget starts here.
		middleware.ContextTimeoutWithConfig(middleware.ContextTimeoutConfig{Timeout: config.Budget, ErrorHandler: asIs}),
	)
	s.mount(e)
	return cleanPath(e)
}

// asIs leaves an error to account.
func asIs(err error, _ echo.Context) error { return err }

// DefaultBudget is the default of [Config].Budget: Okta hangs up after 60 s.
const DefaultBudget = 50 * time.Second

const (
	defaultMaxInFlight = 128
	maxBody            = 1 << 20 // bytes of a request body, a bulk request's too
	maxBulkOperations  = 1000    // operations in one bulk request
)

// Config is what the SCIM service needs besides the mapping. Package settings has checked
// what an administrator sets.
type Config struct {
	Organization         string   // Suger organization of requests to /scim/v2; "" does not serve that path
	AllowedOrganizations []string // the only organizations served; empty serves all

	// PublicURL is the address by which clients reach the gateway, for
	// meta.location: "https://scim.example.com", with a path prefix if a proxy
	// removes one. Without it the request's own scheme and host are used.
	PublicURL      string
	TrustedProxies []netip.Prefix // peers whose X-Forwarded headers count
	AllowedClients []netip.Prefix // the only client addresses answered; empty answers all

	// AuthFailures limits the refused tokens of one client address.
	// When exceeded, the address is answered 429, unless its token has been good
	// before: Okta's addresses are shared by many customers.
	AuthFailures throttle.Limit

	// Tokens are the accepted bearer tokens if the gateway holds the Suger
	// credential itself. It is called for each request, so that tokens can be
	// rotated. If nil, the client's bearer token is the Suger credential.
	Tokens         func() []string
	HeldCredential func() mapping.Credential // shown to Suger; set together with Tokens

	Budget      time.Duration // longest time for one SCIM request, all of Suger's answers included
	MaxInFlight int           // SCIM requests answered at once; more are answered 429

	// Strict refuses what today's clients send and the interoperability profile
	// (draft-zollner-scim-interop-profile) forbids: attributes and schemas that
	// /Schemas does not have, PATCH operations without a path, and value filters
	// without a sub-attribute after them.
	Strict bool

	// CursorSecret goes into the key that signs paging cursors, next to the
	// client's token. It may be empty; replicas need the same.
	CursorSecret     []byte
	DocumentationURL string // named by /ServiceProviderConfig, if set

	Log *slog.Logger // nil discards
	Now func() time.Time

	Version string // of the gateway, the ETag of /ServiceProviderConfig

	// Observe is called for every answer, for metrics. The resource is one of a
	// fixed list, "" for an unknown path; the method is a registered one or
	// "other".
	Observe func(resource, method string, status int, took time.Duration)

	// Failed is called with the code of every error answer, and of every failed
	// operation in a bulk request.
	Failed func(scim.Code)
}

func (c Config) withDefaults() Config {
	c.PublicURL = trimPublicURL(c.PublicURL)
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

// serves reports whether requests for the organization are answered.
func (c Config) serves(organization string) bool {
	return len(c.AllowedOrganizations) == 0 || slices.Contains(c.AllowedOrganizations, organization)
}

// trimPublicURL removes what the gateway appends itself: an administrator may
// have entered the whole base URL that Okta has.
func trimPublicURL(text string) string {
	text = strings.TrimRight(text, "/")
	return strings.TrimRight(strings.TrimSuffix(text, scimPrefix), "/")
}
