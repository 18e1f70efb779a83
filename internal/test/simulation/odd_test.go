package simulation

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/test/sandbox"
)

// Requests that Okta rarely makes, or that other clients make.

// known returns the assignment of a person. If Okta has no id for the person, it uses
// Suger's.
func (a *app) known(who int) (p assignment, ok bool) {
	p = a.person(who)
	if p.id == "" {
		a.world.mu.Lock()
		defer a.world.mu.Unlock()
		p.id = a.history.ids[emailOf(who)]
	}
	return p, p.id != ""
}

// again repeats the latest request about a person, possibly while the first one is in
// progress, as a proxy or a queue that delivers twice.
func (a *app) again(who int) {
	a.world.mu.Lock()
	var latest *request
	for _, r := range slices.Backward(a.requests) {
		if r.method != http.MethodGet && (r.may[emailOf(who)].join || r.ends != "" && r.ends == a.history.ids[emailOf(who)]) {
			latest = r
			break
		}
	}
	a.world.mu.Unlock()
	if latest == nil {
		return
	}
	a.send(&request{
		what: "repeated " + strings.TrimPrefix(latest.what, "repeated "), method: latest.method, path: latest.path, body: latest.body,
		may: latest.may, others: latest.others, claim: latest.claim, ends: latest.ends, joins: latest.joins, group: latest.group,
		about: latest.about, listed: latest.listed, wrong: latest.wrong, asks: latest.asks, echoes: latest.echoes, key: latest.key,
	})
}

// rush ends and restores a person's access, or sends two roles, in either order,
// without waiting for the first answer.
func (a *app) rush(s step) {
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	mapped := a.attributes(s.who, p)
	first := a.changing(s.who, p, false, http.MethodPatch, patchOf(map[string]any{"active": false}), nil)
	second := a.changing(s.who, p, true, http.MethodPatch, patchOf(mapped), nil)
	if s.with%3 == 0 {
		q := p
		q.role = s.role
		first = a.changing(s.who, q, true, http.MethodPatch, patchOf(a.attributes(s.who, q)), nil)
	}
	if s.with%2 == 0 {
		first, second = second, first
	}
	a.jobs.Add(1)
	go func() {
		defer a.jobs.Done()
		a.send(first)
	}()
	time.Sleep(a.span(0, 300*time.Millisecond, "rush", s))
	a.send(second)
}

// createEchoing creates a person from an answer that the client has kept, including
// its groups, with another role.
func (a *app) createEchoing(s step) {
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	p.role = s.role
	r := a.create(s.who, p)
	was := a.roleNow(p.id)
	r.what, r.wrong = "create with echo", true
	r.body["groups"] = []any{map[string]any{"value": a.roleID(s.role), "display": s.role}}
	delete(r.body, extension+":role")
	r.body["roles"] = []any{map[string]any{"value": s.role}}
	r.body[extension] = map[string]any{"role": was}
	r.may = map[string]permit{emailOf(s.who): {join: true, roles: []string{s.role, was}, names: true}}
	asked := r.claim
	lesser := was
	if rank(s.role) < rank(was) {
		lesser = s.role
	}
	id := p.id
	r.claim = func(r *request) string {
		if was == s.role {
			return asked(r)
		}
		if r.answer["id"] != id {
			return "" // the account has another address now
		}
		// A repeated old answer does not cancel a demotion.
		if !a.history.ever(id, r.sent, r.answered, func(s state) bool { return !s.member || rank(s.role) <= rank(lesser) }) {
			return fmt.Sprintf("the person never had so little: %v", a.history.during(id, r.sent, r.answered))
		}
		return ""
	}
	a.send(r)
}

func (w *world) roleNow(id string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if periods := w.history.people[id]; len(periods) > 0 {
		for _, e := range slices.Backward(periods) {
			if e.member {
				return e.role
			}
		}
	}
	return sandbox.RoleViewer
}

// endOddly ends access with a request that is also wrong or ambiguous.
func (a *app) endOddly(s step) {
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	wrong := map[string]any{"active": false, "name": map[string]any{"givenName": strings.Repeat("long", 20)}}
	switch s.with % 6 {
	case 5:
		wrong = map[string]any{"active": false, "name": "no object", "emails": 17}
	case 0:
		wrong = map[string]any{"active": false, extension: map[string]any{"role": "No such role"}}
	case 1:
		wrong = map[string]any{"active": "False", "userName": "not an address"}
	case 2: // active has no value
		wrong = map[string]any{"active": nil}
	}
	body, method := patchOf(wrong), http.MethodPatch
	if s.with%7 < 3 {
		method, body = http.MethodPut, maps.Clone(wrong)
		body["schemas"] = []string{userSchema}
		if body["userName"] == nil {
			body["userName"] = emailOf(s.who)
		}
	}
	r := a.changing(s.who, p, false, method, body, nil)
	r.what, r.wrong = "deactivate oddly", true
	r.may = map[string]permit{p.id: {leave: true, names: true, email: emailOf(s.who)}}
	if wrong["active"] == nil {
		// The request must neither end access nor be answered as if it had.
		r.what, r.ends, r.may = "active null", "", nil
	}
	if a.send(r).ok() {
		a.keep(s.who, func(p *assignment) { p.assigned = false })
	}
}

// patchRole changes a person's role in one of the ways that PATCH offers.
func (a *app) patchRole(s step) {
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	p.role = s.role
	entry := []any{map[string]any{"value": s.role}}
	operation, may := map[string]any{"op": "replace", "path": "roles", "value": entry}, []string{s.role}
	gets := func(is state) bool { return is.role == s.role }
	switch s.with % 7 {
	case 1:
		operation["path"], operation["value"] = "roles[primary eq true].value", s.role
	case 2:
		operation["path"], operation["value"] = extension+":role", s.role
	case 3: // added to the held role: the more powerful one counts
		operation["op"] = "add"
		gets = func(is state) bool { return is.role == s.role || rank(is.role) > rank(s.role) }
	case 4, 5, 6: // without a role, a person has the default role
		p.role = sandbox.RoleViewer
		may = []string{p.role}
		gets = func(is state) bool { return is.role == sandbox.RoleViewer }
		operation = map[string]any{"op": "remove", "path": "roles"}
		switch s.with % 7 {
		case 5:
			operation = map[string]any{"op": "replace", "path": "roles", "value": []any{}}
		case 6:
			operation["path"] = fmt.Sprintf("roles[value eq %q]", a.roleID(s.role))
			gets = func(is state) bool { return is.role != s.role || is.role == sandbox.RoleViewer }
		}
	}
	body := map[string]any{"schemas": []string{patchSchema}, "Operations": []any{operation}}
	r := a.changing(s.who, p, true, http.MethodPatch, body, nil)
	r.what, r.may = "patch role", map[string]permit{p.id: {roles: may}}
	r.claim = func(r *request) string {
		if !a.history.ever(p.id, r.sent, r.answered, func(is state) bool { return is.member && gets(is) }) {
			return fmt.Sprintf("the person never had the role: %v", a.history.during(p.id, r.sent, r.answered))
		}
		return ""
	}
	a.send(r)
}

// deletion returns a request that deletes a user, which Okta never sends.
func (a *app) deletion(s step, p assignment) *request {
	r := a.changing(s.who, p, false, http.MethodDelete, nil, nil)
	r.what = "delete"
	return r
}

// about sends a request about a person who is known to the app or to Suger.
func (a *app) about(s step, request func(s step, p assignment) *request) {
	if p, ok := a.known(s.who); ok {
		a.send(request(s, p))
	}
}

// bulk sends three changes of one or two people in one request.
func (a *app) bulk(s step) {
	kinds := []func(s step, p assignment) *request{
		func(s step, p assignment) *request {
			p.role = s.role
			return a.changing(s.who, p, true, http.MethodPatch, patchOf(a.attributes(s.who, p)), nil)
		},
		func(s step, p assignment) *request {
			return a.changing(s.who, p, false, http.MethodPatch, patchOf(map[string]any{"active": false}), nil)
		},
		a.deletion, a.groupChange, a.groupChange,
	}
	whole := &request{what: "bulk", method: http.MethodPost, path: "/Bulk", may: make(map[string]permit)}
	var parts []*request
	var operations []any
	other := s
	other.who = max(0, s.who-1)
	for i, one := range []step{s, []step{s, other}[s.with%2], other} {
		p, ok := a.known(one.who)
		if !ok {
			continue
		}
		part := kinds[s.with/[]int{1, 5, 25}[i]%len(kinds)](one, p)
		parts = append(parts, part)
		operation := map[string]any{"method": part.method, "path": part.path}
		if part.body != nil {
			operation["data"] = part.body
		}
		operations = append(operations, operation)
		for whom, may := range part.may {
			whole.may[whom] = whole.may[whom].or(may)
		}
	}
	if parts == nil {
		return
	}
	whole.body = map[string]any{"schemas": []string{bulkSchema}, "Operations": operations}
	whole.claim = func(r *request) string {
		results, _ := r.answer["Operations"].([]any)
		for i, part := range parts {
			result, _ := results[i].(map[string]any)
			status, _ := result["status"].(string)
			if r.partly = r.partly || status[0] != '2'; status[0] != '2' {
				continue
			}
			part.sent, part.answered, part.status = r.sent, r.answered, r.status
			if wrong := part.claim(part); wrong != "" {
				return fmt.Sprintf("operation %d (%s) was answered %s: %s", i, part.what, status, wrong)
			}
		}
		return ""
	}
	a.send(whole)
}

// or returns a permit for what either of two permits allows.
func (p permit) or(q permit) permit {
	return permit{
		join: p.join || q.join, leave: p.leave || q.leave, names: p.names || q.names,
		roles: slices.Concat(p.roles, q.roles), email: cmp.Or(p.email, q.email),
	}
}

// rename changes the address of an account.
func (a *app) rename(s step) {
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	email := fmt.Sprintf("other%d@example.com", s.with)
	r := &request{what: "change address", method: http.MethodPatch, path: userPath(p.id), body: patchOf(map[string]any{"userName": email}), about: p.id}
	r.may = map[string]permit{p.id: {email: email}}
	id := p.id
	r.claim = func(r *request) string {
		if !a.history.ever(id, r.sent, r.answered, func(s state) bool { return s.email == email }) {
			return "the person never had the address"
		}
		return ""
	}
	a.send(r)
}

// put changes whether a person is in the pushed group of a role, and returns the ids
// of the group's members.
func (a *app) put(who int, role string, in func(was bool) bool) (is bool, ids []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.groups[role] == nil {
		a.groups[role] = make(map[int]bool)
	}
	members := a.groups[role]
	members[who] = in(members[who])
	for other, is := range members {
		if p := a.people[other]; is && p != nil && p.assigned && p.id != "" {
			ids = append(ids, p.id)
		}
	}
	slices.Sort(ids)
	return members[who], ids
}

func memberList(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]any{"value": id}
	}
	return list
}

func groupPath(w *world, role string) string { return "/Groups/" + url.PathEscape(w.roleID(role)) }

// groupChange returns a request that adds one person to a pushed group or removes
// them.
func (a *app) groupChange(s step, p assignment) *request {
	role, id := s.role, p.id
	in, _ := a.put(s.who, role, func(was bool) bool { return !was })
	r := &request{what: "group add", method: http.MethodPatch, path: groupPath(a.world, role), group: role, listed: []string{id}}
	operation := map[string]any{"op": "add", "path": "members", "value": memberList([]string{id})}
	r.may = map[string]permit{id: {roles: []string{role}}}
	r.claim = func(r *request) string { return a.inGroup(id, role, r) }
	if !in {
		r.what = "group remove"
		operation = map[string]any{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", id)}
		r.may = map[string]permit{id: {roles: []string{sandbox.RoleViewer}}}
		r.claim = func(r *request) string { return a.notInGroup(id, role, r) }
	}
	r.body = map[string]any{"schemas": []string{patchSchema}, "Operations": []any{
		map[string]any{"op": "replace", "value": map[string]any{"id": a.roleID(role), "displayName": role}}, operation,
	}}
	return r
}

// inGroup checks the answer to adding a person to a group.
func (a *app) inGroup(id, role string, r *request) string {
	// A role without permissions replaces no other role. While Suger does not show
	// permissions, no role replaces a custom one.
	if a.history.ever(id, r.sent, r.answered, func(s state) bool {
		return s.member && (s.role == role || rank(s.role) > rank(role) || rank(role) == 0 || rank(s.role) == 0 && !a.calmly(r))
	}) {
		return ""
	}
	return fmt.Sprintf("%s never held %s: %v", id, role, a.history.during(id, r.sent, r.answered))
}

func (a *app) notInGroup(id, role string, r *request) string {
	if role == sandbox.RoleViewer || a.history.ever(id, r.sent, r.answered, func(s state) bool { return s.role != role }) {
		return ""
	}
	return fmt.Sprintf("%s held %s all the time", id, role)
}

// pushGroup sends all members of a pushed group, as Push Now does. With strangers, it
// includes a member who does not exist yet, as if pushed too early.
func (a *app) pushGroup(s step, strangers bool) {
	role := s.role
	_, ids := a.put(s.who, role, func(bool) bool { return true })
	r := &request{what: "group push", path: groupPath(a.world, role), group: role}
	r.listed = ids
	if strangers {
		r.what = "group push of strangers"
		r.listed = append(slices.Clone(ids), "no-such-id")
		r.claim = func(*request) string { return "one of the members does not exist" }
	} else {
		r.may = make(map[string]permit)
		for _, id := range ids {
			r.may[id] = permit{roles: []string{role}}
		}
		r.others = &permit{roles: []string{sandbox.RoleViewer}}
		r.claim = func(r *request) string {
			for _, id := range ids {
				if wrong := a.inGroup(id, role, r); wrong != "" {
					return wrong
				}
			}
			for id := range a.history.people {
				if !slices.Contains(ids, id) && !slices.Contains(protected, a.history.now(id).email) {
					if wrong := a.notInGroup(id, role, r); wrong != "" {
						return wrong
					}
				}
			}
			return ""
		}
	}
	if a.wizard {
		r.method = http.MethodPut
		r.body = map[string]any{"schemas": []string{groupSchema}, "displayName": role, "members": memberList(r.listed)}
	} else {
		r.method = http.MethodPatch
		r.body = map[string]any{"schemas": []string{patchSchema}, "Operations": []any{map[string]any{"op": "replace", "path": "members", "value": memberList(r.listed)}}}
	}
	a.send(r)
}

func teamName(n int) string { return fmt.Sprintf("Team %d", n%4) }

// newGroup pushes a group that has no role in Suger yet.
func (a *app) newGroup(s step) {
	name := teamName(s.with)
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	id := p.id
	r := &request{what: "group create", method: http.MethodPost, path: "/Groups", group: name, listed: []string{id}}
	r.body = map[string]any{"schemas": []string{groupSchema}, "displayName": name, "members": memberList([]string{id})}
	r.may = map[string]permit{id: {roles: []string{name}}}
	r.claim = func(r *request) string { return a.inGroup(id, name, r) }
	a.send(r)
}

// deleteGroup deletes a group in the target, as unlinking can.
func (a *app) deleteGroup(s step) {
	name := teamName(s.with)
	r := &request{what: "group delete", method: http.MethodDelete, path: groupPath(a.world, name), group: name}
	r.others = &permit{roles: []string{sandbox.RoleViewer}}
	r.claim = func(r *request) string {
		for id := range a.history.people {
			if wrong := a.notInGroup(id, name, r); wrong != "" {
				return wrong
			}
		}
		return ""
	}
	a.send(r)
}

// importAll reads the list of users page by page, as an import does.
func (a *app) importAll() {
	const count = 100
	for start := 1; ; start += count {
		r := a.persistent(func() *request {
			r := &request{what: "import", method: http.MethodGet, path: fmt.Sprintf("/Users?startIndex=%d&count=%d", start, count)}
			r.claim = func(r *request) string { return a.imported(r) }
			return a.send(r)
		})
		total, _ := r.answer["totalResults"].(float64)
		if !r.ok() || start+count > int(total) {
			return
		}
	}
}

// imported returns what a page shows that was never true. A page with all users must
// have every member.
func (a *app) imported(r *request) string {
	from := r.from
	rows, _ := r.answer["Resources"].([]any)
	seen := make(map[string]bool)
	for _, row := range rows {
		user, _ := row.(map[string]any)
		if wrong := a.shows(user, from, r.answered); wrong != "" {
			return wrong
		}
		id, _ := user["id"].(string)
		seen[id] = true
	}
	if total, _ := r.answer["totalResults"].(float64); int(total) > len(rows) || !strings.Contains(r.path, "startIndex=1&") {
		return ""
	}
	for id := range a.history.people {
		if !seen[id] && a.history.always(id, from, r.answered, func(s state) bool { return s.member }) {
			return id + ", who was a member throughout, is missing"
		}
	}
	return ""
}

// stranger sends a credential that Suger does not know. It must be refused, and must
// not delay requests with a valid credential.
func (a *app) stranger(s step) {
	p, ok := a.known(s.who)
	if !ok {
		return
	}
	r := a.changing(s.who, p, false, http.MethodPatch, patchOf(map[string]any{"active": false}), nil)
	r.what, r.key, r.may = "stranger", fmt.Sprintf("wrong-key-%d", s.with), nil
	r.claim = func(*request) string { return "the credential is wrong" }
	a.jobs.Add(1)
	go func() {
		defer a.jobs.Done()
		a.send(r)
	}()
	time.Sleep(a.span(0, 500*time.Millisecond, "after the stranger", s))
	good := a.changing(s.who, p, true, http.MethodPatch, patchOf(map[string]any{"name": map[string]any{"familyName": "Stranger"}}), nil)
	good.what, good.claim = "beside a stranger", nil
	a.send(good)
}
