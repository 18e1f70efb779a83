// Package sandbox is Suger in memory, served over HTTP as Suger's API would be, to try the
// gateway out, also with a Suger that misbehaves. It shares no table of fields or paths
// with the gateway's mapping, so that a mistake in one shows in the other. Tests extend it
// (internal/test/sandbox). Start with [New].
package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultOrganization is the id of the organization if [Options] names none.
const DefaultOrganization = "sandboxed"

// Options configures a sandbox. Only a key is required.
type Options struct {
	Organization string   // organization id; default [DefaultOrganization]
	Keys         []string // API keys

	People   int              // sample people besides the fixed ones, who have the first domain
	Domains  []string         // e-mail domains whose people may be added; default example.com
	Seats    int              // most members; 0 means no limit
	Clock    func() time.Time // default time.Now
	Seed     int64            // of ids and sample names
	Faults   []Fault
	Contract *Contract // default [Membership]
}

// A Contract is one way to reach the organizations over HTTP.
type Contract struct {
	Routes []Route
	Refuse func(status int, text string) Answer // answers an error

	// What follows is for the contracts of tests. operate needs the lock of the sandbox.

	NewID   func() func() string                                            // makes ids, in place of opaque ones
	Access  func(authorization string, write bool) (id string, _ error)     // the organization of a credential, in place of the keys of [Options]
	Perform func(rt *Route, q *Request, operate func() Answer) (out Answer) // in place of the faults of [Options]
}

// Operations lists the operations that a fault may name.
func (c *Contract) Operations() (names []string) {
	for _, rt := range c.Routes {
		if rt.Operation != Unknown {
			names = append(names, rt.Operation)
		}
	}
	return names
}

// A Sandbox is Suger behind its HTTP API. It is safe for concurrent use. Delays end with the
// context of their request.
type Sandbox struct {
	options  Options
	contract Contract
	routes   *http.ServeMux

	mu    sync.Mutex // guards what follows
	store *Store
}

// New returns a sandbox, or an error if an option is wrong.
func New(options Options) (*Sandbox, error) {
	if options.Contract == nil {
		options.Contract = Membership
	}
	if options.Clock == nil {
		options.Clock = time.Now
	}
	options.Organization = cmp.Or(options.Organization, DefaultOrganization)
	if len(options.Domains) == 0 {
		options.Domains = []string{"example.com"}
	}
	noDomain := func(domain string) bool { return domain == "" || strings.ContainsAny(domain, "@ ") }
	operations := options.Contract.Operations()
	unknown := slices.IndexFunc(options.Faults, func(f Fault) bool { return f.Operation != "" && !slices.Contains(operations, f.Operation) })
	switch {
	case len(options.Keys) == 0 && options.Contract.Access == nil, slices.Contains(options.Keys, ""):
		return nil, errors.New("sandbox: an API key is required and may not be empty")
	case slices.ContainsFunc(options.Domains, noDomain):
		return nil, fmt.Errorf("sandbox: not all of %q are e-mail domains", options.Domains)
	case unknown >= 0:
		return nil, fmt.Errorf("sandbox: no operation %q; there are %s", options.Faults[unknown].Operation, strings.Join(operations, ", "))
	}
	s := &Sandbox{options: options, contract: *options.Contract, routes: http.NewServeMux(), store: newStore(options)}
	if s.contract.Access == nil {
		s.contract.Access = s.byKey
	}
	if s.contract.Perform == nil {
		s.contract.Perform = s.misbehave
	}
	for _, rt := range append(slices.Clip(s.contract.Routes), unknownRoute) {
		s.routes.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &rt) })
	}
	return s, nil
}

// Locked lets a test read or write the store while no call does.
func (s *Sandbox) Locked(do func(*Store)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.store)
}
