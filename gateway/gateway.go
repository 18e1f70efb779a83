// Package gateway is the SCIM 2.0 service over HTTP (RFC 7644): routes,
// credentials, bodies and parameters in, resources and errors out. What a user
// or a group is, package mapping knows; the protocol's values are package scim.
//
// [New] makes the handler. This is the only package that imports Echo.
package gateway

import (
	"net/http"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// A server answers SCIM requests. It stores no users and no groups.
type server struct {
	config    Config
	users     *resourceSet
	groups    *resourceSet
	sets      []*resourceSet // of all types
	discovery *discovery
	endpoints []endpoint
	service   *mapping.Service
	slots     *slots
	guessing  *guessing
	proofs    *proofs
	bodies    *bodyMemory
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
		slots:    newSlots(int64(config.MaxInFlight)),
		bodies:   newBodyMemory(),
		guessing: newGuessing(config.AuthFailures, config.Now),
		proofs:   newProofs(config.Budget, config.Now),
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
		s.admit,       // what is refused needs no slot
		s.identify,    // as far as possible without asking Suger
		s.boundFlight, // before anything that costs
		// Nothing waits before this point, so the budget starts here.
		middleware.ContextTimeoutWithConfig(middleware.ContextTimeoutConfig{Timeout: config.Budget, ErrorHandler: asIs}),
	)
	s.mount(e)
	return cleanPath(e)
}

// asIs leaves an error to account.
func asIs(err error, _ echo.Context) error { return err }
