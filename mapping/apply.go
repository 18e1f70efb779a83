package mapping

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

type applied struct {
	mu     sync.Mutex
	failed map[*user]error // by the person before the change; no nil errors
	role   error           // of the role's own call
	late   atomic.Bool     // an attempt that was repeated may still take effect
}

func (a *applied) fail(one *personPlan, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.failed[one.before] = err
	}
}

// apply executes a plan by the mapping's calls. A failure for one person does not stop
// the others: a repeated request does only the rest.
func (x *execution) apply(ctx context.Context) {
	role, done := x.plan.role, &applied{failed: make(map[*user]error)}
	x.suger = &suger{x.Service, x.Caller, done}
	if role != nil && role.kind != roleDeleted {
		if done.role = x.applyRole(ctx, role); done.role != nil {
			return
		}
	}
	for _, phase := range x.planner.phases(x.before, x.plan) {
		work := errgroup.Group{}
		work.SetLimit(x.config.Parallel)
		for _, one := range phase {
			work.Go(func() error {
				done.fail(one, x.applyPerson(ctx, one))
				return nil
			})
		}
		_ = work.Wait() // failures are collected, not returned
	}
	if role != nil && role.kind == roleDeleted && len(done.failed) == 0 {
		done.role = x.applyRole(ctx, role)
	}
}

// phases sorts the people of a plan into a safe order of their calls: access ends first,
// roles are removed before others are added, and access is restored last. If only new
// administrators would remain, they are added before an old one is removed.
func (p *planner) phases(s *snapshot, all *plan) [][]*personPlan {
	stays := func(u *user) bool {
		one := all.of(u.id)
		return one == nil || !p.takesAdministrator(one)
	}
	rescue := s.whole && !slices.ContainsFunc(s.administrators(), stays)
	ends, empowers := 0, 1
	if rescue {
		ends, empowers = 1, 0
	}
	phases := make([][]*personPlan, 5)
	for _, one := range all.touched() {
		at := 3
		switch {
		case one.endsAccess() && one.kind != planJoin:
			at = ends
		case rescue && anyAdministrator(one.will()) && !anyAdministrator(one.held):
			at = empowers
		case one.losesRole():
			at = 2
		case one.givesAccess():
			at = 4
		}
		phases[at] = append(phases[at], one)
	}
	return phases
}

func (x *execution) applyPerson(ctx context.Context, one *personPlan) (err error) {
	if one.kind == planJoin { // the only person of a plan
		one.added, err = x.applyJoin(ctx, one)
		return err
	}
	return x.callAll(ctx, one)
}

func (s *suger) callAll(ctx context.Context, one *personPlan) error {
	for _, call := range s.calls(one) {
		if err := s.callOn(ctx, one, call); err != nil {
			return err
		}
	}
	return nil
}

// applyJoin adds a person, in one call or two, updates the names that Suger has kept of
// somebody it knows, and returns the id in the answer.
func (x *execution) applyJoin(ctx context.Context, one *personPlan) (id string, err error) {
	ops := &x.model.doc.Operations
	answer, err := x.call(ctx, spec.OpAddUser, ops.AddUser, x.ids(nil, nil), x.newValues(one))
	if err != nil {
		return "", err
	}
	if ops.AddMember != nil {
		id, ok := x.model.idIn(answer)
		if !ok {
			return "", x.unreadable(spec.OpAddUser, misfit(x.model.doc.User.ID.String(), "an answer without the new user's %s", x.model.doc.User.ID))
		}
		if err := x.stranger(ctx, one, answer, id); err != nil {
			return "", err
		}
		named := ids{"organization": x.Organization, "user": id}
		answer, err = x.call(ctx, spec.OpAddMember, ops.AddMember, named, x.newValues(one))
		if isGone(err) {
			x.config.Observer.Unconfirmed(spec.OpAddUser)
			return "", scim.Wrap(err, scim.CodeWriteUnconfirmed,
				"Suger answered %q, but then does not know the new user in %q, so the person is not a member. Retry in Okta; if the error remains, run the check command.", spec.OpAddUser, spec.OpAddMember)
		}
		if err != nil {
			return "", err
		}
	}
	added, err := x.model.readUser(answer, x.Organization)
	if err != nil || !x.mayBe(one, answer) {
		return "", nil // the list shows the added person
	}
	x.drift(spec.OpAddUser, added.drift...)
	return added.id, x.callAll(ctx, x.restOfJoin(x.before, added, one, x.model.endOfAccess() == spec.ByRemoval))
}

// mayBe reports whether an answer shows neither another address nor another id.
func (s *suger) mayBe(one *personPlan, answer any) bool {
	id, hasID := s.model.idIn(answer)
	if text, _ := spec.Text(id); hasID && one.before.id != "" && text != one.before.id {
		return false
	}
	email, err := fieldText(answer, s.model.attributes[s.model.userName].Field)
	return err == nil && (email == "" || foldEmail(email) == foldEmail(one.values[s.model.userName]))
}

// stranger returns an error if the first of two calls that add a person answered with
// another person's id, whom the second call would make a member.
func (x *execution) stranger(ctx context.Context, one *personPlan, answer, id any) error {
	text, _ := spec.Text(id)
	record := answer
	if email, _ := fieldText(answer, x.model.attributes[x.model.userName].Field); email == "" && one.before.id == "" {
		known, offered, err := x.global(ctx, text)
		if err != nil {
			return err
		}
		if offered && known != nil {
			record = known
		}
	}
	if !x.mayBe(one, answer) || !x.mayBe(one, record) || x.before.byID(text) != nil {
		return x.unreadable(spec.OpAddUser, misfit(x.model.doc.User.ID.String(), "the %s of somebody else", x.model.doc.User.ID))
	}
	return nil
}

// finishJoin makes the calls for what an added person does not have yet by the list: the
// answer to the call that added them can be lost. It reports whether there were any.
func (x *execution) finishJoin(ctx context.Context) bool {
	one := x.plan.joining()
	if one == nil || x.done.refuses(one) {
		return false
	}
	is := x.planner.joined(x.after, one)
	if is == nil || one.added != "" && is.id != one.added { // somebody else with the address
		return false
	}
	rest := x.restOfJoin(x.after, is, one, false)
	if rest.empty() {
		return false
	}
	x.done.fail(one, x.applyPerson(ctx, rest))
	return true
}

// restOfJoin returns what somebody who was added does not have yet of the plan. The role
// that Suger kept is replaced where this change gives access, so that nobody who was a
// member meanwhile is demoted.
func (s *suger) restOfJoin(snap *snapshot, is *user, one *personPlan, joined bool) *personPlan {
	rest := &personPlan{kind: planChange, before: is, values: make(map[int]string), held: one.roles}
	for i, value := range one.values {
		if i != s.model.userName && is.values[i] != value && spec.BodySends(s.model.doc.Operations.UpdateUser, s.model.attributes[i].name) {
			rest.values[i] = value
		}
	}
	s.model.dropSameName(rest.values, is, one.after(s.model))
	if wanted := one.active == nil || *one.active; is.access.active != wanted {
		rest.active, joined = &wanted, joined || wanted
	}
	if joined && len(is.roles) > 0 && !refersTo(is.roles, one.roles) {
		rest.roles, rest.held = one.roles, snap.roles.of(is)
	}
	return rest
}

type userCall struct {
	name string
	role *role // the role it is about, or nil
	with spec.Values
}

// calls returns the calls that change or remove a member, in order.
func (s *suger) calls(one *personPlan) []userCall {
	if one.kind == planLeave {
		return []userCall{{name: spec.OpRemoveUser, with: s.values(one.before, nil)}}
	}
	var calls []userCall
	if one.endsAccess() && s.model.endOfAccess() == spec.ByDeactivate {
		calls = append(calls, userCall{name: spec.OpDeactivateUser, with: s.values(one.before, nil)})
	}
	comes := one.givesAccess()
	if comes {
		calls = append(calls, s.roleCalls(one.before, one)...) // before the update can give access
	}
	if with := s.updateValues(one); len(with) > 0 {
		calls = append(calls, userCall{name: spec.OpUpdateUser, with: with})
	}
	after := one.after(s.model) // has these attributes from now on
	if !comes {
		calls = append(calls, s.roleCalls(after, one)...)
	}
	if comes && !s.model.writesStatus() && s.model.doc.Operations.ActivateUser != nil {
		calls = append(calls, userCall{name: spec.OpActivateUser, with: s.values(after, nil)})
	}
	return calls
}

func (s *suger) roleCalls(u *user, one *personPlan) []userCall {
	if one.roles == nil || s.model.writesRole() {
		return nil
	}
	about := func(name string, r *role) userCall { return userCall{name, r, s.values(u, []*role{r})} }
	if s.model.doc.Operations.SetRole != nil {
		return []userCall{about(spec.OpSetRole, one.roles[0])}
	}
	var calls []userCall
	for _, r := range one.held { // roles are removed before others are added
		if !holds(one.roles, r) {
			calls = append(calls, about(spec.OpRevokeRole, r))
		}
	}
	for _, r := range one.roles {
		if !holds(one.held, r) {
			calls = append(calls, about(spec.OpGrantRole, r))
		}
	}
	return calls
}

// callOn makes one call on a user. Where an update sends the whole object, that is read
// and the values are laid over it, so that nothing is lost that the mapping does not know.
// It must be the user before or after the plan, or the write would undo what has changed.
func (s *suger) callOn(ctx context.Context, one *personPlan, call userCall) error {
	named, op := s.ids(one.before, call.role), s.model.doc.Operations.Named(call.name)
	request := s.request(call.name, op, named, call.with)
	if get := s.model.doc.Operations.GetUser; get != nil && op.Sends == spec.SendsWholeObject {
		object, err := s.call(ctx, spec.OpGetUser, get, named, nil)
		if err != nil {
			return err
		}
		if !s.isAsPlanned(object, one) {
			return scim.NewError(scim.CodeSugerUnavailable, "Suger's record of this user has changed since it was read, so nothing was written. Retry.")
		}
		request.Body = spec.Overlay(object, request.Body)
	}
	_, err := s.send(ctx, op, request)
	return err
}

// isAsPlanned reports whether a record agrees with the user before or after a plan.
func (s *suger) isAsPlanned(record any, one *personPlan) bool {
	is, err := s.model.readUser(record, s.Organization)
	before, after := one.before, one.after(s.model)
	if err != nil || is.id != before.id || after == nil {
		return false
	}
	for i := range is.values {
		if is.values[i] != before.values[i] && is.values[i] != after.values[i] {
			return false
		}
	}
	if is.access.active != before.access.active && is.access.active != after.access.active {
		return false
	}
	_, shown := s.model.doc.User.Roles.Field.In(record)
	return !shown || refersTo(is.roles, one.held) || refersTo(is.roles, one.will())
}

// updateValues returns the values that the update operation sends for a plan, none if no
// update is needed, and all where it sends the whole object and no call reads that.
func (s *suger) updateValues(one *personPlan) spec.Values {
	m, all, with := s.model, s.values(one.after(s.model), one.will()), make(spec.Values)
	send := func(names ...string) {
		for _, name := range names {
			if value, given := all[name]; given {
				with[name] = value
			}
		}
	}
	for i := range one.values {
		if send(m.attributes[i].name); i == m.given || i == m.family {
			send(m.derivedNames()...)
		}
	}
	if one.roles != nil && m.writesRole() {
		send(spec.RolePlaceholder, spec.RoleNamePlaceholder, spec.RolesPlaceholder, spec.RoleNamesPlaceholder)
	}
	switch {
	case !m.writesStatus():
	case one.active != nil:
		all["status"] = m.statusValue(*one.active, s.now())
		if *one.active || m.endOfAccess() == spec.BySetStatus {
			send("status")
		}
	case one.before.access.word != "":
		all["status"] = one.before.access.raw
	}
	if len(with) > 0 && m.doc.Operations.UpdateUser.Sends == spec.SendsWholeObject && !s.provesByID() {
		return all
	}
	return with
}

func (s *suger) newValues(one *personPlan) spec.Values {
	with := s.values(one.after(s.model), one.roles)
	maps.DeleteFunc(with, func(_ string, value any) bool { return value == "" })
	if s.model.status != nil && len(s.model.status.Active) > 0 {
		with["status"] = s.model.statusValue(true, s.now())
	}
	return with
}

// values returns the values of a user who holds roles, without the status.
func (s *suger) values(u *user, roles []*role) spec.Values {
	with := make(spec.Values)
	for i, a := range s.model.attributes {
		with[a.name] = u.values[i]
	}
	for _, name := range s.model.derivedNames() {
		with[name] = s.model.formatted(u)
	}
	ids, names := make([]any, len(roles)), make([]any, len(roles))
	for i, r := range roles {
		ids[i], names[i] = r.raw, r.name
	}
	with[spec.RolesPlaceholder], with[spec.RoleNamesPlaceholder] = ids, names
	if len(roles) > 0 {
		with[spec.RolePlaceholder], with[spec.RoleNamePlaceholder] = ids[0], names[0]
	}
	return with
}

// derivedNames returns the names for which Suger has no field.
func (m *model) derivedNames() []string {
	return slices.DeleteFunc(slices.Clone(fullNames), m.holds)
}

// applyRole makes the call that creates, renames or deletes a role. A new role is read
// from a list into the plan, because members get it by its id.
func (x *execution) applyRole(ctx context.Context, change *rolePlan) error {
	ops, template := &x.model.doc.Operations, &x.model.doc.Role.Template
	call := func(name string, op *spec.Operation, r *role, with spec.Values) error {
		_, err := x.call(ctx, name, op, x.ids(nil, r), with)
		x.noteWrite(ctx, x.rolesName())
		return err
	}
	switch change.kind {
	case roleDeleted:
		return call(spec.OpRemoveRole, ops.RemoveRole, change.role, nil)
	case roleRenamed:
		with := spec.Values{"displayName": change.name, "description": change.role.description}
		if change.role.permissions != nil {
			with["permissions"] = change.role.permissions
		}
		return call(spec.OpUpdateRole, ops.UpdateRole, change.role, with)
	}
	err := call(spec.OpAddRole, ops.AddRole, nil, spec.Values{
		"displayName": change.name, "description": template.Description, "permissions": append([]any{}, template.Permissions...),
	})
	roles, listErr := x.roles(ctx, x.fromNow())
	if listErr != nil {
		return cmp.Or(err, listErr)
	}
	made, ambiguous := roles.named(change.name)
	switch {
	case ambiguous != nil:
		return ambiguous
	case made == nil:
		return cmp.Or(err, x.unconfirmed(spec.OpAddRole, "the new role"))
	}
	*change.role = *made
	return nil
}
