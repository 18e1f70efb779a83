package simulation

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/internal/test/sandbox"
)

// A plan is a whole scenario before it runs: the company and its steps.
type plan struct {
	seed           uint64
	contract       string
	people         int
	administrators int
	replicas       int
	apps           int
	steps          []step
}

// A step is one event. Steps are independent, so that a scenario remains valid if some
// are removed.
type step struct {
	at   time.Duration
	act  string
	who  int
	app  int
	role string
	with int
}

// String returns the step as a line of a scenario: time, act, person, app, role
// and a number that some acts use.
func (s step) String() string {
	return fmt.Sprintf("%s | %s | %d | %d | %s | %d", s.at, s.act, s.who, s.app, s.role, s.with)
}

func parseStep(line string) (s step, err error) {
	words := strings.Split(line, " | ")
	if len(words) != 6 {
		return s, fmt.Errorf("%q has %d parts", line, len(words))
	}
	s.act, s.role = words[1], words[4]
	if s.at, err = time.ParseDuration(words[0]); err != nil {
		return s, err
	}
	for i, number := range map[int]*int{2: &s.who, 3: &s.app, 5: &s.with} {
		if *number, err = strconv.Atoi(words[i]); err != nil {
			return s, err
		}
	}
	return s, nil
}

const planForm = "seed %d contract %s people %d administrators %d replicas %d apps %d"

// String returns the plan as a scenario that [parsePlan] reads.
func (p plan) String() string {
	lines := []string{fmt.Sprintf(planForm, p.seed, p.contract, p.people, p.administrators, p.replicas, p.apps)}
	for _, s := range p.steps {
		lines = append(lines, s.String())
	}
	return strings.Join(lines, "\n") + "\n"
}

// parsePlan reads a scenario. The lines before the seed describe it.
func parsePlan(text string) (p plan, err error) {
	_, rest, found := strings.Cut("\n"+text, "\nseed ")
	if !found {
		return p, errors.New("no line begins with the seed")
	}
	lines := strings.Split(strings.TrimSpace("seed "+rest), "\n")
	if _, err := fmt.Sscanf(lines[0], planForm, &p.seed, &p.contract, &p.people, &p.administrators, &p.replicas, &p.apps); err != nil {
		return p, err
	}
	for _, line := range lines[1:] {
		s, err := parseStep(line)
		if err != nil {
			return p, err
		}
		p.steps = append(p.steps, s)
	}
	return p, nil
}

// An act is a kind of step.
type act struct {
	name   string
	weight int
	faults bool // only in scenarios with faults
	status bool // only if users have a status
	bulk   bool // only if a client sends bulk requests
	do     func(w *world, s step)
}

var acts = []act{
	{name: "hire", weight: 10, do: person(func(a *app, s step) {
		a.keep(s.who, func(p *assignment) { p.wanted = true })
		a.assign(s.who)
	})},
	{name: "leave", weight: 10, do: person(func(a *app, s step) {
		a.keep(s.who, func(p *assignment) { p.wanted = false })
		a.unassign(s.who)
	})},
	{name: "move", weight: 14, do: person(func(a *app, s step) {
		a.learn(s.who, func(p *assignment) { p.role = s.role })
	})},
	{name: "marry", weight: 2, do: person(func(a *app, s step) {
		a.learn(s.who, func(p *assignment) { p.family = fmt.Sprintf("Family%d", s.with) })
	})},
	// Requests that arrive twice, out of order, or from another kind of client.
	{name: "repeat", weight: 4, do: func(w *world, s step) { w.appOf(s).again(s.who) }},
	{name: "rush", weight: 4, do: func(w *world, s step) { w.appOf(s).rush(s) }},
	{name: "create unseen", weight: 3, do: func(w *world, s step) {
		a := w.appOf(s)
		w.jobs.Go(func() { // another job of Okta looks the person up meanwhile
			time.Sleep(a.span(0, 400*time.Millisecond, "meanwhile", s))
			a.lookUp(s.who)
		})
		a.send(a.create(s.who, assignment{role: s.role, given: "Unseen", family: "Family"}))
	}},
	{name: "create with echo", weight: 2, do: func(w *world, s step) { w.appOf(s).createEchoing(s) }},
	{name: "deactivate oddly", weight: 4, do: func(w *world, s step) { w.appOf(s).endOddly(s) }},
	{name: "patch role", weight: 5, do: func(w *world, s step) { w.appOf(s).patchRole(s) }},
	{name: "delete", weight: 2, do: func(w *world, s step) { w.appOf(s).about(s, w.appOf(s).deletion) }},
	{name: "change address", weight: 2, do: func(w *world, s step) { w.appOf(s).rename(s) }},
	{name: "group member", weight: 9, do: func(w *world, s step) { w.appOf(s).about(s, w.appOf(s).groupChange) }},
	{name: "push group", weight: 6, do: func(w *world, s step) { w.appOf(s).pushGroup(s, false) }},
	{name: "push unknown", weight: 2, do: func(w *world, s step) { w.appOf(s).pushGroup(s, true) }},
	{name: "new group", weight: 2, do: func(w *world, s step) { w.appOf(s).newGroup(s) }},
	{name: "delete group", weight: 1, do: func(w *world, s step) { w.appOf(s).deleteGroup(s) }},
	{name: "look up", weight: 5, do: func(w *world, s step) { w.appOf(s).lookUp(s.who) }},
	{name: "import", weight: 2, do: func(w *world, s step) { w.appOf(s).importAll() }},
	{name: "stranger", weight: 2, do: func(w *world, s step) { w.appOf(s).stranger(s) }},
	{name: "rotate key", weight: 1, do: rotate},

	{name: "console adds", weight: 4, do: func(w *world, s step) { w.console(s, func(u *sandbox.User) { u.Role = w.roleID(s.role) }) }},
	{name: "console removes", weight: 3, do: func(w *world, s step) { w.consoleRemoves(s) }},
	{name: "console promotes", weight: 6, do: member(func(w *world, s step, u *sandbox.User) { u.Role = w.roleID(s.role) })},
	{name: "console renames", weight: 2, do: member(func(_ *world, s step, u *sandbox.User) { u.FirstName = fmt.Sprintf("Renamed%d", s.with) })},
	{name: "console signs in", weight: 6, status: true, do: member(func(_ *world, _ step, u *sandbox.User) {
		if u.Status == sandbox.StatusInvited {
			u.Status = sandbox.StatusActive
		}
	})},
	{name: "console deactivates", weight: 3, status: true, do: member(func(_ *world, _ step, u *sandbox.User) { u.Status = sandbox.StatusInactive })},
	{name: "console doubles", weight: 3, status: true, do: func(w *world, s step) { w.consoleDoubles(s) }},

	{name: "bulk", weight: 40, bulk: true, do: func(w *world, s step) { w.appOf(s).bulk(s) }},

	{name: "weather", weight: 10, faults: true, do: changeConditions},
	{name: "crash", weight: 3, faults: true, do: crash},
}

// person returns an act about one person in one app, which waits until Okta's current
// act about the person is done.
func person(do func(a *app, s step)) func(w *world, s step) {
	return func(w *world, s step) {
		a := w.appOf(s)
		mine := a.turnOf(s.who)
		mine.take()
		defer mine.release()
		do(a, s)
	}
}

// learn changes a person's profile in Okta.
func (a *app) learn(who int, edit func(p *assignment)) {
	if p := a.keep(who, edit); p.assigned {
		a.update(who, p, true)
	}
}

func (w *world) appOf(s step) *app { return w.apps[s.app%len(w.apps)] }

// member returns an act of the console on a member.
func member(edit func(w *world, s step, u *sandbox.User)) func(w *world, s step) {
	return func(w *world, s step) {
		w.console(s, func(u *sandbox.User) {
			if u.ID != "" {
				edit(w, s, u)
			}
		})
	}
}

// changeConditions disturbs Suger for some time.
func changeConditions(w *world, s step) {
	w.mu.Lock()
	w.conditions = disturbances[s.with%len(disturbances)]
	mine := w.conditions.name
	w.logf("conditions %s", mine)
	w.mu.Unlock()
	time.Sleep(w.span(5*time.Second, 3*time.Minute, "weather", s))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.disturbed = time.Now()
	if w.conditions.name == mine {
		w.conditions = calm
		w.logf("conditions calm")
	}
}

// crash ends a replica without a shutdown; another one replaces it.
func crash(w *world, s step) {
	w.mu.Lock()
	at := s.with % len(w.replicas)
	old := w.replicas[at]
	w.crashed = time.Now()
	w.logf("crash   %s", old.name)
	w.mu.Unlock()
	old.kill()
	time.Sleep(w.span(100*time.Millisecond, 20*time.Second, "restart", s))
	fresh, err := w.start(old.name + "'")
	if err != nil {
		panic(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replicas[at] = fresh
	w.crashed = time.Now()
}

// rotate gives Okta another API key, and deletes the old one some time later.
func rotate(w *world, s step) {
	w.mu.Lock()
	old := keyName(w.key)
	w.key = (w.key + 1) % keys
	delete(w.revoked, keyName(w.key))
	w.logf("rotate  %s", keyName(w.key))
	w.mu.Unlock()
	time.Sleep(w.span(0, time.Minute, "revoke", s))
	w.mu.Lock()
	defer w.mu.Unlock()
	if old != keyName(w.key) {
		w.revoked[old] = true
	}
}

func actNamed(name string) act {
	if name == "return" {
		name = "hire"
	}
	i := slices.IndexFunc(acts, func(a act) bool { return a.name == name })
	return acts[i]
}

// console makes a change in Suger's console. If the user has no id, the person is not
// a member.
func (w *world) console(s step, edit func(u *sandbox.User)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, known := w.box.UserByEmail(emailOf(s.who))
	if !known { // Suger uses its own data of a person whom it knows
		u = sandbox.User{Email: emailOf(s.who), FirstName: "From", LastName: "Console"}
	}
	edit(&u)
	if !slices.ContainsFunc(w.box.Roles(), func(r sandbox.Role) bool { return r.ID == u.Role }) {
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

// consoleDoubles gives a person without access a second account with the same address.
func (w *world) consoleDoubles(s step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if u, known := w.box.UserByEmail(emailOf(s.who)); known && u.Status == sandbox.StatusInactive && w.isRole(s.role) {
		u.Status, u.Role = sandbox.StatusActive, w.roleID(s.role)
		w.box.PutNamesake(u)
		w.consoled(s)
	}
}

func (w *world) consoled(s step) {
	w.disturb(nil)
	for _, c := range w.look(nil) {
		w.logf("console %s: %s", s.act, c)
	}
}

// roleNames are the roles that people get, weaker ones more often. Suger has the team
// only after its group was pushed.
var roleNames = strings.Split("VIEWER,VIEWER,EDITOR,EDITOR,Finance,Deal desk,Team 1,ADMIN", ",")

// A shape is a kind of scenario.
type shape struct {
	name     string
	people   int
	actors   int // number of people that the steps are about, members and others; 0 means all
	steps    int
	replicas int // at most
	apps     int // at most
	faults   bool
	bulk     bool
	contract string
}

var shapes = []shape{
	{name: "small", people: 30, steps: 80, replicas: 1, apps: 1, contract: "membership"},
	{name: "busy", people: 14, actors: 6, steps: 60, replicas: 3, apps: 2, contract: "membership"},
	{name: "stormy", people: 14, actors: 7, steps: 80, replicas: 3, apps: 2, faults: true, contract: "membership"},
	{name: "status", people: 45, actors: 7, steps: 60, replicas: 3, apps: 2, contract: "status"},
	{name: "last", people: 6, actors: 3, steps: 60, replicas: 3, apps: 2, contract: "status"}, // for the guard of the last administrator
	{name: "status-stormy", people: 45, actors: 7, steps: 80, replicas: 3, apps: 2, faults: true, contract: "status"},
	{name: "bulk", people: 14, actors: 6, steps: 60, replicas: 3, apps: 2, bulk: true, contract: "membership"},
	{name: "status-bulk", people: 14, actors: 6, steps: 60, replicas: 3, apps: 2, bulk: true, contract: "status"},
}

// newPlan returns the scenario that a seed makes.
func newPlan(seed uint64, sh shape) plan {
	r := rand.New(rand.NewPCG(seed, 17))
	p := plan{
		seed: seed, people: sh.people, administrators: 1 + r.IntN(3), contract: sh.contract,
		replicas: 1 + r.IntN(sh.replicas), apps: 1 + r.IntN(sh.apps),
	}
	actors := r.Perm(p.people + p.people/3)
	if sh.actors > 0 {
		actors = actors[:sh.actors]
		if r.IntN(2) == 0 {
			actors = append(actors, 0, 1) // administrators at the start
		}
	}
	at := time.Minute
	for range sh.steps {
		at += gap(r)
		p.steps = append(p.steps, step{
			at: at, act: chooseAct(r, sh), who: actors[r.IntN(len(actors))], app: r.IntN(p.apps),
			role: roleNames[r.IntN(len(roleNames))], with: r.IntN(1000),
		})
	}
	return p
}

// chooseAct returns one of the shape's acts, by their weights.
func chooseAct(r *rand.Rand, sh shape) string {
	for {
		total := 0
		for _, a := range acts {
			if !a.bulk || sh.bulk {
				total += a.weight
			}
		}
		x := r.IntN(total)
		for _, a := range acts {
			if a.bulk && !sh.bulk {
				continue
			}
			if x -= a.weight; x >= 0 {
				continue
			}
			if a.faults && !sh.faults || a.status && sh.contract != "status" {
				break
			}
			return a.name
		}
	}
}

// gap returns the time between two steps, which is mostly short.
func gap(r *rand.Rand) time.Duration {
	longest := 100 * time.Millisecond
	switch x := r.Float64(); {
	case x < 0.05:
		longest = time.Hour
	case x < 0.3:
		longest = 30 * time.Second
	case x < 0.6:
		longest = 2 * time.Second
	}
	return time.Duration(r.Int64N(int64(longest)))
}

// newYear returns a year in a large company. In a smaller one the same events are
// closer to each other.
func newYear(seed uint64, contract string, people int) plan {
	const year = 365 * 24 * time.Hour
	r := rand.New(rand.NewPCG(seed, 365))
	p := plan{seed: seed, people: people, administrators: 4, contract: contract, replicas: 1 + r.IntN(3), apps: 1 + r.IntN(2)}
	events := map[string]int{
		"hire": 300, "leave": 250, "return": 60, "move": 800, "marry": 40, "weather": 20, "crash": 20, "rotate key": 10,
		"repeat": 40, "patch role": 60, "rush": 30, "deactivate oddly": 20, "create with echo": 10, "create unseen": 20, "stranger": 20,
		"group member": 200, "push group": 20, "push unknown": 10, "new group": 10, "delete group": 5, "look up": 100, "import": 100,
		"console adds": 30, "console removes": 15, "console promotes": 60, "console renames": 20, "change address": 10,
		"console signs in": 250, "console deactivates": 15, "console doubles": 40,
	}
	for _, name := range slices.Sorted(maps.Keys(events)) {
		if contract != "status" && actNamed(name).status {
			continue
		}
		for range events[name] {
			s := step{
				at: time.Duration(r.Int64N(int64(year))), act: name, who: r.IntN(p.people), app: r.IntN(p.apps),
				role: roleNames[r.IntN(len(roleNames)-1)], with: r.IntN(1000),
			}
			switch name {
			case "hire":
				s.who += people * 4 / 5
			case "return":
				s.act = "hire"
			}
			if r.IntN(3) > 0 { // most changes come together, on Monday mornings
				s.at = s.at.Truncate(7*24*time.Hour) + time.Duration(r.Int64N(int64(20*time.Minute)))
			}
			p.steps = append(p.steps, s)
		}
	}
	slices.SortFunc(p.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return p
}
