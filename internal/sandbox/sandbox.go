// Package sandbox is Suger in memory: an organization with users and roles, served
// over HTTP as Suger's API would serve them, to try the gateway out, also with a
// Suger that misbehaves.
//
// Suger publishes no user write operation; what is served follows Suger's own data
// layer (membership.go). The package shares no table of fields or paths with the
// gateway's mapping, so that a mistake in one shows in the other. Tests add other
// contracts, kinds of faults and credentials, a second organization and a record of
// calls (internal/test/sandbox).
//
// Start with [New]. A [Sandbox] is an [http.Handler]; serve it with httptest
// or an [http.Server] of your own.
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
// Suger's ids are short opaque strings, nine characters in its samples.
const DefaultOrganization = "sandboxed"

// Options configures a sandbox. Only a key is required.
type Options struct {
	Organization string   // organization id; default [DefaultOrganization]
	Keys         []string // API keys

	// People is how many sample people there are besides the fixed ones: admin@,
	// editor@, viewer@, finance@, deals@, Mixed.Case@ and invited@ of the first
	// domain are members, former@ was one.
	People int

	Domains []string         // e-mail domains whose people may be added; default example.com
	Seats   int              // most members; 0 means no limit
	Clock   func() time.Time // default time.Now
	Seed    int64            // of ids and sample names
	Faults  []Fault

	Contract *Contract // default [Membership]
}

// A Contract is one way to reach the organizations over HTTP.
type Contract struct {
	Routes []Route
	Refuse func(status int, text string) Answer // answers an error

	// What follows is for the contracts of tests.

	NewID   func() func() string                                        // makes ids, in place of opaque ones
	Access  func(authorization string, write bool) (id string, _ error) // the organization of a credential, in place of the keys of [Options]
	Perform Performer                                                   // performs calls, in place of the faults of [Options]
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

// A Performer performs a call with its faults. operate performs the operation and
// needs the lock of the sandbox.
type Performer func(rt *Route, q *Request, operate func() Answer) Answer

// A Sandbox is Suger behind its HTTP API. Its methods may be
// called at any time, also while it serves.
type Sandbox struct {
	options  Options
	contract Contract
	routes   *http.ServeMux

	mu    sync.Mutex // guards what follows
	store *Store

	closed    chan struct{}
	closeOnce sync.Once
}

// New returns a sandbox, or an error if an option is wrong.
func New(options Options) (*Sandbox, error) {
	if err := options.complete(); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s := &Sandbox{options: options, contract: *options.Contract, routes: http.NewServeMux(), store: newStore(options), closed: make(chan struct{})}
	if s.contract.Access == nil {
		s.contract.Access = s.byKey
	}
	if s.contract.Perform == nil {
		s.contract.Perform = s.misbehave
	}
	for _, rt := range s.contract.Routes {
		s.routes.HandleFunc(rt.Pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, &rt) })
	}
	s.routes.HandleFunc("/", s.serveUnknown)
	return s, nil
}

// Close ends all current and future hangs and delays. An [http.Server] that serves
// the sandbox should call it on shutdown (RegisterOnShutdown), since a hang
// outlasts a graceful shutdown.
func (s *Sandbox) Close() {
	s.closeOnce.Do(func() { close(s.closed) })
}

// Locked lets a test read or write the store while no call does.
func (s *Sandbox) Locked(do func(*Store)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do(s.store)
}

func (o *Options) complete() error {
	if o.Contract == nil {
		o.Contract = Membership
	}
	switch {
	case len(o.Keys) == 0 && o.Contract.Access == nil:
		return errors.New("an API key is required")
	case slices.Contains(o.Keys, ""):
		return errors.New("an API key is empty")
	case o.Seats < 0 || o.People < 0:
		return fmt.Errorf("%d seats, %d people", o.Seats, o.People)
	}
	operations := o.Contract.Operations()
	for _, fault := range o.Faults {
		if fault.Operation != "" && !slices.Contains(operations, fault.Operation) {
			return fmt.Errorf("no operation %q; there are %s", fault.Operation, strings.Join(operations, ", "))
		}
	}
	o.Organization = cmp.Or(o.Organization, DefaultOrganization)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if len(o.Domains) == 0 {
		o.Domains = []string{"example.com"}
	}
	o.Domains = slices.Clone(o.Domains)
	for i, domain := range o.Domains {
		if domain == "" || strings.ContainsAny(domain, "@ ") {
			return fmt.Errorf("%q is not an e-mail domain", domain)
		}
		o.Domains[i] = strings.ToLower(domain)
	}
	return nil
}
