package proof

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"suger-scim-gateway/internal/sandbox"
	"suger-scim-gateway/internal/scim"
)

var soak = flag.Duration("soak", 5*time.Second, "how long the mixed traffic lasts; by hand 10m, with -timeout 0")

const soakWorkers = 8

// weather are the faults of which one set after the other is switched on.
var weather = [][]sandbox.Fault{
	nil,
	{{Kind: sandbox.Latency, Delay: 5 * time.Millisecond, Probability: 0.5}},
	{{Kind: sandbox.Status(429), Probability: 0.3}},
	{{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: time.Second, Probability: 0.1}},
	{{Kind: sandbox.Status(503), Probability: 0.3}, {Kind: sandbox.Status(502), After: true, Probability: 0.2}},
	{{Kind: sandbox.Status(500), After: true, Probability: 0.1}, {Kind: sandbox.Status(500), Probability: 0.1}},
	{{Kind: sandbox.Reset, Probability: 0.2}, {Kind: sandbox.Reset, After: true, Probability: 0.2}},
	{{Kind: sandbox.Cut, Probability: 0.2}, {Kind: sandbox.Truncated, Probability: 0.05}},
	{{Kind: sandbox.HTML, Probability: 0.1}, {Kind: sandbox.WrongShape, Probability: 0.05}, {Kind: sandbox.Empty, Probability: 0.05}},
	{{Kind: sandbox.Hang, Probability: 0.02}, {Kind: sandbox.Hang, After: true, Probability: 0.02}},
	{{Kind: sandbox.Status(503)}}, // an outage
	nil,
}

// Mixed traffic of many people while Suger fails in every way: what was
// acknowledged is so, in Suger and in every later answer; what was not is as
// before or as asked for; and neither goroutines nor memory grow.
func TestSoak(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	t.Run("traffic", func(t *testing.T) {
		s := newStand(t, func(u *setup) {
			u.sandbox.People, u.sandbox.Clock = 300, time.Now
			u.client.Now, u.client.Sleep, u.mapping.Now, u.gateway.Now = nil, nil, nil, nil // real time
			u.client.Backoff, u.client.BackoffCap, u.client.Timeout = time.Millisecond, 20*time.Millisecond, 500*time.Millisecond
			u.client.RefusedFor = -1
			u.gateway.Budget = 2 * time.Second
		})
		workers := startTraffic(t, s)
		acknowledged, failed := 0, 0
		for _, w := range workers {
			acknowledged, failed = acknowledged+w.acknowledged, failed+w.failed
		}
		t.Logf("%d changes were acknowledged, %d were not", acknowledged, failed)
		assert.Greater(t, acknowledged, 20)
		assert.Positive(t, failed, "the faults strike")
	})
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	for runtime.NumGoroutine() > goroutines { // or the test does not end
		time.Sleep(10 * time.Millisecond)
	}
}

// startTraffic keeps the workers busy for the time of the soak. In between it
// changes the weather, and looks at the memory.
func startTraffic(t *testing.T, s *stand) []*worker {
	var workers []*worker
	for n := range soakWorkers {
		workers = append(workers, newWorker(t, s, n))
	}
	ctx, stop := context.WithTimeout(t.Context(), *soak)
	defer stop()
	group, ctx := errgroup.WithContext(ctx)
	for _, w := range workers { // once all have their groups, whose number they check
		group.Go(func() error { return w.work(ctx) })
	}
	var settled uint64 // the heap once a quarter of the time is over
	began, tick := time.Now(), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for turn := 0; ctx.Err() == nil; turn++ {
		require.NoError(t, s.suger.SetFaults(weather[turn%len(weather)]...))
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
		s.suger.ResetCalls() // which the sandbox remembers, and which grow
		if settled == 0 && time.Since(began) > *soak/4 {
			settled = heap()
		}
	}
	require.NoError(t, group.Wait())
	s.suger.ClearFaults()
	for _, w := range workers {
		require.NoError(t, w.settle(t.Context()))
	}
	s.suger.ResetCalls()
	const noise = 8 << 20
	grown := int64(heap()) - int64(settled)
	t.Logf("the heap has grown by %d KB from %d KB", grown>>10, settled>>10)
	assert.Less(t, grown, int64(noise))
	return workers
}

func heap() uint64 {
	runtime.GC()
	runtime.GC() // what the first one has freed through finalizers
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// A pupil is a person of a worker's as Suger is to hold them.
type pupil struct {
	there       bool
	active      bool
	role        string // name
	first, last string
}

func (p pupil) String() string {
	if !p.there {
		return "absent"
	}
	return fmt.Sprintf("%s %s %v %s", p.first, p.last, p.active, p.role)
}

// held is a person as Suger holds them.
func (s *stand) held(email string) (id string, p pupil) {
	user, ok := s.suger.UserByEmail(email)
	if !ok {
		return "", pupil{}
	}
	p = pupil{there: true, active: user.Status != sandbox.StatusInactive, first: user.FirstName, last: user.LastName}
	for _, role := range s.suger.Roles() {
		if role.ID == user.Role {
			p.role = role.Name
		}
	}
	return user.ID, p
}

// pick is one of some values by chance.
func pick[T any](luck *rand.Rand, values ...T) T { return values[luck.IntN(len(values))] }

// passingCodes are what a change may be answered while Suger fails.
var passingCodes = []scim.Code{
	scim.CodeSugerUnavailable, scim.CodeSugerThrottled, scim.CodeSugerUnreadable, scim.CodeWriteUnconfirmed,
	scim.CodePartialGroup,
}

// A worker does what Okta does, for people and a group of its own, one request
// after the other. What other workers do does not concern them.
type worker struct {
	stand  *stand
	luck   *rand.Rand
	emails []string
	team   string // name of the worker's group, and of its role
	teamID string

	acknowledged, failed int
}

func newWorker(t *testing.T, s *stand, n int) *worker {
	w := &worker{stand: s, luck: rand.New(rand.NewPCG(uint64(n), 1)), team: fmt.Sprintf("Team %d", n)}
	for person := range 6 {
		w.emails = append(w.emails, fmt.Sprintf("pupil%d-%d@example.com", n, person))
	}
	got := s.do(t, request{method: http.MethodPost, path: "/Groups", body: group(w.team)})
	require.Equal(t, http.StatusCreated, got.status, "%s", got.text)
	w.teamID = got.body["id"].(string)
	return w
}

// work goes on until ctx ends. The error is the first thing that is not right.
func (w *worker) work(ctx context.Context) error {
	for ctx.Err() == nil {
		email := pick(w.luck, w.emails...)
		steps := []func(context.Context, string) error{w.lookUp, w.change, w.change, w.change, w.readList}
		if err := pick(w.luck, steps...)(context.WithoutCancel(ctx), email); err != nil {
			return fmt.Errorf("%s: %w", email, err)
		}
	}
	return nil
}

// change changes one person in one of the ways that fit.
func (w *worker) change(ctx context.Context, email string) error {
	id, is := w.stand.held(email)
	want := is
	if !is.there {
		want = pupil{there: true, active: true, first: "Nova", last: "Notch", role: pick(w.luck, "VIEWER", "EDITOR", w.team)}
		return w.make(ctx, email, create(email, want.role), is, want)
	}
	user := "/Users/" + id
	switch w.luck.IntN(8) {
	case 0:
		want = pupil{}
		return w.make(ctx, email, request{method: http.MethodDelete, path: user}, is, want)
	case 1, 2:
		want = pupil{} // Suger has no status, so access ends by removal
		return w.make(ctx, email, patch(user, `{"op":"replace","value":{"active":false}}`), is, want)
	case 3:
		want.first = fmt.Sprintf("Nova%d", w.luck.IntN(1000))
		return w.make(ctx, email, patch(user, fmt.Sprintf(`{"op":"replace","path":"name.givenName","value":%q}`, want.first)), is, want)
	case 4:
		want.role = pick(w.luck, "VIEWER", "EDITOR", w.team)
		return w.make(ctx, email, patch(user, fmt.Sprintf(`{"op":"replace","path":"%s:role","value":%q}`, extension, want.role)), is, want)
	case 5:
		want.first, want.last, want.active = "Nova", "Notch", true
		want.role = pick(w.luck, "VIEWER", "EDITOR", w.team)
		return w.make(ctx, email, request{method: http.MethodPut, path: user, body: person(email, want.role)}, is, want)
	case 6:
		want.role = "EDITOR" // is above the others
		return w.make(ctx, email, patch("/Groups/EDITOR", `{"op":"add","path":"members","value":[`+members(id)+`]}`), is, want)
	default:
		if is.role == w.team {
			want.role = "VIEWER"
		}
		return w.make(ctx, email, patch("/Groups/"+w.teamID, `{"op":"remove","path":"members[value eq \"`+id+`\"]"}`), is, want)
	}
}

// make sends a change and looks at what Suger holds then.
func (w *worker) make(ctx context.Context, email string, r request, is, want pupil) error {
	r.agent = pick(w.luck, "", userAgentOfOkta)
	got, err := r.try(ctx, w.stand.url, key)
	if err != nil {
		return err
	}
	_, now := w.stand.held(email)
	codes := codesIn(got)
	switch {
	case len(codes) == 0 && got.status < 300:
		w.acknowledged++
		if now != want {
			return fmt.Errorf("%s %s was acknowledged, but Suger holds %v, not %v", r.method, r.path, now, want)
		}
		return nil
	case !slices.Contains(passingCodes, codes[0]):
		return fmt.Errorf("%s %s: %d %s", r.method, r.path, got.status, got.text)
	case now != is && now != want && !addedOnly(is, now, want):
		return fmt.Errorf("%s %s failed, and Suger holds %v, neither %v nor %v", r.method, r.path, now, is, want)
	}
	w.failed++
	return nil
}

// addedOnly reports whether somebody who returns was added, and the call that gives
// them other names than Suger had kept was not made.
func addedOnly(is, now, want pupil) bool {
	now.first, now.last = want.first, want.last
	return !is.there && now == want
}

// lookUp checks that a lookup and a read show what Suger holds.
func (w *worker) lookUp(ctx context.Context, email string) error {
	id, want := w.stand.held(email)
	shown, err := w.read(ctx, lookup(email))
	if err != nil || shown == nil {
		return err
	}
	found := pupil{}
	if list := shown["Resources"].([]any); len(list) > 0 {
		found = pupilOf(list[0].(map[string]any))
	}
	if found != want {
		return fmt.Errorf("the lookup shows %v, not %v", found, want)
	}
	if id == "" {
		return nil
	}
	if shown, err = w.read(ctx, get("/Users/"+id)); err != nil || shown == nil {
		return err
	}
	if found = pupilOf(shown); found != want {
		return fmt.Errorf("the read shows %v, not %v", found, want)
	}
	return nil
}

// readList reads a page of an import, or the groups, and checks that nobody is
// missing.
func (w *worker) readList(ctx context.Context, _ string) error {
	r := pick(w.luck, get("/Users?startIndex=101&count=100"), get("/Groups"), search("/Users", `userName co "pupil"`))
	roles := len(w.stand.suger.Roles())
	shown, err := w.read(ctx, r)
	if err != nil || shown == nil {
		return err
	}
	if total, _ := shown["totalResults"].(float64); r.path == "/Groups" && int(total) != roles {
		return fmt.Errorf("there are %v groups, not %d", total, roles)
	}
	return nil
}

// read is the body of an answer, nil if Suger's failures are in the way.
func (w *worker) read(ctx context.Context, r request) (map[string]any, error) {
	got, err := r.try(ctx, w.stand.url, key)
	switch codes := codesIn(got); {
	case err != nil || len(codes) == 0:
		return got.body, err
	case slices.Contains(passingCodes, codes[0]):
		return nil, nil
	}
	return nil, fmt.Errorf("%s %s: %d %s", r.method, r.path, got.status, got.text)
}

// pupilOf is a person as the gateway shows them.
func pupilOf(user map[string]any) pupil {
	name, _ := user["name"].(map[string]any)
	held, _ := user[extension].(map[string]any)
	first, _ := name["givenName"].(string)
	last, _ := name["familyName"].(string)
	role, _ := held["role"].(string)
	active, _ := user["active"].(bool)
	return pupil{there: true, active: active, role: role, first: first, last: last}
}

// settle checks, when nothing fails any more, that everybody is shown as Suger
// holds them.
func (w *worker) settle(ctx context.Context) error {
	for _, email := range w.emails {
		if err := w.lookUp(ctx, email); err != nil {
			return fmt.Errorf("%s: %w", email, err)
		}
	}
	return nil
}
