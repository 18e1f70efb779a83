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
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// Types of the sandbox of the product.
type (
	// Role is a role of an organization.
	Role = core.Role
	// GlobalUser is a person as all organizations share it.
	GlobalUser = core.User
)

// The constants of the sandbox of the product that tests use.
const (
	DefaultOrganization = core.DefaultOrganization

	RoleAdmin  = core.RoleAdmin
	RoleEditor = core.RoleEditor
	RoleViewer = core.RoleViewer

	TypeStandard = core.TypeStandard
	TypeCustom   = core.TypeCustom
)

// Options configures a sandbox. Only a credential is required: a key or a client.
type Options struct {
	Organization string
	Keys         []string          // API keys that may do everything
	ReadOnlyKeys []string          // API keys that may read; a write with one is 403
	Clients      map[string]string // OAuth Apps that may do everything: client id to secret
	People       int               // besides the fixed ones; 0 means 17, below zero none
	Domains      []string
	Seats        int // most users who are not INACTIVE; 0 means no limit
	Clock        func() time.Time
	Seed         int64  // also of random faults
	Contract     string // one of [Contracts]; "" is the first
}

// A Sandbox is the sandbox of the product, extended.
type Sandbox struct {
	*core.Sandbox
	contract contract
	tokens   *tokens

	closed    chan struct{}
	closeOnce sync.Once

	// The lock of the sandbox guards what follows.
	calls  []*Call
	faults []activeFault
	luck   *rand.Rand
}

// A Call is a request that the sandbox received, without the credential, which is
// in a header or a body.
type Call struct {
	Operation string // "update user", or "unknown"
	Method    string
	Path      string // as sent, still escaped
	Query     string
	Status    int // 0 without an answer so far
}

// A contract is a contract with what tests know about it.
type contract struct {
	core.Contract
	name   string
	local  bool // a user who is no member is not known
	states bool // a user is active, invited or inactive
}

func contracts() []contract {
	return []contract{
		{*core.Membership, "membership", false, false}, {statusContract, "status", true, true}, {envelopeContract, "envelope", true, true},
		{removalContract, "removal", true, false}, {multiroleContract, "multirole", true, true}, {documentedContract, "documented", false, false},
		{twostepContract, "twostep", false, false},
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
	if options.Organization == SecondOrganization {
		return nil, fmt.Errorf("sandbox: %q is the id of the second organization", SecondOrganization)
	}
	s := &Sandbox{contract: contracts()[at], tokens: newTokens(options), closed: make(chan struct{})}
	s.luck = rand.New(rand.NewPCG(uint64(options.Seed), 1))
	served := &s.contract.Contract
	served.Routes = append(slices.Clip(served.Routes), core.Route{Operation: core.GetToken, Pattern: "POST /oauth2/token", Handle: s.tokens.clientCredentials})
	served.Access, served.Perform = s.tokens.access, s.perform
	s.tokens.second = !s.contract.local
	var err error
	s.Sandbox, err = core.New(core.Options{
		Organization: options.Organization, Keys: options.Keys, People: max(cmp.Or(options.People, 17), 0), Domains: options.Domains, Seats: options.Seats,
		Clock: s.tokens.clock, Seed: options.Seed, Contract: served,
	})
	if err != nil {
		return nil, err
	}
	if s.contract.local {
		s.Locked(s.settle)
	} else {
		s.Locked(addSecond)
	}
	return s, nil
}

// settle makes the sample people those of a contract in which users are not global.
func (s *Sandbox) settle(store *core.Store) {
	home := store.Home()
	former := store.UserByEmail("former@" + home.Domains[0])
	home.Add(&core.Member{User: former, Role: RoleEditor, JoinTime: core.Time{Time: former.CreationTime.Add(core.KnownBefore)}})
	const place = 7 // of former@ among the sample people
	last := len(home.Members) - 1
	home.Members = slices.Insert(home.Members[:last], place, home.Members[last])
	for i, m := range home.Members {
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
