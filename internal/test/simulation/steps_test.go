package simulation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/sandbox"
)

// A plan is a whole story before it is told: the company and what happens in it.
type plan struct {
	seed           uint64
	contract       string
	people         int
	administrators int
	replicas       int
	apps           int
	steps          []step
}

// A step is one thing that happens. It stands for itself, so that a story is
// still one if steps are taken out.
type step struct {
	at   time.Duration
	act  string
	who  int
	app  int
	role string
	with int
}

func (s step) String() string {
	return fmt.Sprintf("%12s  %s person%d app%d %s %d", s.at, s.act, s.who, s.app, s.role, s.with)
}

// An act is a kind of step.
type act struct {
	name   string
	weight int
	do     func(w *world, s step)
}

var acts = []act{
	{"hire", 10, func(w *world, s step) { w.job(s, func(a *app, p *assignment) { p.wanted = true; a.assign(s.who) }) }},
	{"leave", 10, func(w *world, s step) { w.job(s, func(a *app, p *assignment) { p.wanted = false; a.unassign(s.who) }) }},
	{"move", 16, func(w *world, s step) {
		w.job(s, func(a *app, p *assignment) {
			p.role = s.role
			if p.assigned {
				a.update(s.who, p, true)
			}
		})
	}},
	{"console adds", 4, func(w *world, s step) { w.console(s, func(u *sandbox.User) { u.Role = w.roleID(s.role) }) }},
	{"console removes", 3, func(w *world, s step) { w.consoleRemoves(s) }},
	{"console changes role", 6, func(w *world, s step) {
		w.console(s, func(u *sandbox.User) {
			if u.ID != "" {
				u.Role = w.roleID(s.role)
			}
		})
	}},
	{"console renames", 2, func(w *world, s step) {
		w.console(s, func(u *sandbox.User) {
			if u.ID != "" {
				u.FirstName = fmt.Sprintf("Renamed%d", s.with)
			}
		})
	}},
}

func actNamed(name string) act {
	i := slices.IndexFunc(acts, func(a act) bool { return a.name == name })
	return acts[i]
}

// job does something about one person in one app, after what Okta is at already.
func (w *world) job(s step, do func(a *app, p *assignment)) {
	a := w.apps[s.app%len(w.apps)]
	p := a.person(s.who)
	p.job.take()
	defer p.job.release()
	do(a, p)
}

// console is what an administrator does in Suger's console. Without an id, the
// person is no member.
func (w *world) console(s step, edit func(u *sandbox.User)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, known := w.box.UserByEmail(emailOf(s.who))
	if !known {
		u = sandbox.User{Email: emailOf(s.who), FirstName: "From", LastName: "Console"}
	}
	edit(&u)
	if u.Role == "" {
		return
	}
	w.box.PutUser(u)
	w.consoled(s)
}

func (w *world) consoleRemoves(s step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u, known := w.box.UserByEmail(emailOf(s.who)); known {
		w.box.RemoveUser(u.ID)
		w.consoled(s)
	}
}

func (w *world) consoled(s step) {
	w.disturb()
	for _, c := range w.ledger.look(w.box, time.Now(), nil) {
		w.logf("console %s: %s", s.act, c)
	}
}

// roleNames are the roles that people are given, the weaker ones more often.
var roleNames = strings.Split("VIEWER,VIEWER,EDITOR,EDITOR,Finance,Deal desk,ADMIN", ",")

// A shape says what kind of story a seed makes.
type shape struct {
	name     string
	people   [2]int
	steps    int
	replicas int // at most
	apps     int // at most
	faults   bool
}

var shapes = []shape{
	{name: "small", people: [2]int{20, 10}, steps: 60, replicas: 1, apps: 1},
}

// newPlan is the story that a seed makes.
func newPlan(seed uint64, sh shape) plan {
	r := rand.New(rand.NewPCG(seed, 17))
	p := plan{
		seed: seed, people: sh.people[0] + r.IntN(sh.people[1]), administrators: 1 + r.IntN(3),
		replicas: 1 + r.IntN(sh.replicas), apps: 1 + r.IntN(sh.apps), contract: "membership",
	}
	total := 0
	for _, a := range acts {
		total += a.weight
	}
	at := time.Minute
	for range sh.steps {
		at += gap(r)
		x := r.IntN(total)
		i := 0
		for ; x >= acts[i].weight; i++ {
			x -= acts[i].weight
		}
		p.steps = append(p.steps, step{
			at: at, act: acts[i].name, who: r.IntN(p.people + p.people/3), app: r.IntN(p.apps),
			role: roleNames[r.IntN(len(roleNames))], with: r.IntN(1000),
		})
	}
	return p
}

// gap is the time between two steps: mostly they come close together.
func gap(r *rand.Rand) time.Duration {
	longest := 100 * time.Millisecond
	switch x := r.Float64(); {
	case x < 0.1:
		longest = time.Hour
	case x < 0.4:
		longest = 30 * time.Second
	case x < 0.7:
		longest = 2 * time.Second
	}
	return time.Duration(r.Int64N(int64(longest)))
}
