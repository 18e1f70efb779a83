// Package gateway is the SCIM 2.0 service over HTTP (RFC 7644): routes,
// credentials, bodies and parameters in, resources and errors out. What a user
// or a group is, package mapping knows; the protocol's values are package scim.
//
// [New] makes the handler. This is the only package that imports Echo.
package gateway

import (
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/mapping"
)

// A server answers SCIM requests. It keeps nothing between two of them.
type server struct {
	config    Config
	publicURL string // the configured one, in a normal form; "" takes the request's
	log       *slog.Logger
	users     *resourceSet
	groups    *resourceSet
	roles     *resourceSet
	discovery *discovery
	service   *mapping.Service
	seating   *seating
	guessing  *guessing
	proofs    *proofs
	bodies    *bodyMemory
}

// New makes the handler of the SCIM listener, which serves /scim/v2 for
// config.Organization and /org/{orgId}/scim/v2. The error names every setting
// that is wrong.
func New(config Config, service *mapping.Service) (http.Handler, error) {
	config = config.withDefaults()
	if err := config.validate(); err != nil {
		return nil, err
	}
	s := &server{
		config:    config,
		publicURL: trimPublicURL(config.PublicURL),
		log:       config.Log,
		users:     userSet(service, config.Strict),
		groups:    groupSet(service, config.Strict),
		roles:     roleSet(service),
		service:   service,
		seating:   newSeating(config.MaxInFlight),
		bodies:    newBodyMemory(config.MaxBody),
	}
	var err error
	if s.guessing, err = newGuessing(config.AuthFailures, config.Now); err != nil {
		return nil, err
	}
	if s.proofs, err = newProofs(config.Budget, config.Now); err != nil {
		return nil, err
	}
	s.discovery = newDiscovery(describeProvider(config, s.users.kind, service.ManyRoles(), service.KeepsDeactivated()), s.users.kind, s.groups.kind, s.roles.kind)

	e := echo.New()
	// The order matters: from the outside in.
	e.Use(
		s.account,     // first, so that every request has an id, an answer in SCIM's form and a line in the log
		s.catchPanic,  // inside it, so that a panic is answered and logged like any error
		s.admit,       // what is turned away takes no place
		s.identify,    // as far as it shows without asking Suger
		s.boundFlight, // before anything that costs
		s.boundTime,   // nothing waits before this point, so the budget begins here
	)
	s.mount(e)
	return cleanPath(e), nil
}
