package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// Config is what a [Service] needs besides the mapping and the client.
type Config struct {
	DefaultRole     string            // name or id of the role of a user who is given none; "" for the mapping's
	GroupRoles      map[string]string // SCIM group name -> role name or id
	ProtectedUsers  []string          // e-mail addresses that SCIM may read but never change
	AllowAdminGrant bool              // whether SCIM may grant an administrator role
	CreateRoles     bool              // whether a pushed group may create a custom role
	Brake           Brake             // most drastic changes in a window, per organization
	DryRun          bool              // answer as if done, change nothing
	Strict          bool              // requests are read as the interoperability profile asks

	LookupCache int           // entries of the id lookup cache, 0 for none
	LookupTTL   time.Duration // age at which a lookup is forgotten
	ListTTL     time.Duration // how long a list answers reads once it was read to its end, 0 for never
	Parallel    int           // writes of one group change in flight at once, 8 if 0

	Log      *slog.Logger // nil discards
	Audit    *slog.Logger // one record for each attempted change; nil discards
	AuditKey []byte       // if set, e-mail addresses in audit records are replaced by a keyed hash
	Observer Observer     // nil discards
	Now      func() time.Time
	Sleep    func(context.Context, time.Duration) error // until the time is over or the context ends
}

// A Service offers Suger's users and roles as SCIM resources. It is safe for
// concurrent use and keeps nothing that an answer depends on.
type Service struct {
	config  Config
	model   *model
	client  *sugerclient.Client
	memory  *memory
	planner *planner
	locks   locks
	brake   *brake
	canary  *canary
	fixed   *catalogue // the roles that are known without asking Suger

	userType, groupType, roleType *scim.ResourceType
}

// New checks the configuration against the mapping and makes the service. All
// problems are reported at once, each naming its setting.
func New(doc *spec.Document, client *sugerclient.Client, config Config) (*Service, error) {
	config = config.withDefaults()
	config.DefaultRole = cmp.Or(config.DefaultRole, doc.Role.Default)
	s := &Service{config: config, model: newModel(doc), client: client}
	s.planner = newPlanner(s.model, &s.config)
	if err := s.checkRoles(); err != nil {
		return nil, err
	}
	s.fixed = s.model.newCatalogue(nil, config.GroupRoles, doc.Operations.ListRoles == nil)
	s.memory = newMemory(&s.config)
	s.brake = newBrake(config.Brake, config.Now)
	s.canary = &canary{config: &s.config}
	s.userType, s.groupType, s.roleType = s.model.userType(), s.model.groupType(), roleType()
	if config.Strict {
		s.userType, s.groupType = s.userType.Strict(), s.groupType.Strict()
	}
	return s, nil
}

func (c Config) withDefaults() Config {
	discard := slog.New(slog.DiscardHandler)
	c.Parallel, c.Log, c.Audit = cmp.Or(c.Parallel, 8), cmp.Or(c.Log, discard), cmp.Or(c.Audit, discard)
	c.Observer = cmp.Or(c.Observer, Observer(silent{}))
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	slept, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	<-slept.Done()
	return ctx.Err()
}

// checkRoles finds settings that name a role in two ways, as far as that shows
// without asking Suger.
func (s *Service) checkRoles() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	is := func(known spec.KnownRole, word string) bool {
		return fold(word) == fold(known.Name) || known.IDText() != "" && fold(word) == fold(known.IDText())
	}
	taken := make(map[string]string) // folded role -> group
	for _, group := range sortedKeys(s.config.GroupRoles) {
		role := s.config.GroupRoles[group]
		if group == "" || role == "" {
			problem("GATEWAY_GROUP_ROLES: a group name or role is empty")
			continue
		}
		if other, ok := taken[fold(role)]; ok {
			problem("GATEWAY_GROUP_ROLES: %q and %q both name role %q; a role has one group name", other, group, role)
		}
		taken[fold(role)] = group
		if slices.ContainsFunc(s.model.doc.Role.Known, func(k spec.KnownRole) bool { return is(k, group) && !is(k, role) }) {
			problem("GATEWAY_GROUP_ROLES: group %q has the name of another role", group)
		}
	}
	role := s.config.DefaultRole
	if slices.ContainsFunc(s.model.doc.Role.Known, func(k spec.KnownRole) bool { return k.Administrator && is(k, role) }) {
		problem("GATEWAY_DEFAULT_ROLE: %q is an administrator role; everybody without a role would get it", role)
	}
	return errors.Join(problems...)
}

// UserType describes users as this mapping holds them.
func (s *Service) UserType() *scim.ResourceType { return s.userType }

// GroupType describes groups, which are Suger's roles.
func (s *Service) GroupType() *scim.ResourceType { return s.groupType }

// RoleType describes roles as Okta's entitlement discovery reads them.
func (s *Service) RoleType() *scim.ResourceType { return s.roleType }

// Users opens the users of the caller's organization.
func (s *Service) Users(c Caller) *Users { return &Users{s.open(c)} }

// Groups opens the roles of the caller's organization as groups.
func (s *Service) Groups(c Caller) *Groups { return &Groups{s.open(c)} }

func (s *Service) open(c Caller) *suger { return &suger{Service: s, Caller: c} }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// A Caller is who makes a SCIM request. State that is kept between requests is kept apart
// by Organization and Credential.
type Caller struct {
	Organization string     // Suger organization id
	Credential   Credential // presented to Suger
	RequestID    string     // for the log and the audit record
}

// A Credential is presented to Suger. It does not print itself.
type Credential = sugerclient.Credential

// CallStats counts the calls to Suger that one request has caused.
type CallStats = sugerclient.Stats

// WithCallStats returns a context whose calls are counted in the CallStats beside it.
func WithCallStats(ctx context.Context) (context.Context, *CallStats) {
	return sugerclient.WithStats(ctx)
}

// IsNotPair reports whether err comes from a credential that is not
// client_id:client_secret, so that it cannot be exchanged for an access token.
func IsNotPair(err error) bool { return errors.Is(err, sugerclient.ErrNotPair) }

// LogText is err for the log, without Suger's own words: they may repeat a whole user.
func LogText(err error) string {
	var call *sugerclient.Error
	if errors.As(err, &call) {
		return call.Brief()
	}
	return err.Error()
}

// An Observer receives the events of a service, for metrics, from many goroutines at once.
// Arguments are from a small fixed set, without personal data or credentials.
type Observer interface {
	Drift(operation, field string) // an answer of Suger's was not as the mapping says
	Lookup(result string)          // an id lookup: "hit", "miss" or "wrong"
	List(result string)            // a list was needed: "hit" (held or shared) or "miss"
	Unconfirmed(operation string)  // Suger does not show a change
	Refused(guard string)          // a guard stopped a change
	Changed(change Change)         // a change was attempted
}

type silent struct{}

func (silent) Drift(string, string) {}
func (silent) Lookup(string)        {}
func (silent) List(string)          {}
func (silent) Unconfirmed(string)   {}
func (silent) Refused(string)       {}
func (silent) Changed(Change)       {}

// Accepted reports whether Suger is known to accept the caller's credential, or did until
// a moment ago.
func (s *Service) Accepted(c Caller) (now, lately bool) {
	return s.client.Accepted(c.Credential, c.Organization)
}

// Prove verifies, by one call whose cost does not depend on the organization's size, that
// Suger lets the caller read its users, before anything else is done for the caller.
func (s *Service) Prove(ctx context.Context, c Caller) error {
	as, list := s.open(c), s.model.doc.Operations.ListUsers
	err := s.client.Prove(ctx, c.Credential, as.request(spec.OpListUsers, list, as.ids(nil, nil), nil), PagingOf(list))
	as.driftOf(err)
	return as.asSCIM(err)
}
