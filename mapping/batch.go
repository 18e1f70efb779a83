package mapping

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// Bounds of the age of the list on which a batch plans.
const (
	batchAge = 5 * time.Second
	// If the list shows that a person is not a member: adding a member would
	// overwrite the role, and a person who has left is not checked again. Also if
	// the client names a version, or the change is refused.
	absenceAge = time.Second
)

// A Batch executes the changes of a bulk request in order and confirms them
// together: each is planned on the first list plus the batch's own writes. A
// change that creates or removes a resource with its own id, or removes an
// administrator, is confirmed at once.
type Batch struct {
	operation any       // under way
	base      *snapshot // the list that was read last
	snap      *snapshot // the same with what is pending
	pending   []*pendingChange
	failed    map[any]error
}

// A pendingChange is confirmed by the next list that the batch reads, at its end
// at the latest.
type pendingChange struct {
	*sentChange
	operation any
	suger     *suger
}

type batchKey struct{}

// WithBatch returns a context whose changes form a batch.
func WithBatch(ctx context.Context) (context.Context, *Batch) {
	b := &Batch{failed: make(map[any]error)}
	return context.WithValue(ctx, batchKey{}, b), b
}

func batchOf(ctx context.Context) *Batch {
	b, _ := ctx.Value(batchKey{}).(*Batch)
	return b
}

// Begin names the operation that the next changes belong to.
func (b *Batch) Begin(operation any) { b.operation = operation }

// Prove reads the list if something is to be proven, and returns the operations, as
// Begin named them, whose changes were found missing since it was last called.
func (b *Batch) Prove(ctx context.Context) map[any]error {
	if len(b.pending) > 0 {
		ctx, cancel := untilDeadline(ctx)
		defer cancel()
		s := b.pending[0].suger
		after, err := s.people(ctx, s.fromNow())
		if err == nil {
			b.saw(ctx, after)
		}
		for _, one := range b.pending {
			b.failed[one.operation] = s.asSCIM(s.unproven(one.sentChange, err))
		}
		b.pending = nil
	}
	failed := b.failed
	b.failed = make(map[any]error)
	return failed
}

// proveOn compares pending changes with a snapshot that began after them. Of
// several changes to one person the last counts.
func (b *Batch) proveOn(ctx context.Context, after *snapshot) {
	last := make(map[string]*personPlan)
	for _, one := range b.pending {
		for _, person := range one.plan.touched() {
			last[person.before.id] = person
		}
	}
	for _, one := range b.pending {
		s := one.suger
		shown := after
		if !after.roles.whole {
			shown = after.withRoles(one.before.roles)
		}
		differs := slices.DeleteFunc(s.planner.prove(one.before, shown, one.plan, nil), func(d difference) bool {
			return d.one != nil && last[d.one.before.id] != d.one
		})
		if err := s.proven(ctx, one.sentChange, shown, differs); err != nil {
			b.failed[one.operation] = s.asSCIM(err)
		}
	}
	b.pending = nil
}

// start returns the snapshot on which the batch plans its next change, nil if it
// needs a new one. Where a record by id proves something, the end of access begins
// with it.
func (b *Batch) start(s *suger, c change) *snapshot {
	if b == nil || b.snap == nil || c.ends && s.provesByID() {
		return nil
	}
	most := batchAge
	if c.conditional || c.single != "" && b.snap.byID(c.single) == nil {
		most = absenceAge
	}
	if s.config.Now().Sub(b.snap.done) > most {
		return nil
	}
	return b.snap
}

// mustLook reports whether what was planned on the batch's snapshot has to be
// planned on a new one: it adds somebody or is refused, and the snapshot is too old
// for that; it changes somebody of whom a change is still to be proven, after
// which nothing could show whether the first took effect; or there is nothing to do
// if what is pending has taken effect.
func (b *Batch) mustLook(s *suger, c change, p *plan, err error) bool {
	old := s.config.Now().Sub(b.snap.done) > absenceAge
	switch {
	case err != nil:
		return old || b.assumes(c, err)
	case p.empty():
		return b.assumes(c, nil)
	}
	return old && p.joining() != nil || b.hasPending(p)
}

// assumes reports whether a change that has nothing to do, or is refused, would have
// something to do if nothing that is pending had taken effect.
func (b *Batch) assumes(c change, refused error) bool {
	if len(b.pending) == 0 {
		return false
	}
	p, err := c.plan(b.base.withRoles(b.snap.roles))
	return (err == nil) != (refused == nil) || err == nil && !p.empty()
}

// saw uses a snapshot that was read for a change of the batch, after the
// pending changes.
func (b *Batch) saw(ctx context.Context, snap *snapshot) {
	switch {
	case b == nil:
	case !snap.whole:
		b.snap = nil // it may lack what the snapshot proves
	case b.snap == nil || b.snap.tick < snap.tick:
		b.proveOn(ctx, snap)
		b.base, b.snap = snap, snap
	}
}

// defers reports whether the proof of a plan can wait for the end of the batch.
func (b *Batch) defers(s *suger, snap *snapshot, p *plan) bool {
	return b != nil && p.role == nil && snap.whole && !slices.ContainsFunc(p.touched(), func(one *personPlan) bool {
		return one.kind == planJoin || s.planner.takesAdministrator(one)
	})
}

// isPending reports whether a change of a user is still to be proven.
func (b *Batch) isPending(id string) bool {
	return b != nil && slices.ContainsFunc(b.pending, func(one *pendingChange) bool { return one.plan.of(id) != nil })
}

// hasPending reports whether a plan changes somebody of whom a change is still to be
// proven, or adds somebody with their address.
func (b *Batch) hasPending(p *plan) bool {
	return b != nil && slices.ContainsFunc(p.touched(), func(next *personPlan) bool {
		return slices.ContainsFunc(b.pending, func(one *pendingChange) bool {
			return slices.ContainsFunc(one.plan.touched(), func(person *personPlan) bool {
				return person.before.id == next.before.id || next.kind == planJoin && one.suger.model.key(person.before) == one.suger.model.key(next.before)
			})
		})
	})
}

// add keeps a change whose calls were made, and returns the snapshot as it is if
// they took effect.
func (b *Batch) add(s *suger, sent *sentChange) *snapshot {
	b.pending = append(b.pending, &pendingChange{sent, b.operation, s})
	b.snap = sent.before.assume(s.model, sent.plan)
	b.snap.own = make(map[string]tick)
	maps.Copy(b.snap.own, sent.before.own)
	for _, name := range s.namesOf(sent.plan) {
		b.snap.own[name] = s.memory.lastWrite(name)
	}
	return b.snap
}

// assume returns the snapshot with the plan applied. A person who joins without
// an id gets one derived from the address.
func (s *snapshot) assume(m *model, p *plan) *snapshot {
	users := slices.Clone(s.users)
	reorder := false
	for _, one := range p.touched() {
		after := one.after(m)
		if one.kind == planJoin {
			after.id = cmp.Or(after.id, dryRunID(m.email(after)))
			users = append(users, after)
		} else if at, found := s.ids[one.before.id]; found {
			users[at] = after
		}
		reorder = reorder || one.kind != planChange || one.renames(m)
	}
	if !reorder {
		copied := *s
		copied.users, copied.rows = users, nil
		return &copied
	}
	assumed := s.next(m, slices.DeleteFunc(users, func(u *user) bool { return u == nil }), s.left)
	assumed.tick, assumed.done, assumed.roles, assumed.whole, assumed.doubted = s.tick, s.done, s.roles, s.whole, s.doubted
	return assumed
}
