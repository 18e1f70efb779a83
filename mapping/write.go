package mapping

import (
	"context"
	"errors"
	"fmt"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// write carries a plan out and returns the user as Suger shows it afterwards.
// Access is ended before anything else and given back after everything else, so
// that whatever fails, a leaver does not keep it and a joiner does not have it
// with the wrong role. It is an error if Suger does not show the change.
func (s *suger) write(ctx context.Context, u *user, p *plan) (*user, error) {
	ends := s.model.endOfAccess(u, p)
	if ends == spec.ByRemoval {
		return s.removeAndConfirm(ctx, u)
	}
	defer s.memory.ledger.note(s.lockName(u.id))
	var answer any
	written := false
	for _, call := range s.calls(u, p, ends) {
		record, err := s.callOn(ctx, u, call)
		if err != nil {
			if written || uncertain(err) {
				s.shelf().users.forget(0) // some of it may have happened
			}
			return nil, err
		}
		written, answer = true, record
	}
	return s.confirm(ctx, u, p, answer)
}

// callOn makes one call on a user. An update that sends the whole object reads it
// afresh and lays the changes over it, so that nothing is lost that the mapping
// does not know.
func (s *suger) callOn(ctx context.Context, u *user, call userCall) (any, error) {
	named := s.ids(u, call.role)
	request := s.request(call.name, call.op, named, call.with)
	if call.op.Sends == spec.SendsWholeObject {
		object, err := s.call(ctx, spec.OpGetUser, s.model.doc.Operations.GetUser, named, nil)
		if err != nil {
			return nil, err
		}
		if object == nil {
			return nil, s.unreadable(spec.OpGetUser, misfit("", "an answer without a user"))
		}
		request.Body = spec.Overlay(object, request.Body)
	}
	return s.send(ctx, call.op, request)
}

// uncertain reports whether a failed call may have taken effect.
func uncertain(err error) bool {
	var call *sugerclient.Error
	return errors.As(err, &call) && call.Uncertain
}

// A userCall is one call on a user.
type userCall struct {
	name string
	op   *spec.Operation
	role *role // whom it is about besides the user; may be nil
	with spec.Values
}

// calls are the calls that a plan needs, in order.
func (s *suger) calls(u *user, p *plan, ends spec.Strategy) []userCall {
	ops := &s.model.doc.Operations
	var calls []userCall
	if ends == spec.ByDeactivate {
		calls = append(calls, userCall{name: spec.OpDeactivateUser, op: ops.DeactivateUser, with: s.present(u)})
	}
	comes := p.active != nil && *p.active
	if comes {
		calls = append(calls, s.roleCalls(u, p)...) // before the update can give access
	}
	if with := s.updateValues(u, p, ends); len(with) > 0 {
		if ops.UpdateUser.Sends == spec.SendsEverything {
			with = s.allValues(u, p)
		}
		calls = append(calls, userCall{name: spec.OpUpdateUser, op: ops.UpdateUser, with: with})
	}
	u = s.model.applied(u, p) // its attributes are these from now on
	if !comes {
		calls = append(calls, s.roleCalls(u, p)...)
	}
	if comes && !s.model.doc.WritesStatus() && ops.ActivateUser != nil {
		calls = append(calls, userCall{name: spec.OpActivateUser, op: ops.ActivateUser, with: s.present(u)})
	}
	return calls
}

// roleCalls are the calls that change roles, where the update does not.
func (s *suger) roleCalls(u *user, p *plan) []userCall {
	ops := &s.model.doc.Operations
	if p.roles == nil || s.model.doc.WritesRole() {
		return nil
	}
	about := func(name string, op *spec.Operation, r *role) userCall {
		with := s.present(u)
		addRoles(with, []*role{r})
		return userCall{name: name, op: op, role: r, with: with}
	}
	if ops.SetRole != nil {
		return []userCall{about(spec.OpSetRole, ops.SetRole, p.roles[0])}
	}
	var calls []userCall
	for _, r := range p.before { // power goes before power comes
		if !holds(p.roles, r) {
			calls = append(calls, about(spec.OpRevokeRole, ops.RevokeRole, r))
		}
	}
	for _, r := range p.roles {
		if !holds(p.before, r) {
			calls = append(calls, about(spec.OpGrantRole, ops.GrantRole, r))
		}
	}
	return calls
}

// updateValues are the values that the update operation sends for a plan,
// nothing if it is not needed.
func (s *suger) updateValues(u *user, p *plan, ends spec.Strategy) spec.Values {
	with := make(spec.Values)
	after := s.model.applied(u, p)
	for i := range p.values {
		a := s.model.attributes[i]
		with[a.name] = after.values[i]
		if a.name == "name.givenName" || a.name == "name.familyName" {
			s.addFullName(with, after)
		}
	}
	if p.roles != nil && s.model.doc.WritesRole() {
		addRoles(with, p.roles)
	}
	if p.active != nil && s.model.doc.WritesStatus() && (*p.active || ends == spec.BySetStatus) {
		with["status"] = s.model.statusValue(*p.active, s.now())
	}
	return with
}

// allValues are all values of a user as a plan leaves them, for an operation
// that sends everything.
func (s *suger) allValues(u *user, p *plan) spec.Values {
	with := s.present(s.model.applied(u, p))
	roles := p.roles
	if roles == nil {
		roles = p.before
	}
	addRoles(with, roles)
	switch {
	case !s.model.doc.WritesStatus():
	case p.active != nil:
		with["status"] = s.model.statusValue(*p.active, s.now())
	case u.standing.word != "":
		with["status"] = u.standing.raw
	}
	return with
}

// present are the attributes that a user has.
func (s *suger) present(u *user) spec.Values {
	with := make(spec.Values)
	for i, a := range s.model.attributes {
		with[a.name] = u.values[i]
	}
	s.addFullName(with, u)
	return with
}

// addFullName adds the names that are made of others, unless Suger has them.
func (s *suger) addFullName(with spec.Values, u *user) {
	for _, name := range []string{"name.formatted", "displayName"} {
		if !s.model.holds(name) {
			with[name] = s.model.formatted(u)
		}
	}
}

// addRoles adds the placeholders that stand for roles.
func addRoles(with spec.Values, roles []*role) {
	ids, names := make([]any, len(roles)), make([]any, len(roles))
	for i, r := range roles {
		ids[i], names[i] = r.raw, r.name
	}
	with[spec.RolesPlaceholder], with[spec.RoleNamesPlaceholder] = ids, names
	if len(roles) > 0 {
		with[spec.RolePlaceholder], with[spec.RoleNamePlaceholder] = ids[0], names[0]
	}
}

// confirm checks that Suger shows what was asked for: in the answer to the
// write, or else in a read. The end of access is always read back.
func (s *suger) confirm(ctx context.Context, u *user, p *plan, answer any) (*user, error) {
	if answer != nil && !p.deactivates() {
		// An answer that is no user, such as that of a role operation, is no drift.
		after, drift, err := s.model.readUser(answer, s.Organization)
		if err == nil && after.id == u.id && s.differs(after, u, p) == "" {
			s.drift(spec.OpUpdateUser, drift)
			s.wrote(after)
			return after, nil
		}
	}
	after, err := s.fetchUserNow(ctx, u.id)
	if err != nil {
		s.shelf().users.forget(0)
		return nil, err
	}
	s.wrote(after)
	if field := s.differs(after, u, p); field != "" {
		return nil, s.unconfirmed(spec.OpUpdateUser, field)
	}
	return after, nil
}

// fetchUserNow reads a user as it is after a write.
func (s *suger) fetchUserNow(ctx context.Context, id string) (*user, error) {
	if s.model.doc.Operations.GetUser != nil {
		return s.fetchUser(ctx, id)
	}
	users, err := s.usersNow(ctx)
	if err != nil {
		return nil, err
	}
	if u := users.byID(id); u != nil {
		return u, nil
	}
	return nil, scim.NotFound("user", id)
}

// differs names what about a user is not as the plan wanted, or is "".
func (s *suger) differs(after, before *user, p *plan) string {
	wanted := s.model.applied(before, p)
	for i := range p.values {
		a := s.model.attributes[i]
		same := after.values[i] == wanted.values[i]
		if i == s.model.userName {
			same = fold(after.values[i]) == fold(wanted.values[i])
		}
		if a.part != spec.WholeField {
			same = s.model.formatted(after) == s.model.formatted(wanted)
		}
		if !same {
			return a.name
		}
	}
	if p.active != nil && after.standing.active != *p.active {
		return "active"
	}
	if p.roles != nil && !refersTo(after.roles, p.roles) {
		return "role"
	}
	return ""
}

// refersTo reports whether a user's record names exactly these roles.
func refersTo(refs []roleRef, roles []*role) bool {
	if len(refs) != len(roles) {
		return false
	}
	for _, r := range roles {
		found := false
		for _, ref := range refs {
			found = found || ref.id == r.id || (ref.id == "" && fold(ref.name) == fold(r.name))
		}
		if !found {
			return false
		}
	}
	return true
}

// unconfirmed is the error for a change that Suger does not show.
func (s *suger) unconfirmed(operation, field string) error {
	s.config.Observer.Unconfirmed(operation)
	return scim.Wrap(fmt.Errorf("after %q, %s is not as asked", operation, field), scim.CodeWriteUnconfirmed,
		"Suger answered the change, but does not show it: %s is not as asked. Look at the user in Suger's console, then retry in Okta.", field)
}

// removeAndConfirm takes a user out of the organization and makes sure that the
// user is gone.
func (s *suger) removeAndConfirm(ctx context.Context, u *user) (*user, error) {
	defer s.memory.ledger.note(s.lockName(u.id))
	op := s.model.doc.Operations.RemoveUser
	_, err := s.call(ctx, spec.OpRemoveUser, op, s.ids(u, nil), s.present(u))
	if err != nil && !isGone(err) {
		s.shelf().users.forget(0)
		return nil, err
	}
	after, err := s.fetchUserNow(ctx, u.id)
	switch {
	case isNotFound(err):
		s.removed(u)
		left := *u
		left.standing = standing{}
		return &left, nil
	case err != nil:
		s.shelf().users.forget(0)
		return nil, err
	}
	s.wrote(after)
	if after.standing.active {
		return nil, s.unconfirmed(spec.OpRemoveUser, "active")
	}
	return after, nil
}

// isGone reports whether Suger answered that there is no such thing.
func isGone(err error) bool {
	var call *sugerclient.Error
	return errors.As(err, &call) && call.Kind == sugerclient.Refused && call.Status == 404
}
