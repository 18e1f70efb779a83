package proof

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

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
	if !is.there || !is.active && w.luck.IntN(2) == 0 {
		want = pupil{there: true, active: true, first: "Nova", last: "Notch", role: pick(w.luck, "VIEWER", "EDITOR", w.team)}
		return w.make(ctx, email, create(email, want.role), is, want)
	}
	user := "/Users/" + id
	switch w.luck.IntN(8) {
	case 0:
		want = pupil{}
		return w.make(ctx, email, request{method: http.MethodDelete, path: user}, is, want)
	case 1, 2:
		want.active = !is.active
		return w.make(ctx, email, patch(user, fmt.Sprintf(`{"op":"replace","value":{"active":%v}}`, want.active)), is, want)
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
	case now != is && now != want:
		return fmt.Errorf("%s %s failed, and Suger holds %v, neither %v nor %v", r.method, r.path, now, is, want)
	}
	w.failed++
	return nil
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
	shown, err := w.read(ctx, r)
	if err != nil || shown == nil {
		return err
	}
	if total, _ := shown["totalResults"].(float64); r.path == "/Groups" {
		if want := len(w.stand.suger.Roles()); int(total) != want {
			return fmt.Errorf("there are %v groups, not %d", total, want)
		}
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
