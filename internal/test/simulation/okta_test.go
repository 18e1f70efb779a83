package simulation

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/test/sandbox"
)

const (
	userSchema  = "urn:ietf:params:scim:schemas:core:2.0:User"
	groupSchema = "urn:ietf:params:scim:schemas:core:2.0:Group"
	patchSchema = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
	bulkSchema  = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
	extension   = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"
)

// An app is one Okta app: either from the App Integration Wizard, which reads and puts
// whole resources, or from a template, which patches.
type app struct {
	*world
	name   string
	wizard bool
	plain  bool // sends the role in the attribute roles, not in the extension

	mu     sync.Mutex // guards the following fields; only person, keep, turnOf and put use them
	people map[int]*assignment
	turns  map[int]turn            // Okta does one thing about a person at a time
	groups map[string]map[int]bool // members of pushed groups, by role
}

// An assignment is what Okta knows about a person in an app.
type assignment struct {
	wanted   bool   // the company wants the person in the app
	assigned bool   // Okta believes that the person is in the app
	id       string // "" if Okta has no id
	role     string
	given    string
	family   string
}

// A turn is a mutex that lets virtual time pass while a goroutine waits.
type turn chan struct{}

func (t turn) take()    { t <- struct{}{} }
func (t turn) release() { <-t }

func newApp(w *world, n int, wizard bool) *app {
	kind := "template"
	if wizard {
		kind = "wizard"
	}
	return &app{world: w, name: fmt.Sprintf("%s%d", kind, n), wizard: wizard, plain: n%2 == 1, people: make(map[int]*assignment), turns: make(map[int]turn), groups: make(map[string]map[int]bool)}
}

// person returns what the app knows about a person.
func (a *app) person(who int) assignment { return a.keep(who, func(*assignment) {}) }

// keep changes what the app knows about a person, and returns it.
func (a *app) keep(who int, edit func(p *assignment)) assignment {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.people[who] == nil {
		a.people[who] = &assignment{role: sandbox.RoleViewer, given: fmt.Sprintf("Given%d", who), family: "Family"}
	}
	edit(a.people[who])
	return *a.people[who]
}

// turnOf returns the turn of a person.
func (a *app) turnOf(who int) turn {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.turns[who] == nil {
		a.turns[who] = make(turn, 1)
	}
	return a.turns[who]
}

// attributes returns the attributes that Okta maps.
func (a *app) attributes(who int, p assignment) map[string]any {
	mapped := map[string]any{
		"userName": emailOf(who),
		"name":     map[string]any{"givenName": p.given, "familyName": p.family},
		"emails":   []any{map[string]any{"primary": true, "value": emailOf(who), "type": "work"}},
		"active":   true,
	}
	attribute, value := a.carrier(who, p.role)
	mapped[attribute] = value
	return mapped
}

// carrier returns the attribute that carries a role, and its value: administrators map
// roles in many ways.
func (a *app) carrier(who int, role string) (attribute string, value any) {
	words := []string{role, role, strings.ToLower(role), a.roleID(role)}
	word := words[int(a.chance("word", who, role)*float64(len(words)))]
	form := int(a.chance("form", who, role) * 6)
	switch {
	case !a.plain && form == 0:
		return extension + ":role", word
	case !a.plain:
		return extension, map[string]any{"role": word}
	case form == 0:
		return "roles", word
	case form == 1:
		return "roles", []any{word}
	case form == 2:
		return "roles", map[string]any{"value": word}
	}
	return "roles", []any{map[string]any{"primary": true, "value": word}}
}

// persistent repeats an attempt while Suger is unreachable. Okta itself only retries
// after 429; otherwise an administrator presses Retry later. It returns the last
// request of the last attempt.
func (a *app) persistent(attempt func() *request) *request {
	for tries := 0; ; tries++ {
		r := attempt()
		switch {
		case r.status == http.StatusTooManyRequests && tries < 8:
			time.Sleep(max(r.retryAfter, time.Second) + a.span(0, time.Second, "again", r.n))
		case (r.status == 0 || r.status >= 500 || r.status == http.StatusUnauthorized || r.status == http.StatusTooManyRequests) && tries < 12:
			time.Sleep(a.span(time.Minute, 20*time.Minute, "button", r.n))
		default:
			return r
		}
	}
}

func userPath(id string) string { return "/Users/" + url.PathEscape(id) }

func lookup(email string) *request {
	query := url.Values{"filter": {fmt.Sprintf("userName eq %q", email)}, "startIndex": {"1"}, "count": {"100"}}
	return &request{what: "lookup", method: http.MethodGet, path: "/Users?" + query.Encode()}
}

// lookUp looks a person up by address. The id is "" if the answer has no user.
func (a *app) lookUp(who int) (id string, r *request) {
	email := emailOf(who)
	r = a.persistent(func() *request {
		r := lookup(email)
		r.claim = func(r *request) string {
			from := r.from
			found, _ := r.answer["Resources"].([]any)
			known := a.history.ids[email]
			if len(found) == 0 {
				if known != "" && a.history.always(known, from, r.answered, func(s state) bool { return s.member && s.email == email }) {
					return "the person was a member throughout"
				}
				return ""
			}
			shown, _ := found[0].(map[string]any)
			if known != "" && shown["id"] != known && shown["active"] == false &&
				a.history.always(known, from, r.answered, func(s state) bool { return s.access() && s.email == email }) {
				return "another account with the address had access throughout"
			}
			return a.shows(shown, from, r.answered)
		}
		return a.send(r)
	})
	if found, _ := r.answer["Resources"].([]any); r.ok() && len(found) > 0 {
		user, _ := found[0].(map[string]any)
		id, _ = user["id"].(string)
	}
	return id, r
}

// shows returns what an answer shows about a user that was never true between two
// times.
func (a *app) shows(user map[string]any, from, to time.Time) string {
	id, _ := user["id"].(string)
	is := a.history.during(id, from, to)
	if slices.ContainsFunc(is, func(s state) bool { return s.member && a.same(user, s) }) {
		return ""
	}
	return fmt.Sprintf("it shows %v, but the person was only %v", user, is)
}

func (a *app) same(user map[string]any, s state) bool {
	name, _ := user["name"].(map[string]any)
	text := func(object map[string]any, key string) string {
		value, _ := object[key].(string)
		return value
	}
	own, _ := user[extension].(map[string]any)
	return user["active"] == s.access() && strings.EqualFold(text(user, "userName"), s.email) &&
		a.history.roleName(text(own, "role")) == s.role && text(name, "givenName") == s.first && text(name, "familyName") == s.last
}

// assign assigns the app to a person: Okta looks the person up, and links or creates
// the user.
func (a *app) assign(who int) {
	for range 4 {
		id, r := a.lookUp(who)
		if !r.ok() {
			return
		}
		if id != "" {
			p := a.keep(who, func(p *assignment) { p.id = id })
			if a.update(who, p, true).ok() {
				a.keep(who, func(p *assignment) { p.assigned = true })
			}
			return
		}
		p := a.person(who)
		r = a.persistent(func() *request { return a.send(a.create(who, p)) })
		if r.ok() {
			a.keep(who, func(p *assignment) {
				p.id, _ = r.answer["id"].(string)
				p.assigned = true
			})
			return
		}
		if r.status != http.StatusConflict {
			return
		}
	}
}

// create returns the request that makes a person a member.
func (a *app) create(who int, p assignment) *request {
	body := a.attributes(who, p)
	maps.Copy(body, map[string]any{
		"schemas": []string{userSchema, extension}, "displayName": p.given + " " + p.family,
		"externalId": fmt.Sprintf("00u%017d", who), "groups": []any{}, "password": "thrown-away-1",
	})
	email := emailOf(who)
	r := &request{what: "create", method: http.MethodPost, path: "/Users", body: body, joins: email, asks: p.role}
	role, given, family := p.role, p.given, p.family
	r.may = map[string]permit{email: {join: true, roles: []string{role}, names: true}}
	r.claim = func(r *request) string {
		id, _ := r.answer["id"].(string)
		return a.history.was(id, r.sent, r.answered, asked(role, email, given, family))
	}
	return r
}

// asked returns the predicates that a person must match after a request.
func asked(role, email, given, family string) map[string]func(state) bool {
	return map[string]func(state) bool{
		"access":      state.access,
		"role":        func(s state) bool { return s.member && s.role == role },
		"given name":  func(s state) bool { return s.member && s.first == given },
		"family name": func(s state) bool { return s.member && s.last == family },
		"address":     func(s state) bool { return s.member && (email == "" || s.email == email) },
	}
}

// update sends Okta's state of a person, and restores access if the person had left.
func (a *app) update(who int, p assignment, active bool) *request {
	changed := a.attributes(who, p)
	if !a.wizard {
		changed["active"] = active
		if !active {
			changed = map[string]any{"active": false}
		}
		return a.persistent(func() *request { return a.send(a.changing(who, p, active, http.MethodPatch, patchOf(changed), nil)) })
	}
	return a.persistent(func() *request {
		read := a.send(a.reading(p.id))
		if !read.ok() {
			return read
		}
		body := maps.Clone(read.answer)
		if active {
			overlay(body, changed)
		}
		body["active"] = active
		return a.send(a.changing(who, p, active, http.MethodPut, body, read))
	})
}

// overlay puts mapped attributes over a user as read.
func overlay(body, mapped map[string]any) {
	own, _ := body[extension].(map[string]any)
	maps.Copy(body, mapped)
	if given, ok := mapped[extension].(map[string]any); ok && own != nil {
		whole := maps.Clone(own)
		maps.Copy(whole, given)
		body[extension] = whole
	}
}

func patchOf(value map[string]any) map[string]any {
	return map[string]any{"schemas": []string{patchSchema}, "Operations": []any{map[string]any{"op": "replace", "value": value}}}
}

// reading returns the request that reads a user by id.
func (a *app) reading(id string) *request {
	r := &request{what: "read", method: http.MethodGet, path: userPath(id), about: id}
	r.claim = func(r *request) string { return a.shows(r.answer, r.from, r.answered) }
	return r
}

// changing returns the request that changes a user by id.
func (a *app) changing(who int, p assignment, active bool, method string, body map[string]any, read *request) *request {
	r := &request{what: "update", method: method, path: userPath(p.id), body: body, about: p.id, asks: p.role}
	id, role, given, family := p.id, p.role, p.given, p.family
	// A PUT repeats the values of an earlier answer in all attributes that Okta does
	// not map.
	echoed := ""
	if read != nil {
		own, _ := read.answer[extension].(map[string]any)
		word, _ := own["role"].(string)
		a.world.mu.Lock()
		echoed = a.history.roleName(word)
		a.world.mu.Unlock()
	}
	r.echoes = echoed
	if !active {
		r.what, r.ends = "deactivate", id
		r.may = map[string]permit{id: {leave: true}}
		if read != nil {
			address, _ := read.answer["userName"].(string)
			r.may[id] = permit{leave: true, names: true, roles: []string{echoed}, email: strings.ToLower(address)}
		}
		r.claim = func(r *request) string {
			if !a.history.ever(id, r.sent, r.answered, func(s state) bool { return !s.access() }) {
				return "the person had access all the time"
			}
			return ""
		}
		return r
	}
	r.may = map[string]permit{id: {join: true, roles: []string{role, echoed}, names: true, email: emailOf(who)}}
	r.claim = func(r *request) string {
		respects := asked(role, "", given, family)
		if echoed == role {
			// A PUT with the role of an older answer can be a copy of it. It need not
			// raise the role if its answer shows the current one.
			own, _ := r.answer[extension].(map[string]any)
			word, _ := own["role"].(string)
			shown := a.history.roleName(word)
			respects["role"] = func(s state) bool { return s.member && (s.role == role || s.role == shown) }
		}
		return a.history.was(id, r.sent, r.answered, respects)
	}
	return r
}

// unassign takes the app from a person. Okta sends nothing about a person whom it
// could not provision.
func (a *app) unassign(who int) {
	p := a.person(who)
	if !p.assigned || p.id == "" {
		return
	}
	if a.update(who, p, false).ok() {
		a.keep(who, func(p *assignment) { p.assigned = false })
	}
}

// settle ends every scenario: all faults are over, and an administrator of Okta syncs
// everyone. No one may be stuck.
func (w *world) settle() {
	const most = 60
	w.mu.Lock()
	w.conditions = calm
	w.mu.Unlock()
	for _, a := range w.apps {
		synced := 0
		for _, who := range slices.Sorted(maps.Keys(a.people)) {
			if a.person(who).id == "" || synced == most {
				continue
			}
			synced++
			a.sync(who)
		}
	}
	w.jobs.Wait()
}

// sync makes Suger match what the company wants for a person.
func (a *app) sync(who int) {
	p := a.person(who)
	time.Sleep(time.Minute) // until no replica shows the state before the last change
	if p.wanted {
		a.assign(who)
	} else {
		a.update(who, p, false)
	}
	a.world.mu.Lock()
	defer a.world.mu.Unlock()
	last := a.requests[len(a.requests)-1]
	if !last.ok() && !a.excused(last) {
		a.violate("stuck", "%s was answered %s without a reason", last, last.outcome())
	}
}
