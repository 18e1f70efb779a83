package proof

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping/spec"
)

// answers lists the error codes that are allowed while a fault lasts.
type answers []scim.Code

var (
	unavailable = answers{scim.CodeSugerUnavailable}
	unreadable  = answers{scim.CodeSugerUnreadable}
	harmless    = answers(nil) // no error: the request succeeds
)

// A faultCase is a fault of the sandbox and its allowed outcomes.
type faultCase struct {
	fault sandbox.Fault
	lasts answers
	// passes means that the request succeeds if the fault affects only one call to
	// Suger, whichever call it is.
	passes bool
	// unseen means that Suger's answers can hide the fault, so that a request can
	// succeed although Suger did only part of it.
	unseen bool
}

var faultCases = []faultCase{
	{sandbox.Fault{Kind: sandbox.Latency, Delay: time.Millisecond}, harmless, true, false},
	{sandbox.Fault{Kind: sandbox.Latency, Delay: time.Millisecond, After: true}, harmless, true, false},
	{sandbox.Fault{Kind: sandbox.ClockSkew, Delay: time.Hour}, harmless, true, false},
	{sandbox.Fault{Kind: sandbox.ClockSkew, Delay: -time.Hour}, harmless, true, false},
	{sandbox.Fault{Kind: sandbox.Hang}, unavailable, false, false},
	{sandbox.Fault{Kind: sandbox.Hang, After: true}, unavailable, false, false},
	{sandbox.Fault{Kind: sandbox.Reset}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.Reset, After: true}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.Cut}, unreadable, true, false},
	{sandbox.Fault{Kind: sandbox.Truncated}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.HTML}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.Empty}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.WrongShape}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.Literal, Body: `{"maintenance":true}`}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.Literal, Body: `[["maintenance"]]`}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.Status(400)}, answers{scim.CodeSugerRefused}, false, false},
	{sandbox.Fault{Kind: sandbox.Status(401)}, answers{scim.CodeTokenRefused}, false, false},
	{sandbox.Fault{Kind: sandbox.Status(403)}, answers{scim.CodeNotAllowed}, false, false},
	{sandbox.Fault{Kind: sandbox.Status(404)}, answers{scim.CodeNotFound, scim.CodeOrgUnknown}, false, false},
	{sandbox.Fault{Kind: sandbox.Status(429)}, answers{scim.CodeSugerThrottled}, true, false},
	{sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: 3 * time.Second}, answers{scim.CodeSugerThrottled}, true, false},
	{sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetryDate, RetryAfter: 3 * time.Second}, answers{scim.CodeSugerThrottled}, true, false},
	{sandbox.Fault{Kind: sandbox.Status(429), Retry: sandbox.RetrySeconds, RetryAfter: time.Hour}, answers{scim.CodeSugerThrottled}, false, false},
	{sandbox.Fault{Kind: sandbox.Status(500)}, unavailable, false, false},
	{sandbox.Fault{Kind: sandbox.Status(500), After: true}, unavailable, false, false},
	{sandbox.Fault{Kind: sandbox.Status(502)}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.Status(502), After: true}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.Status(503), Retry: sandbox.RetrySeconds, RetryAfter: 3 * time.Second}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.Status(504)}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.Status(504), After: true}, unavailable, true, false},
	{sandbox.Fault{Kind: sandbox.WrongOrganization}, unreadable, false, false},
	{sandbox.Fault{Kind: sandbox.NotApplied}, answers{scim.CodeWriteUnconfirmed, scim.CodePartialGroup, scim.CodeSugerRefused}, false, true},
	// Pages overlap by a row, so that a list which keeps shifting between two pages is
	// an error. A list in a single answer cannot shift.
	{sandbox.Fault{Kind: sandbox.ShiftingList, Shift: -1}, unreadable, true, true},
	{sandbox.Fault{Kind: sandbox.ShiftingList, Shift: 1}, unreadable, true, true},
}

// faultContracts are the contracts under test.
var faultContracts = []string{"membership", "status"}

// A faultRun is a contract and an environment. In memory the test runs in a
// testing/synctest bubble, where waits and time limits have their real values but take
// no time; otherwise it uses sockets.
type faultRun struct {
	contract string
	sockets  bool
}

// newStand starts a stand, with a list of two pages if the contract has pages. Over
// sockets it gives up hanging calls soon.
func (f faultRun) newStand(t testing.TB, hangs bool) *stand {
	return newStand(t, func(u *setup) {
		if f.contract == "status" {
			statusContract(u)
			require.Equal(t, 5, u.document.Operations.ListUsers.Paging.Size)
		}
		if !f.sockets {
			inMemory(u)
		} else if hangs {
			u.client.Timeout, u.client.Attempts = 40*time.Millisecond, 2
		}
	})
}

// test runs a test in this environment.
func (f faultRun) test(t *testing.T, test func(t *testing.T)) {
	if f.sockets {
		test(t)
	} else {
		synctest.Test(t, test)
	}
}

// An outcome is the result of a request without faults.
type outcome struct {
	status int
	text   string
	calls  int
	before state
	wanted state
}

// outcomes returns the outcomes of all requests, by name.
func outcomes(t *testing.T, contract string) map[string]outcome {
	all := make(map[string]outcome)
	where := faultRun{contract: contract}
	for _, kind := range scimRequests {
		where.test(t, func(t *testing.T) {
			s := where.newStand(t, false)
			before := s.state()
			got := s.do(t, kind.make(t, s))
			require.Empty(t, codesIn(got), "%s: %s", kind.name, got.text)
			require.NotZero(t, s.suger.Count(""))
			all[kind.name] = outcome{got.status, got.comparable(), s.suger.Count(""), before, s.state()}
		})
	}
	require.Len(t, all, len(scimRequests))
	return all
}

// A run is a request under a fault, with its outcome without the fault.
type run struct {
	*stand
	outcome
	request request
	unseen  bool
}

func (f faultRun) newRun(t *testing.T, kind scimRequest, good outcome, faults ...sandbox.Fault) *run {
	hangs := slices.ContainsFunc(faults, func(f sandbox.Fault) bool { return f.Kind == sandbox.Hang })
	r := &run{stand: f.newStand(t, hangs), outcome: good}
	r.request = kind.make(t, r.stand)
	require.NoError(t, r.suger.SetFaults(faults...))
	return r
}

// While a fault lasts, the request fails with the fault's code, within its time limit,
// and nothing happens that was not requested. After the fault, a retry does the rest.
func TestEveryFaultAtEveryRequest(t *testing.T) {
	for _, contract := range faultContracts {
		t.Run(contract, func(t *testing.T) { everyFaultAtEveryRequest(t, contract) })
	}
}

func everyFaultAtEveryRequest(t *testing.T, contract string) {
	good := outcomes(t, contract)
	for _, faultCase := range faultCases {
		t.Run(faultCase.fault.String(), func(t *testing.T) {
			t.Parallel()
			lastingFault(t, faultRun{contract: contract}, &faultCase, good)
		})
		if faultCase.ofConnections() {
			t.Run(faultCase.fault.String()+" over sockets", func(t *testing.T) {
				t.Parallel()
				lastingFault(t, faultRun{contract: contract, sockets: true}, &faultCase, good)
			})
		}
	}
}

func lastingFault(t *testing.T, where faultRun, faultCase *faultCase, good map[string]outcome) {
	for _, kind := range scimRequests {
		for _, agent := range faultCase.agents() {
			t.Run(strings.TrimSpace(kind.name+" "+agent), func(t *testing.T) {
				where.test(t, func(t *testing.T) {
					r := where.newRun(t, kind, good[kind.name], faultCase.fault)
					r.request.agent, r.unseen = agent, faultCase.unseen
					got := r.do(t, r.request)
					r.check(t, got)
					codes := codesIn(got)
					assert.Subset(t, faultCase.lasts, codes, "%s", got.text)
					if faultCase.lasts != nil && !faultCase.unseen && !faultCase.hasNoEffect(where.contract, kind.name) {
						assert.NotEmpty(t, codes, "%d %s", got.status, got.text)
					}
					r.converges(t)
				})
			})
		}
	}
}

// ofConnections reports whether the fault affects the connection rather than
// the answer, so that it is also tested over sockets.
func (t faultCase) ofConnections() bool {
	return slices.Contains([]sandbox.FaultKind{sandbox.Hang, sandbox.Reset, sandbox.Cut}, t.fault.Kind)
}

// hasNoEffect reports whether the fault does not change Suger's answers to the
// request: neither roles nor the rows of the membership contract name their
// organization.
func (t faultCase) hasNoEffect(contract, request string) bool {
	return t.fault.Kind == sandbox.WrongOrganization && (request == "list roles" || contract == "membership")
}

// hides reports whether a fault of one call can hide custom roles: 404 for the list of
// roles means that Suger does not have the list.
func (t faultCase) hides(request string) bool {
	return t.fault.Kind == sandbox.Status(404) && slices.Contains([]string{"list roles", "list groups", "query the root"}, request)
}

// sentOnce lists the operations that the gateway does not repeat if their outcome is
// unknown: the client has to retry them.
var sentOnce = []string{"add user", "add role"}

// agents returns the clients that get different answers.
func (t faultCase) agents() []string {
	if slices.Equal(t.lasts, unavailable) && t.fault.Kind != sandbox.Hang {
		return []string{"", userAgentOfOkta}
	}
	return []string{userAgentOfOkta}
}

// A fault of one call, for each call of the request in turn. The gateway repeats
// repeatable calls, so most faults do not show.
func TestEveryFaultAtOneCall(t *testing.T) {
	for _, contract := range faultContracts {
		t.Run(contract, func(t *testing.T) { everyFaultAtOneCall(t, contract) })
	}
}

func everyFaultAtOneCall(t *testing.T, contract string) {
	good := outcomes(t, contract)
	where := faultRun{contract: contract}
	for _, faultCase := range faultCases {
		if faultCase.lasts == nil {
			continue // even if it lasts
		}
		t.Run(faultCase.fault.String(), func(t *testing.T) {
			t.Parallel()
			for _, kind := range scimRequests {
				for n := range good[kind.name].calls {
					t.Run(fmt.Sprintf("%s, call %d", kind.name, n+1), func(t *testing.T) {
						where.test(t, func(t *testing.T) {
							r := where.newRun(t, kind, good[kind.name], atCall(n, faultCase.fault)...)
							r.unseen = faultCase.unseen || faultCase.hides(kind.name)
							got := r.do(t, r.request)
							r.check(t, got)
							if faultCase.passes && !slices.Contains(sentOnce, r.suger.Calls()[n].Operation) {
								assert.Empty(t, codesIn(got), "%s", got.text)
							}
							r.converges(t)
						})
					})
				}
			}
		})
	}
}

// atCall returns a fault of the n-th call only. A clock skew without effect uses up
// the earlier calls.
func atCall(n int, fault sandbox.Fault) []sandbox.Fault {
	fault.Times = 1
	if n == 0 {
		return []sandbox.Fault{fault}
	}
	return []sandbox.Fault{{Kind: sandbox.ClockSkew, Delay: time.Nanosecond, Times: n}, fault}
}

// check verifies what must hold under any fault.
func (r *run) check(t *testing.T, got answer) {
	t.Helper()
	now := r.state()
	assert.Empty(t, now.between(r.before, r.wanted), "Suger has data that was not requested")
	assert.LessOrEqual(t, r.waited(), gateway.DefaultBudget, "waits stay within the budget")
	r.neverRepeatsBlindly(t)
	codes := codesIn(got)
	if len(codes) == 0 && !r.unseen {
		assert.Equal(t, r.wanted, now, "an incomplete request must be an error: %d %s", got.status, got.text)
		assert.Equal(t, r.status, got.status)
		assert.Equal(t, r.text, got.comparable())
	}
	if got.status >= 400 {
		checkError(t, r.request, got)
	}
}

// checkError checks the form of an error, and its Retry-After.
func checkError(t *testing.T, r request, got answer) {
	t.Helper()
	code := codesIn(got)[0]
	assert.Equal(t, []any{"urn:ietf:params:scim:api:messages:2.0:Error"}, got.body["schemas"])
	assert.Equal(t, strconv.Itoa(got.status), got.body["status"])
	status := code.Entry().Status
	if r.agent == userAgentOfOkta && code == scim.CodeSugerUnavailable {
		status = http.StatusTooManyRequests
	}
	assert.Equal(t, status, got.status)
	after, again := got.header.Get("Retry-After"), got.status == http.StatusTooManyRequests || got.status == http.StatusServiceUnavailable
	assert.Equal(t, again, after != "")
	if again {
		seconds, err := strconv.Atoi(after)
		assert.NoError(t, err, "Okta accepts whole seconds only")
		assert.Positive(t, seconds)
	}
	detail, _ := got.body["detail"].(string)
	assert.NotContains(t, detail, "sugerclient", "no Go error text")
	assert.NotContains(t, detail, key)
	if code == scim.CodeSugerUnreadable {
		assert.True(t, slices.ContainsFunc(spec.OperationNames(), func(name string) bool { return strings.Contains(detail, strconv.Quote(name)) }),
			"the error names the operation: %s", detail)
	}
}

// codesIn returns the error codes of an answer: its own, or those of a bulk request's
// operations.
func codesIn(got answer) (codes []scim.Code) {
	bodies := []any{got.body}
	if operations, ok := got.body["Operations"].([]any); ok {
		bodies = nil
		for _, operation := range operations {
			bodies = append(bodies, operation.(map[string]any)["response"])
		}
	}
	for _, body := range bodies {
		object, _ := body.(map[string]any)
		detail, _ := object["detail"].(string)
		if before, _, ok := strings.Cut(detail[strings.LastIndex(detail, "[")+1:], ", "); ok && object["status"] != nil {
			codes = append(codes, scim.Code(before))
		}
	}
	return codes
}

// neverRepeatsBlindly checks that no create is sent again unless Suger answered it
// with 429 or the gateway has read the list since.
func (r *run) neverRepeatsBlindly(t *testing.T) {
	t.Helper()
	sent := make(map[string]bool)
	for _, call := range r.suger.Calls() {
		switch call.Operation {
		case "add user", "add role":
			assert.False(t, sent[call.Operation], "%q is repeated without reading the list first", call.Operation)
			sent[call.Operation] = call.Status != http.StatusTooManyRequests
		case "list users":
			sent["add user"] = false
		case "list roles":
			sent["add role"] = false
		}
	}
}

// converges checks that a retry, after the fault, does the rest.
func (r *run) converges(t *testing.T) {
	t.Helper()
	r.suger.ClearFaults()
	r.clock.advance(time.Minute)     // expires refused credentials and lists
	if r.setup.client.Timeout != 0 { // on a busy machine, calls that do not hang could exceed it
		r.setup.client.Timeout = 0
		r.url = r.newGateway(t)
	}
	again := r.request
	got := r.do(t, again)
	if slices.Contains(codesIn(got), scim.CodeGroupExists) { // the client links the group and pushes its members
		again.method, again.path = http.MethodPut, again.path+"/"+r.roleID(t, "Partners")
		got = r.do(t, again)
	}
	done := []scim.Code{scim.CodeUserExists, scim.CodeNotFound} // the first attempt has done it
	for _, code := range codesIn(got) {
		assert.Contains(t, done, code, "%s", got.text)
	}
	assert.Equal(t, r.wanted, r.state(), "%d %s", got.status, got.text)
}

// A state is Suger's data: a line for each role, by id, and for each user, by address.
// Ids that did not exist at the start are "new".
type state map[string]string

func (s *stand) state() state {
	held := state{}
	for _, role := range s.suger.Roles() {
		held["role "+s.initialID(role.ID)] = role.Name
	}
	for _, user := range s.suger.Users() {
		held["user "+user.Email] = strings.Join([]string{s.initialID(user.ID), s.initialID(user.Role), user.Status, user.FirstName, user.LastName}, " ")
	}
	return held
}

func (s *stand) initialID(id string) string {
	if s.ids[id] {
		return id
	}
	return "new"
}

// between returns the lines that are neither unchanged nor as requested.
func (now state) between(before, wanted state) (wrong []string) {
	for _, all := range []state{now, before, wanted} {
		for name := range all {
			if now[name] != before[name] && now[name] != wanted[name] {
				wrong = append(wrong, name+": "+now[name])
			}
		}
	}
	return wrong
}

// loopback matches the base URL of a test server.
var loopback = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// comparable returns the answer without what differs between runs: ports, times and
// values derived from them, and the order of lists, which is by time.
func (a answer) comparable() string {
	text, _ := json.MarshalIndent(constant(a.body), "", " ") // it was decoded from JSON
	return loopback.ReplaceAllString(string(text), "")
}

func constant(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = constant(member)
		}
		for _, name := range []string{"created", "lastModified", "version"} {
			delete(value, name)
		}
	case []any:
		for i, element := range value {
			value[i] = constant(element)
		}
		slices.SortFunc(value, func(a, b any) int { return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	}
	return value
}
