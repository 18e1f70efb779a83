// Package sandbox is Suger in memory: two organizations with users and roles,
// served over HTTP as Suger's API would serve them, for tests, for trying the
// gateway out, and for testing it with a Suger that misbehaves.
//
// Suger publishes no user write operation. The default contract follows Suger's
// own data layer (contract_membership.go). Other contracts are invented
// (contract_invented.go), to test that a mapping file can describe a Suger that
// differs. The package shares no table of fields or paths with the gateway's
// mapping, so that a mistake in one shows in the other.
//
// Start with [New]. A [Sandbox] is an [http.Handler]; serve it with httptest
// or an [http.Server] of your own.
package sandbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// DefaultOrganization is the id of the organization if [Options] names none.
// Suger's ids are short opaque strings, nine characters in its samples.
const DefaultOrganization = "sandboxed"

// The second organization, in the contracts with global users. Some of its members
// are members of the first organization too.
const (
	SecondOrganization = "neighbors"
	SecondDomain       = "neighbors.example" // its e-mail domain, besides those of the first
	SecondKey          = "key-of-neighbors"  // its API key
)

// Options configures a sandbox. Only a credential is required: a key or a client.
type Options struct {
	Organization string // organization id; default [DefaultOrganization]

	Keys         []string          // API keys that may do everything
	ReadOnlyKeys []string          // API keys that may read; a write with one is 403
	Clients      map[string]string // OAuth Apps that may do everything: client id to secret

	// People is how many sample people there are besides the fixed ones: admin@,
	// editor@, viewer@, finance@, deals@, Mixed.Case@, invited@ and former@ of the
	// first domain. Zero means 17, below zero none. In a contract without a status,
	// invited@ is a member like any other; where users are global, former@ is not a
	// member.
	People int

	Domains  []string         // e-mail domains whose people may be added; default example.com
	Seats    int              // most users who are not INACTIVE; 0 means no limit
	Contract string           // one of [Contracts]; "" is the first
	Clock    func() time.Time // default time.Now
	Seed     int64            // of ids, sample names and random faults
	Admin    bool             // serve /_sandbox/, to set faults and read calls
}

// A Sandbox is Suger behind its HTTP API. Its methods may be
// called at any time, also while it serves.
type Sandbox struct {
	organization string
	contract     *contract
	clock        func() time.Time
	keys         map[string]keyGrant
	store        *store
	tokens       *tokens
	faults       *faults
	journal      *journal
	routes       *http.ServeMux
	admin        http.Handler // nil if off

	closed    chan struct{}
	closeOnce sync.Once
}

// New returns a sandbox, or an error if an option is wrong.
func New(options Options) (*Sandbox, error) {
	served, err := contractNamed(options.Contract)
	if err != nil {
		return nil, err
	}
	if err := options.complete(served); err != nil {
		return nil, err
	}
	s := &Sandbox{
		organization: options.Organization,
		contract:     served,
		clock:        options.Clock,
		keys:         grantsByKey(options, served.global),
		store:        newStore(options, served),
		tokens:       &tokens{clients: options.Clients, clock: options.Clock, issued: make(map[string]time.Time)},
		journal:      &journal{counts: make(map[string]int)},
		closed:       make(chan struct{}),
	}
	s.routes = s.newRoutes()
	s.faults = &faults{operations: s.operations(), luck: rand.New(rand.NewPCG(uint64(options.Seed), 1))} //nolint:gosec // G404: faults of one seed apply alike
	if options.Admin {
		s.admin = s.adminRoutes()
	}
	return s, nil
}

// Close ends all current and future hangs and delays. An [http.Server] that serves
// the sandbox should call it on shutdown (RegisterOnShutdown), since a hang
// outlasts a graceful shutdown.
func (s *Sandbox) Close() {
	s.closeOnce.Do(func() { close(s.closed) })
}

// complete checks the options and fills in defaults.
func (o *Options) complete(served *contract) error {
	if len(o.Keys)+len(o.ReadOnlyKeys)+len(o.Clients) == 0 {
		return errors.New("sandbox: an API key or an OAuth client is required")
	}
	if slices.Contains(o.Keys, "") || slices.Contains(o.ReadOnlyKeys, "") {
		return errors.New("sandbox: an API key is empty")
	}
	for id, secret := range o.Clients {
		if id == "" || secret == "" {
			return errors.New("sandbox: an OAuth client has no id or no secret")
		}
	}
	if o.Seats < 0 {
		return fmt.Errorf("sandbox: %d seats", o.Seats)
	}
	if o.Organization == "" {
		o.Organization = DefaultOrganization
	}
	if served.global && o.Organization == SecondOrganization {
		return fmt.Errorf("sandbox: %q is the id of the second organization", SecondOrganization)
	}
	if o.People == 0 {
		o.People = defaultPeople
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	return o.completeDomains()
}

func (o *Options) completeDomains() error {
	if len(o.Domains) == 0 {
		o.Domains = []string{"example.com"}
	}
	domains := make([]string, 0, len(o.Domains))
	for _, domain := range o.Domains {
		if domain == "" || strings.ContainsAny(domain, "@ ") {
			return fmt.Errorf("sandbox: %q is not an e-mail domain", domain)
		}
		domains = append(domains, strings.ToLower(domain))
	}
	o.Domains = domains
	return nil
}
