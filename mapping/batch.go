package mapping

import (
	"cmp"
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"
)

// Bounds of the age of the list on which a batch plans.
const (
	batchAge = 5 * time.Second
	// If a change adds somebody, which would overwrite the role of a member, takes an
	// administrator, finds nothing to do or is refused, or if the client names a version.
	absenceAge = time.Second
)

// A Batch executes the changes of a bulk request in order and confirms them together: each
// is planned on the first list plus the batch's own writes. A change that adds a person,
// changes a role or removes an administrator is confirmed at once.
type Batch struct {
	operation any          // under way
	base      *snapshot    // the list that was read last
	snap      *snapshot    // the same with what is pending
	pending   []*execution // to be confirmed by the next list, at the end of the batch at the latest
	failed    map[any]error
	own       atomic.Int64 // writes made for the batch
	others    int64        // writes made for other requests that base shows; no such number if it may lack one
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

// Prove reads the list if something is to be proven, and returns the errors of the
// operations whose changes were found missing since it was last called.
func (b *Batch) Prove(ctx context.Context) map[any]error {
	if b.hasPending() {
		ctx, cancel := untilDeadline(ctx)
		defer cancel()
		s := b.pending[0].suger
		after, err := s.people(ctx, s.fromNow())
		if err == nil {
			b.saw(ctx, s, after)
		}
		for _, one := range b.pending {
			b.failed[one.operation] = s.asSCIM(one.unproven(err))
		}
		b.pending = nil
	}
	failed := b.failed
	b.failed = make(map[any]error)
	return failed
}

func (b *Batch) hasPending() bool { return b != nil && len(b.pending) > 0 }

func (b *Batch) touched() (people []*personPlan) {
	for _, one := range b.pending {
		people = append(people, one.plan.touched()...)
	}
	return people
}

// start returns the snapshot on which the batch plans its next change, nil if it needs a
// new one. Where a record by id proves something, the end of access begins with it.
func (b *Batch) start(x *execution) *snapshot {
	if b == nil || b.snap == nil || x.change.ends && x.provesByID() || x.config.Now().Sub(b.snap.done) > batchAge || b.outdated(x.suger) {
		return nil
	}
	return b.snap
}

// writesOfOthers counts the writes to the organization for other requests.
func (b *Batch) writesOfOthers(s *suger) int64 {
	return s.memory.count(s.Organization).Load() - b.own.Load()
}

// outdated reports whether another request has written since the list was read.
func (b *Batch) outdated(s *suger) bool { return b.others != b.writesOfOthers(s) }

// noteWrite notes a write, also for the batch that it belongs to.
func (s *suger) noteWrite(ctx context.Context, names ...string) {
	s.memory.wrote(s.Organization, names...)
	if b := batchOf(ctx); b != nil {
		b.own.Add(1)
	}
}

// mustLook reports whether a change has to be planned again on a new snapshot: the batch's
// is too old, or there would be another plan if what is pending had not taken effect, or
// nothing could show afterwards whether it had.
func (b *Batch) mustLook(x *execution, err error) bool {
	old := x.config.Now().Sub(b.snap.done) > absenceAge
	switch {
	case err != nil || x.plan.empty():
		if old || !b.hasPending() {
			return old
		}
		p, refused := x.change.plan(b.base.withRoles(b.snap.roles)) // without what is pending
		return (err == nil) != (refused == nil) || refused == nil && !p.empty()
	case old && (x.plan.joining() != nil || x.change.conditional):
		return true
	case old || b.hasPending():
		if slices.ContainsFunc(x.plan.touched(), x.planner.takesAdministrator) { // somebody may have taken another one meanwhile
			return true
		}
	}
	return slices.ContainsFunc(b.touched(), func(person *personPlan) bool {
		return slices.ContainsFunc(x.plan.touched(), func(next *personPlan) bool {
			same := next.kind == planJoin && x.model.key(person.before) == x.model.key(next.before)
			return same || person.before.id == next.before.id
		})
	})
}

// saw proves the pending changes by a snapshot that was read after them. Of several changes
// to one person the last counts.
func (b *Batch) saw(ctx context.Context, s *suger, snap *snapshot) {
	switch {
	case b == nil:
		return
	case !snap.whole:
		b.snap = nil // it may lack what the snapshot proves
		return
	case b.snap != nil && b.snap.tick >= snap.tick:
		return
	}
	last := make(map[string]*personPlan)
	for _, person := range b.touched() {
		last[person.before.id] = person
	}
	for _, one := range b.pending {
		one.after = snap
		if !snap.roles.whole {
			one.after = snap.withRoles(one.before.roles)
		}
		differs := slices.DeleteFunc(one.planner.prove(one.before, one.after, one.plan), func(d difference) bool {
			return d.one != nil && last[d.one.before.id] != d.one
		})
		if err := one.proven(ctx, differs); err != nil {
			b.failed[one.operation] = one.asSCIM(err)
		}
	}
	b.base, b.snap, b.pending = snap, snap, nil
	if b.others = b.writesOfOthers(s); s.memory.lastWrite(organizationName(s.Organization)) > snap.tick {
		b.others = math.MinInt64
	}
}

// defers reports whether the proof of a change can wait for the end of the batch.
func (b *Batch) defers(x *execution) bool {
	byID := x.change.ends && x.provesByID() // confirmed by the record, too
	return b != nil && !byID && x.plan.role == nil && x.before.whole && !slices.ContainsFunc(x.plan.touched(), func(one *personPlan) bool {
		return one.kind == planJoin || x.planner.takesAdministrator(one)
	})
}

// add keeps a change whose calls were made, and assumes that they took effect.
func (b *Batch) add(x *execution) {
	x.operation, x.sent = b.operation, true
	if b.snap == nil {
		b.base = x.before
	}
	b.pending = append(b.pending, x)
	b.snap = x.before.assume(x.model, x.plan)
	b.snap.assumed = true
	x.after = b.snap
}

func (s *snapshot) with(is *user) *snapshot {
	at, found := s.ids[is.id]
	if !found {
		return s
	}
	copied := *s
	copied.users = slices.Clone(s.users)
	copied.users[at] = is
	return &copied
}

// assume returns the snapshot with the plan applied.
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
		copied.users = users
		return &copied
	}
	assumed := s.next(m, slices.DeleteFunc(users, func(u *user) bool { return u == nil }), s.left)
	assumed.tick, assumed.done, assumed.roles, assumed.whole, assumed.doubted = s.tick, s.done, s.roles, s.whole, s.doubted
	return assumed
}
