package mapping

import (
	"context"
	"time"

	"suger-scim-gateway/sugerclient"
)

// A Probe makes single calls of the mapping's operations, for the check, without cache,
// guard or audit record.
type Probe struct{ *suger }

// Probe opens the caller's organization for a check.
func (s *Service) Probe(c Caller) *Probe { return &Probe{s.open(c)} }

// Call returns the call of an operation without a body, if the mapping has it. user is the
// id as Suger writes it, nil for none.
func (p *Probe) Call(operation string, user any) (call sugerclient.Call, ok bool) {
	op := p.model.doc.Operations.Named(operation)
	if op == nil {
		return sugerclient.Call{}, false
	}
	named := p.ids(nil, nil)
	if user != nil {
		named["user"] = user
	}
	return p.request(operation, op, named, nil), true
}

// Paging returns how an operation's list is read.
func (p *Probe) Paging(operation string) sugerclient.Paging {
	if op := p.model.doc.Operations.Named(operation); op != nil {
		return PagingOf(op)
	}
	return sugerclient.Paging{}
}

// Do makes one call.
func (p *Probe) Do(ctx context.Context, call sugerclient.Call) (*sugerclient.Answer, error) {
	return p.client.Do(ctx, p.Credential, call)
}

// Find looks a user up as the gateway does by "find user". decided is false if
// the gateway would go on to the list.
func (p *Probe) Find(ctx context.Context, address string) (id string, decided bool, err error) {
	found, decided, err := p.find(ctx, address)
	if found != nil {
		id = found.id
	}
	return id, decided, err
}

// Rows reads a list to its end.
func (p *Probe) Rows(ctx context.Context, call sugerclient.Call, paging sugerclient.Paging, rows sugerclient.Rows) (sugerclient.ListReport, error) {
	return p.client.List(ctx, p.Credential, call, paging, sugerclient.ListHint{}, rows)
}

// A Record is a Suger user as the gateway reads it.
type Record struct {
	ID       string
	RawID    any // as Suger writes it, a string or a json.Number
	UserName string
	Values   map[string]string // of the mapping's attributes, by name
	Status   string            // Suger's status, "" if there is none
	Active   bool              // has access
	Pending  bool              // invited, never signed in
	Unknown  bool              // the mapping does not say what the status means
	Roles    []RoleName
	Created  time.Time // zero if Suger does not say
}

// A RoleName is how a record names a role: by id, by name or by both.
type RoleName struct{ ID, Name string }

// ReadUser reads a decoded user. The error is a *[RecordError].
func (p *Probe) ReadUser(record any) (*Record, error) {
	u, err := p.model.readUser(record, p.Organization)
	if err != nil {
		return nil, err
	}
	r := &Record{
		ID: u.id, RawID: u.rawID(), UserName: p.model.email(u), Values: make(map[string]string), Status: u.access.word,
		Active: u.access.active, Pending: u.access.pending, Unknown: u.access.unknown,
	}
	r.Created, _ = time.Parse(time.RFC3339, u.created)
	for i, a := range p.model.attributes {
		r.Values[a.name] = u.values[i]
	}
	for _, ref := range u.roles {
		r.Roles = append(r.Roles, RoleName{ID: ref.id, Name: ref.name})
	}
	return r, nil
}

// ReadRole reads a decoded role. The error is a *[RecordError].
func (p *Probe) ReadRole(record any) (RoleName, error) {
	r, err := p.model.readRole(record)
	if err != nil {
		return RoleName{}, err
	}
	return RoleName{ID: r.id, Name: r.name}, nil
}

// An Exchange is one call of an operation on a user or role, and the result of
// it, for the check.
type Exchange struct {
	Call   sugerclient.Call
	Answer *sugerclient.Answer // nil if the call failed
	Err    error               // nil if it did not
}

type exchangeKey struct{}

// WithExchanges returns a context whose finished calls are passed to see, except those
// that read a list. An error of see ends the change before its next call. see is called
// by the goroutine that makes the call.
func WithExchanges(ctx context.Context, see func(Exchange) error) context.Context {
	return context.WithValue(ctx, exchangeKey{}, see)
}

// observe passes e to the context's observer, if there is one.
func observe(ctx context.Context, e Exchange) error {
	if see, ok := ctx.Value(exchangeKey{}).(func(Exchange) error); ok {
		return see(e)
	}
	return nil
}
