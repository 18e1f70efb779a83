package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/test/sandbox"
)

// A request is one SCIM request, with what it may change and what its success claims.
type request struct {
	n            int
	what         string
	method, path string
	body         map[string]any
	key          string
	patience     time.Duration // how long the client waits for the answer

	may    map[string]permit       // by user id, or by address in lower case
	others *permit                 // for all other people
	claim  func(r *request) string // returns what is untrue in a 2xx answer, "" if nothing
	about  string                  // id of the person whom the request reads or changes
	listed []string                // ids of the group members in the request
	wrong  bool                    // whether the request itself is wrong
	ends   string                  // id of the person whose access the request ends
	joins  string                  // address, in lower case, of the person whom the request creates
	asks   string                  // the role that the request asks for
	echoes string                  // the role of the earlier answer that the request repeats
	group  string                  // the role whose members the request changes
	lists  int                     // number of lists of users read for the request
	writes int                     // number of writes made for the request

	process        *process
	sent, answered time.Time
	from           time.Time // the earliest state that a read may show
	ended          time.Time // when the replica finished, even without a client
	came, called   time.Time // arrival at the replica, and its first call to Suger
	status         int
	code           string
	retryAfter     time.Duration
	answer         map[string]any
	changes        []change
	partly         bool // an operation of a bulk request failed
	alone          bool // nothing else happened until it ended
}

// A permit is what a request may change about a person.
type permit struct {
	join, leave bool
	roles       []string // role names
	names       bool
	email       string // a new address that the account may get, in lower case
}

func (r *request) String() string {
	body := ""
	if r.body != nil {
		text, _ := json.Marshal(r.body)
		body = " " + string(text)
	}
	return fmt.Sprintf("#%d (%s) %s %s%s", r.n, r.what, r.method, r.path, body)
}

// calls counts a call that was made for the request. The caller holds the world's
// lock.
func (r *request) calls(call *http.Request, lists bool) {
	switch {
	case lists && call.URL.Query().Get("limit") == "1": // checks the credential or the paging
	case lists:
		r.lists++
	case call.Method != http.MethodGet:
		r.writes++
	}
}

// ok reports whether the answer was a success.
func (r *request) ok() bool { return r.status >= 200 && r.status < 300 }

// send sends a request through the balancer and waits for the answer.
func (w *world) send(r *request) *request {
	w.mu.Lock()
	r.n = len(w.requests) + 1
	w.requests = append(w.requests, r)
	kind := r.method + " " + r.path
	n := w.counts[kind]
	w.counts[kind]++
	r.process = w.replicas[int(w.chance(kind, n, "replica")*float64(len(w.replicas)))]
	if r.key == "" {
		r.key = keyName(w.key)
	}
	r.sent = time.Now()
	w.disturb(r)
	w.running++
	w.logf("okta    %s", r)
	w.mu.Unlock()
	if r.patience == 0 {
		r.patience = 60 * time.Second
	}
	time.Sleep(w.span(time.Millisecond, 30*time.Millisecond, kind, n, "way"))
	w.carry(r)
	time.Sleep(w.span(time.Millisecond, 30*time.Millisecond, kind, n, "back"))

	w.mu.Lock()
	defer w.mu.Unlock()
	r.answered = time.Now()
	w.stats[fmt.Sprintf("%s %d %s", r.what, r.status, r.code)]++
	w.logf("answer  #%d %s", r.n, r.outcome())
	w.checkAnswer(r)
	if w.running == 0 {
		w.checkIdle()
	}
	return r
}

// disturb records that a request, or the console if by is nil, acts while others run.
// A request with a wrong credential does not count, since it must not affect others.
// The caller holds the lock.
func (w *world) disturb(by *request) {
	if by != nil {
		by.alone = true
	}
	for _, r := range w.requests[max(0, len(w.requests)-100):] {
		if r == by || !r.ended.IsZero() && !r.answered.IsZero() {
			continue
		}
		if by == nil || !by.stranger() {
			r.alone = false
		}
		if by != nil && !r.stranger() {
			by.alone = false
		}
	}
}

func (r *request) stranger() bool { return strings.HasPrefix(r.key, "wrong") }

// carry sends the request to a replica and returns the answer. If the client
// disconnects, the request's context ends, as with net/http.
func (w *world) carry(r *request) {
	r.came = time.Now()
	r.process.delivered(r)
	ctx, hangUp := context.WithCancel(context.WithValue(context.Background(), causeKey{}, r))
	defer hangUp()
	var text strings.Reader
	if r.body != nil {
		encoded, err := json.Marshal(r.body)
		if err != nil {
			panic(err)
		}
		text = *strings.NewReader(string(encoded))
	}
	sent := httptest.NewRequest(r.method, "http://gateway.test/scim/v2"+r.path, &text).WithContext(ctx)
	sent.Header.Set("Authorization", "Bearer "+r.key)
	sent.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	sent.Header.Set("User-Agent", "Okta SCIM Client 1.0.0")
	done := make(chan *httptest.ResponseRecorder, 1)
	if r.process.isDead() {
		w.ended(r)
		return
	}
	w.jobs.Add(1)
	go func() {
		defer w.jobs.Done()
		recorder := httptest.NewRecorder()
		serveAborting(r.process.handler, recorder, sent)
		w.ended(r)
		done <- recorder
	}()
	patience := time.NewTimer(r.patience)
	defer patience.Stop()
	select {
	case recorder := <-done:
		r.read(recorder.Result())
	case <-patience.C:
	case <-r.process.dead:
	}
}

// ended records that a replica has finished a request.
func (w *world) ended(r *request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	r.ended = time.Now()
	if w.running == 0 {
		w.checkIdle()
	}
}

// outcome returns status and code of the answer.
func (r *request) outcome() string {
	if r.status == 0 {
		return "none"
	}
	return strings.TrimSpace(fmt.Sprint(r.status, " ", r.code))
}

func (r *request) read(answer *http.Response) {
	r.status = answer.StatusCode
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		r.retryAfter = time.Duration(seconds) * time.Second
	}
	if jsonv2.UnmarshalRead(answer.Body, &r.answer) != nil {
		r.answer = nil
	}
	if detail, _ := r.answer["detail"].(string); detail != "" {
		if at := strings.LastIndexByte(detail, '['); at >= 0 {
			r.code, _, _ = strings.Cut(detail[at+1:], ",")
		}
	}
}

// permitOf returns what a request may change about a person, found by id or by an
// address that the person had meanwhile.
func (w *world) permitOf(r *request, c change) permit {
	if p, ok := r.may[c.id]; ok {
		return p
	}
	for _, s := range w.history.during(c.id, r.sent, c.at) {
		if p, ok := r.may[s.email]; ok && s.email != "" {
			return p
		}
	}
	if r.others != nil {
		return *r.others
	}
	return permit{}
}

// sharesAddress reports whether two accounts had the same address between two times.
func (w *world) sharesAddress(a, b string, from, to time.Time) bool {
	for _, s := range w.history.during(a, from, to) {
		if s.email != "" && w.history.ever(b, from, to, func(other state) bool { return strings.EqualFold(other.email, s.email) }) {
			return true
		}
	}
	return false
}

// checkEffect compares changes in Suger with what the request asked for. The caller
// holds the lock.
func (w *world) checkEffect(r *request, changes []change) {
	for _, c := range changes {
		if r == nil {
			w.violate("unasked", "nobody asked for %s", c)
			continue
		}
		w.logf("  did   #%d %s", r.n, c)
		r.changes = append(r.changes, c)
		w.checkChange(r, c)
	}
}

func (w *world) checkChange(r *request, c change) {
	may := w.permitOf(r, c)
	for _, email := range []string{c.before.email, c.after.email} {
		if slices.Contains(protected, email) && c.before.member {
			w.violate("protected", "%s changed a protected person: %s", r, c)
		}
	}
	undone := w.undoes(r, c)
	switch {
	case undone:
	case !c.before.access() && c.after.access():
		if !may.join {
			w.violate("access", "%s gave access: %s", r, c)
		}
	case c.before.access() && !c.after.access(), c.before.member && !c.after.member:
		if !may.leave {
			w.violate("access", "%s took access: %s", r, c)
		}
	}
	if undone || !c.after.member {
		return
	}
	if c.before.role != c.after.role {
		w.checkRole(r, c, may)
	}
	if c.before.member && (c.before.first != c.after.first || c.before.last != c.after.last) && !may.names {
		w.violate("names", "%s changed the name: %s", r, c)
	}
	if c.before.member && c.before.email != c.after.email && may.email != c.after.email {
		w.violate("address", "%s changed the address: %s", r, c)
	}
	// A person with the new address gets the account. If the account became an
	// administrator since the request was sent, another replica did that within its
	// window.
	if w.history.always(c.id, r.sent, c.at.Add(-1), state.administrator) && c.before.email != c.after.email && w.onlyAdministrator(c.id, r.sent, c.at) {
		w.violate("administrator", "%s changed the address of the last administrator: %s", r, c)
	}
}

// undoes reports whether a change restores what the request itself removed, and keeps
// later changes by others. The request only knows the role that it read, not one that
// another replica gave between its read and its write. If no administrator was left,
// it does not know either that another request removed the administrator at that
// moment.
func (w *world) undoes(r *request, c change) bool {
	if c.after.administrator() && w.history.regained.After(r.sent) && w.history.ever(c.id, r.sent, c.at.Add(-1), state.administrator) {
		return true
	}
	return slices.ContainsFunc(r.changes, func(e change) bool {
		read := func(s state) bool { return s.role == c.after.role }
		return e.id == c.id && e.at.Before(c.at) &&
			(c.after.email == e.before.email || c.after.email == c.before.email) &&
			(c.after.role == c.before.role || w.history.ever(c.id, r.sent, e.at.Add(-1), read)) &&
			(c.after.access() == e.before.access() || c.after.access() == c.before.access())
	})
}

// onlyAdministrator reports whether no other person was an active administrator
// between two times.
func (w *world) onlyAdministrator(id string, from, to time.Time) bool {
	for other := range w.history.people {
		if other != id && w.history.ever(other, from, to, state.administrator) {
			return false
		}
	}
	return true
}

func (w *world) checkRole(r *request, c change, may permit) {
	held := func(s state) bool { return s.access() && s.role == c.before.role }
	throughout := c.before.member && w.history.always(c.id, r.sent, c.at.Add(-1), held)
	switch {
	case !slices.Contains(may.roles, c.after.role):
		w.violate("role", "%s gave a role that it did not ask for: %s", r, c)
	case r.joins != "" && throughout:
		w.violate("blind add", "%s changed the role of a present member: %s", r, c)
	case r.group == "" || !throughout || c.before.role == r.group:
	case rank(c.before.role) > rank(c.after.role):
		w.violate("lost role", "%s cost a higher role: %s", r, c)
	}
}

// checkAnswer compares an answer with what was true between request and answer. The
// caller holds the lock.
func (w *world) checkAnswer(r *request) {
	if r.ok() && r.claim != nil {
		if wrong := r.claim(r); wrong != "" {
			w.violate("answer", "%s was answered %d, but %s", r, r.status, wrong)
		}
	}
	if r.ends != "" && r.status != 0 {
		w.checkEnd(r)
	}
	if detail, _ := r.answer["detail"].(string); strings.Contains(detail, "was made one again") && w.history.lostLast != nil && w.history.lostLast.at.Before(r.sent) {
		w.violate("administrator", "%s was answered that there is an administrator again, and there was none", r)
	}
	if r.status == http.StatusInternalServerError {
		w.violate("internal", "%s was answered %v", r, r.answer)
	}
	if w.calmly(r) && r.alone && r.status != 0 {
		w.checkCalls(r)
		if !r.ok() && !r.stranger() && !w.excused(r) {
			w.violate("refused", "%s was answered %s without a reason", r, r.outcome())
		}
		if waited := r.called.Sub(r.came); !r.called.IsZero() && !r.stranger() && waited > time.Second {
			w.violate("waiting", "%s waited %s before its first call", r, waited)
		}
	}
}

// calmly reports whether Suger worked and no replica crashed during a request and
// shortly before.
func (w *world) calmly(r *request) bool {
	return w.conditions.name == calm.name && r.sent.After(w.disturbed.Add(time.Minute)) && r.sent.After(w.crashed)
}

// checkEnd checks that access ended, whatever else was wrong with a request.
func (w *world) checkEnd(r *request) {
	excused := []string{"last_admin", "protected_user", "token_refused", "suger_throttled", "suger_unavailable", "suger_unreadable",
		"write_unconfirmed", "unsupported_by_mapping", "version_mismatch", "not_found", "organization_unknown", "suger_refused", "not_allowed", "too_many_requests", "other_account"}
	if slices.Contains(excused, r.code) {
		return
	}
	if !w.history.ever(r.ends, r.sent, r.answered, func(s state) bool { return !s.access() }) {
		w.violate("leaver", "%s was answered %d %s, and the person had access all the time", r, r.status, r.code)
	}
	if r.ok() {
		w.checkOtherAccounts(r)
	}
}

// checkOtherAccounts checks that no answer reports that a person's access has ended
// while the person had access by another account with the same address.
func (w *world) checkOtherAccounts(r *request) {
	l := w.history
	for other := range l.people {
		// Another request can change the address meanwhile; which of them is read is
		// chance.
		shares := func(s state) bool {
			return !s.member || l.always(other, r.sent, r.answered, func(o state) bool { return strings.EqualFold(o.email, s.email) })
		}
		was := l.ever(r.ends, r.sent, r.sent, func(s state) bool { return s.member })
		if other != r.ends && was && l.always(r.ends, r.sent, r.answered, shares) && l.always(other, r.sent, r.answered, state.access) {
			w.violate("leaver", "%s was answered %d, and another account with the address had access all the time", r, r.status)
		}
	}
}

// excused reports whether the organization's state was a reason to refuse a request.
// The caller holds the lock.
func (w *world) excused(r *request) bool {
	l := w.history
	guarded := func(id string) bool {
		return slices.ContainsFunc(l.people[id], func(e period) bool { return slices.Contains(protected, e.email) })
	}
	switch r.code {
	case "not_found":
		return r.about != "" && l.ever(r.about, r.from, r.answered, func(s state) bool { return !s.member }) || r.group != "" && !w.isRole(r.group)
	case "invalid_value":
		return r.wrong || slices.ContainsFunc(r.listed, func(id string) bool { return !l.now(id).member })
	case "unknown_role", "username_not_email":
		return r.wrong || !w.isRole(r.asks) || r.echoes != "" && !w.isRole(r.echoes)
	case "user_exists":
		return r.joins != "" && l.anyWith(r.joins, "", state.access) || l.anyWith(r.may[r.about].email, r.about, func(s state) bool { return s.member })
	case "group_exists":
		return r.method == http.MethodPost && w.isRole(r.group)
	case "last_admin":
		helps := func(id string) bool { return l.now(id).status == sandbox.StatusActive && !w.doubted(r, id) }
		if r.group != "" {
			return r.group == sandbox.RoleAdmin && (l.admins == 1 || !w.othersAdminister(r) || !slices.ContainsFunc(r.listed, helps))
		}
		// The confirming list of an end of access can show that there is no
		// administrator.
		return l.now(r.about).administrator() && !w.othersAdminister(r) || l.admins == 0 && (r.ends != "" || r.method == http.MethodDelete)
	case "protected_user":
		return r.group != "" || guarded(r.about) || r.joins != "" && slices.Contains(protected, r.joins)
	case "conflicting_roles": // the client sends two roles, one of them read before
		return r.method == http.MethodPut || r.wrong
	case "other_account":
		for other := range l.people {
			if other != r.ends && w.sharesAddress(other, r.ends, r.sent, r.answered) && l.ever(other, r.sent, r.answered, state.access) {
				return true
			}
		}
		return false
	case "mutability":
		return r.what == "change address" && w.contract == "membership"
	case "token_refused":
		return w.revoked[r.key]
	case "suger_unavailable": // a large list has many pages, and pages can be late even in calm conditions
		return r.answered.Sub(r.sent) >= gateway.DefaultBudget
	}
	return false
}

// othersAdminister reports whether another person than the one in the request is an
// administrator whom the gateway does not doubt.
func (w *world) othersAdminister(r *request) bool {
	for id := range w.history.people {
		if id != r.about && w.history.now(id).administrator() && !w.doubted(r, id) {
			return true
		}
	}
	return false
}

// doubted reports whether an earlier request may still change a person. For ten
// minutes the gateway then does not count the person as an administrator.
func (w *world) doubted(r *request, id string) bool {
	return slices.ContainsFunc(w.requests, func(q *request) bool {
		failed := !q.ok() && (q.status == 0 || q.writes > 0 || q.code == "suger_unavailable") // whose write may have hung
		_, bulk := q.may[id]
		return q != r && q.sent.Before(r.sent) && q.sent.After(r.sent.Add(-12*time.Minute)) && (failed || q.partly) &&
			(q.partly && bulk || q.about == id || q.ends == id || q.group != "")
	})
}

// knowsAdministrator reports whether there is an active administrator whom the gateway
// does not doubt.
func (w *world) knowsAdministrator(r *request) bool {
	for id := range w.history.people {
		if w.history.now(id).administrator() && !w.doubted(r, id) {
			return true
		}
	}
	return false
}

// isRole reports whether Suger has a role with this name.
func (w *world) isRole(name string) bool {
	return slices.ContainsFunc(w.box.Roles(), func(r sandbox.Role) bool { return r.Name == name })
}

// checkCalls compares a request's calls with the budgets.
func (w *world) checkCalls(r *request) {
	if r.path == "/Bulk" {
		return
	}
	pages := 1
	if w.contract == "status" {
		pages = len(w.history.people)/19 + 2 // after a full page the gateway reads the next one
	}
	lists := 2 * pages
	if r.ends != "" && r.ok() { // ending access is a separate change
		lists = 3 * pages
	}
	if w.history.regained.After(r.sent) || !w.knowsAdministrator(r) { // such a list is read again
		lists += pages
	}
	if r.lists > lists {
		w.violate("calls", "%s read %d lists, at most %d are needed", r, r.lists, lists)
	}
	most := 2 * len(r.changes)
	if strings.HasPrefix(r.path, "/Groups") && (r.method == http.MethodPost || r.method == http.MethodDelete) {
		most++ // the role itself
	}
	if r.writes > most && !w.revoked[r.key] {
		w.violate("calls", "%s made %d writes for %d changes", r, r.writes, len(r.changes))
	}
}

// checkIdle checks what must be true whenever no request is in progress. The caller
// holds the lock.
func (w *world) checkIdle() {
	last := w.history.lostLast
	if last == nil || last.by == nil || last.by.answered.IsZero() {
		return
	}
	r := last.by
	if w.history.regained.After(r.sent) {
		w.history.lostLast = nil // there was no administrator at the start, and none at the end
		return
	}
	// The console has changed the person whom the gateway should have made
	// administrator again.
	console := slices.ContainsFunc(w.history.people[last.id], func(e period) bool { return e.by == nil && e.since.After(last.at) })
	// Or the person became administrator after the request read the list, and lost the
	// role by the request; no answer of Suger shows that.
	unseen := last.after.access() && last.after.email == last.before.email && slices.ContainsFunc(w.history.people[last.id], func(e period) bool {
		return e.by != r && e.administrator() && e.since.After(r.sent) && !e.since.After(last.at)
	})
	// Or another request changed the person at the same time.
	raced := r.code == "last_admin" && slices.ContainsFunc(w.history.people[last.id], func(e period) bool {
		return e.by != r && e.since.After(r.sent) && !e.since.After(r.answered)
	})
	troubled := console || raced || r.process.isDead() || !w.disturbed.Before(r.sent) || w.conditions.name != calm.name
	// A change of one person is confirmed by that person's record alone, so its answer
	// does not show this.
	hidden := unseen && r.group == "" && r.ok()
	if told := r.status != 0 && !r.ok() || r.partly; hidden || troubled && (told || r.process.isDead()) {
		w.history.lostLast = nil // the gateway could not undo it, and the client knows if it can know
		return
	}
	w.violate("administrator", "%s left no active administrator: %s", r, last)
	w.history.lostLast = nil
}
