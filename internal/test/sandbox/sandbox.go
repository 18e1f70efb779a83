// Package sandbox extends the sandbox of the product for tests: contracts of Sugers
// that differ, OAuth clients, read-only keys, more kinds of faults, and a
// library to read and write what the sandbox holds past its API.
//
// The contracts other than membership are invented, to test that a mapping file
// can describe a Suger that differs; Suger publishes none of them.
//
// Most tests of the product's sandbox are in this folder, too: they read what it
// holds with this library.
package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// Types of the sandbox of the product.
type (
	// Fault is a misbehavior and when it applies.
	Fault = core.Fault
	// FaultKind is a way to misbehave.
	FaultKind = core.FaultKind
	// Role is a role of an organization.
	Role = core.Role
	// GlobalUser is a person as all organizations share it.
	GlobalUser = core.User
	// Call is a request that the sandbox received.
	Call = core.Call
)

// The constants of the sandbox of the product that tests use.
const (
	DefaultOrganization = core.DefaultOrganization
	SecondOrganization  = core.SecondOrganization
	SecondDomain        = core.SecondDomain
	SecondKey           = core.SecondKey

	RoleAdmin  = core.RoleAdmin
	RoleEditor = core.RoleEditor
	RoleViewer = core.RoleViewer

	TypeStandard = core.TypeStandard
	TypeCustom   = core.TypeCustom

	Latency = core.Latency
	Hang    = core.Hang
	Reset   = core.Reset

	RetrySeconds = core.RetrySeconds
	RetryDate    = core.RetryDate
)

// Status returns the kind of fault that answers an HTTP error status.
func Status(code int) FaultKind { return core.Status(code) }

// Options configures a sandbox. Only a credential is required: a key or a client.
type Options struct {
	Organization string
	Keys         []string          // API keys that may do everything
	ReadOnlyKeys []string          // API keys that may read; a write with one is 403
	Clients      map[string]string // OAuth Apps that may do everything: client id to secret
	People       int               // as in the options of the product's sandbox, like the rest
	Domains      []string
	Seats        int // most users who are not INACTIVE; 0 means no limit
	Clock        func() time.Time
	Seed         int64
	Admin        bool
	Contract     string // one of [Contracts]; "" is the first
}

// A Sandbox is the sandbox of the product, extended.
type Sandbox struct {
	*core.Sandbox
	contract contract
	tokens   *tokens
	calls    []*Call
}

// A contract is a contract with what tests know about it.
type contract struct {
	core.Contract
	name   string
	states bool // a user is active, invited or inactive
}

func contracts() []contract {
	return []contract{
		{*core.Membership, "membership", false}, {statusContract, "status", true}, {envelopeContract, "envelope", true},
		{removalContract, "removal", false}, {multiroleContract, "multirole", true}, {documentedContract, "documented", false},
		{twostepContract, "twostep", false},
	}
}

// Contracts lists the names that [Options] accepts as Contract, the default first.
func Contracts() []string {
	var names []string
	for _, c := range contracts() {
		names = append(names, c.name)
	}
	return names
}

// New returns a sandbox, or an error if an option is wrong.
func New(options Options) (*Sandbox, error) {
	at := slices.IndexFunc(contracts(), func(c contract) bool { return c.name == options.Contract || options.Contract == "" })
	if at < 0 {
		return nil, fmt.Errorf("sandbox: no contract %q; there are %s", options.Contract, strings.Join(Contracts(), ", "))
	}
	if len(options.Keys)+len(options.ReadOnlyKeys)+len(options.Clients) == 0 {
		return nil, errors.New("sandbox: an API key or an OAuth client is required")
	}
	for id, secret := range options.Clients {
		if id == "" || secret == "" {
			return nil, errors.New("sandbox: an OAuth client has no id or no secret")
		}
	}
	if slices.Contains(options.ReadOnlyKeys, "") {
		return nil, errors.New("sandbox: a read-only key is empty")
	}
	s := &Sandbox{contract: contracts()[at], tokens: newTokens(options)}
	served := s.contract.Contract
	served.Routes = append(slices.Clip(served.Routes), core.Route{Operation: core.GetToken, Pattern: "POST /oauth2/token", Handle: s.tokens.clientCredentials})
	served.Faults, served.Access = kinds, s.tokens.access
	served.Called = func(call *Call) { s.calls = append(s.calls, call) }
	var err error
	s.Sandbox, err = core.New(core.Options{
		Organization: options.Organization, Keys: options.Keys, People: options.People, Domains: options.Domains, Seats: options.Seats,
		Clock: s.tokens.clock, Seed: options.Seed, Admin: options.Admin, Contract: &served,
	})
	if err != nil {
		return nil, err
	}
	if served.Local {
		s.Locked(s.settle)
	}
	return s, nil
}

// settle makes the sample people those of a contract in which users are not global.
func (s *Sandbox) settle(store *core.Store) {
	for i, m := range store.Home().Members {
		m.CreationTime, m.LastUpdateTime = m.JoinTime, m.JoinTime
		if !s.contract.states {
			continue
		}
		m.Status = StatusActive
		const fixed = 8
		switch {
		case strings.HasPrefix(m.Email, "invited@"), i >= fixed && (i-fixed)%9 == 8:
			m.Status = StatusInvited
		case strings.HasPrefix(m.Email, "former@"), i >= fixed && (i-fixed)%16 == 15:
			m.Status, m.DeactivationTime = StatusInactive, m.JoinTime
		}
	}
}

// ClearFaults removes all faults. A current hang continues.
func (s *Sandbox) ClearFaults() { _ = s.SetFaults() }

// Calls returns the calls received, in order.
func (s *Sandbox) Calls() []Call {
	calls := []Call{}
	s.Locked(func(*core.Store) {
		for _, call := range s.calls {
			calls = append(calls, *call)
		}
	})
	return calls
}

// Count returns how many calls of the operation were received, of any operation if
// it is "".
func (s *Sandbox) Count(operation string) (n int) {
	s.Locked(func(*core.Store) {
		for _, call := range s.calls {
			if operation == "" || operation == call.Operation {
				n++
			}
		}
	})
	return n
}

// ResetCalls forgets the calls received.
func (s *Sandbox) ResetCalls() {
	s.Locked(func(*core.Store) { s.calls = nil })
}
