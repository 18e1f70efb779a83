package simulation

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

const listTTL = 10 * time.Second

// A violation is a rule that was broken.
type violation struct {
	rule, text string
}

// A world is one run of a simulation: Suger, the replicas, the Okta apps and the
// history.
type world struct {
	seed     uint64
	contract string
	document *spec.Document
	box      *sandbox.Sandbox
	replicas []*process // by place in the balancer
	apps     []*app
	jobs     sync.WaitGroup

	mu         sync.Mutex
	counts     map[string]int // counters of calls, requests and other random choices
	conditions conditions
	disturbed  time.Time // when conditions were last not calm
	crashed    time.Time // when a replica last crashed
	revoked    map[string]bool
	key        int // the API key in use
	history    *history
	lists      map[string]shown // by credential and path
	running    int              // requests in progress
	requests   []*request
	began      time.Time
	violations []violation
	stats      map[string]int

	logMu sync.Mutex
	log   *[]string // nil if not recorded
}

const keys = 64

func keyName(n int) string { return fmt.Sprintf("simulation-key-%02d", n) }

// statusDocument is the mapping for the contract in which users have a status, with
// pages so small that every list has several.
var statusDocument = sync.OnceValues(func() (*spec.Document, error) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "mapping", "variants", "status.yaml"))
	if err != nil {
		return nil, err
	}
	return spec.Parse("status.yaml", []byte(strings.Replace(string(text), "size: 1000", "size: 20", 1)))
})

// newWorld makes a world with people, the first of whom are administrators.
func newWorld(p plan) (*world, error) {
	w := &world{
		seed: p.seed, contract: p.contract, counts: make(map[string]int), conditions: calm,
		revoked: make(map[string]bool), history: newHistory(), lists: make(map[string]shown), began: time.Now(), stats: make(map[string]int),
	}
	w.document = mapping.DefaultDocument()
	if p.contract == "status" {
		var err error
		if w.document, err = statusDocument(); err != nil {
			return nil, err
		}
	}
	options := sandbox.Options{Contract: p.contract, People: -1, Seed: int64(p.seed&0xffffff | 1<<24), Clock: now}
	for n := range keys {
		options.Keys = append(options.Keys, keyName(n))
	}
	var err error
	if w.box, err = sandbox.New(options); err != nil {
		return nil, err
	}
	roles := []string{sandbox.RoleViewer, sandbox.RoleEditor, "Finance", sandbox.RoleViewer, "Deal desk", sandbox.RoleViewer}
	for i := range p.people {
		role := roles[i%len(roles)]
		if i < p.administrators {
			role = sandbox.RoleAdmin
		}
		w.box.PutUser(sandbox.User{Email: emailOf(i), FirstName: fmt.Sprintf("Given%d", i), LastName: "Family", Role: w.roleID(role)})
	}
	if p.administrators > 0 { // the generated administrators replace the sample's own
		admin, _ := w.box.UserByEmail("admin@example.com")
		admin.Role = sandbox.RoleViewer
		w.box.PutUser(admin)
	}
	w.look(nil)
	for n := range p.replicas {
		r, err := w.start(fmt.Sprintf("g%d", n+1))
		if err != nil {
			return nil, err
		}
		w.replicas = append(w.replicas, r)
	}
	for n := range p.apps {
		a := newApp(w, n, (int(p.seed)+n)%2 == 0)
		for i := range p.people {
			if i%p.apps == n && i < p.people*9/10 { // the others have no app
				u, _ := w.box.UserByEmail(emailOf(i))
				a.people[i] = &assignment{wanted: true, assigned: true, id: u.ID, role: w.history.roleName(u.Role), given: u.FirstName, family: u.LastName}
			}
		}
		w.apps = append(w.apps, a)
	}
	return w, nil
}

// now returns the time of the gateway and of Suger: virtual time, moved past the
// sample data.
func now() time.Time { return time.Now().Add(26 * 365 * 24 * time.Hour) }

func emailOf(who int) string { return fmt.Sprintf("person%d@example.com", who) }

// roleID returns the id of a role by its name.
func (w *world) roleID(name string) string {
	for _, r := range w.box.Roles() {
		if r.Name == name {
			return r.ID
		}
	}
	return name
}

// protected are the people whom SCIM may not change.
var protected = []string{"editor@example.com", "person3@example.com"}

// A process is one run of the gateway, with empty caches at its start.
type process struct {
	name    string
	handler http.Handler
	ctx     context.Context
	dead    <-chan struct{}
	kill    context.CancelFunc

	mu    sync.Mutex
	lists []*listing // the latest lists
	wrote time.Time  // when the latest write with an answer took effect
}

// walk is the maximum time from the answer to a list's first call until the list is
// complete.
const walk = 30 * time.Second

// A listing is a list of users that a process reads.
type listing struct {
	showed time.Time // the time of the state that it shows
	came   time.Time // zero until it arrives
}

// start returns a new process.
func (w *world) start(name string) (*process, error) {
	ctx, kill := context.WithCancel(context.Background())
	p := &process{name: name, ctx: ctx, dead: ctx.Done(), kill: kill}
	client, err := sugerclient.New(sugerclient.Config{
		BaseURL: "http://suger.test", Transport: &wire{world: w, process: p}, Now: now,
		Spread: func(longest time.Duration) time.Duration { return longest * 5 / 8 },
	})
	if err != nil {
		return nil, err
	}
	service, err := mapping.New(w.document, client, mapping.Config{
		AllowAdminGrant: true, CreateRoles: true, ProtectedUsers: protected,
		LookupCache: 1000, LookupTTL: time.Hour, ListTTL: listTTL, Now: now,
	})
	if err != nil {
		return nil, err
	}
	p.handler = gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization, Now: now}, service)
	return p, nil
}

func (p *process) isDead() bool { return p.ctx.Err() != nil }

// listing records that Suger has encoded a list for the process, and returns a
// function that records its arrival.
func (p *process) listing(showed time.Time) (came func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := &listing{showed: showed}
	p.lists = append(p.lists, l)
	if len(p.lists) > 64 {
		p.lists = slices.Clone(p.lists[32:])
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		l.came = time.Now()
	}
}

// answered records the arrival of the answer to a write that took effect at effect.
func (p *process) answered(effect time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if effect.After(p.wrote) {
		p.wrote = effect
	}
}

// delivered records how old the list behind an answer may be: as old as
// GATEWAY_LIST_TTL allows, but not older than this process's last write.
func (p *process) delivered(r *request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.from = r.sent
	at := time.Now()
	for _, l := range p.lists {
		if (l.came.IsZero() || l.came.Add(listTTL+walk).After(at)) && l.showed.Before(r.from) {
			r.from = l.showed
		}
	}
	if r.from.Before(p.wrote) {
		r.from = p.wrote
	}
	if r.from.After(r.sent) {
		r.from = r.sent
	}
}

// violate records a broken rule. The caller holds the lock.
func (w *world) violate(rule, format string, args ...any) {
	v := violation{rule, fmt.Sprintf(format, args...)}
	w.violations = append(w.violations, v)
	w.logf("!!! %s: %s", v.rule, v.text)
}

// logf writes a line of the scenario, with the elapsed time.
func (w *world) logf(format string, args ...any) {
	if w.log == nil {
		return
	}
	w.logMu.Lock()
	defer w.logMu.Unlock()
	*w.log = append(*w.log, fmt.Sprintf("%12s  ", time.Since(w.began).Round(time.Millisecond))+fmt.Sprintf(format, args...))
}
