package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

var (
	modelSeed  = flag.Uint64("model.seed", 0, "run the role model with this seed only, to see a failure again")
	modelSteps = flag.Int("model.steps", 200, "steps of the role model for each seed")
)

// Okta-shaped requests at random, through two gateways in turn, with changes in
// Suger's console between them: after each, the organization is as the model has
// it, every gateway shows it so, and a repeat writes nothing.
func TestRoleModel(t *testing.T) {
	seeds := []uint64{1, 2, 3, 4, uint64(time.Now().UnixNano())}
	if *modelSeed != 0 {
		seeds = []uint64{*modelSeed}
	}
	for _, contract := range []string{"membership", "status"} {
		for _, seed := range seeds {
			t.Run(fmt.Sprintf("%s/-model.seed=%d", contract, seed), func(t *testing.T) {
				run := newModelRun(t, contract, seed)
				for range *modelSteps {
					run.step()
				}
			})
		}
	}
}

// A modelRun is a model and an organization that are led through the same requests.
type modelRun struct {
	*roleModel
	t        *testing.T
	stage    *stage
	gateways []*httptest.Server
	current  int // index of the gateway that answers
	rand     *rand.Rand
	story    []string // the latest steps, for a failure
}

func newModelRun(t *testing.T, contract string, seed uint64) *modelRun {
	values := map[string]string{"GATEWAY_GROUP_ROLES": "Suger Editors=EDITOR"}
	if contract == "status" {
		values["GATEWAY_MAPPING"] = filepath.Join("mapping", "variants", "status.yaml")
	}
	stage := newStage(t, sandbox.Options{Contract: contract}, values)
	run := &modelRun{
		roleModel: &roleModel{removal: contract == "membership", people: map[string]*modelPerson{}, custom: []string{"Finance", "Deal desk"}},
		t:         t, stage: stage, rand: rand.New(rand.NewPCG(seed, 0)),
		gateways: []*httptest.Server{stage.newGateway(t), stage.newGateway(t)},
	}
	for _, user := range stage.suger.Users() {
		run.people[strings.ToLower(user.Email)] = &modelPerson{
			role: run.roleName(user.Role), active: user.Status != "INACTIVE", invited: user.Status == "INVITED",
		}
	}
	return run
}

func (m *modelRun) roleName(id string) string {
	for _, role := range m.stage.suger.Roles() {
		if role.ID == id {
			return role.Name
		}
	}
	return id
}

func (m *modelRun) roleID(name string) string {
	for _, role := range m.stage.suger.Roles() {
		if role.Name == name {
			return role.ID
		}
	}
	return "no-such-role"
}

func (m *modelRun) userID(email string) string {
	user, _ := m.stage.suger.UserByEmail(email)
	return user.ID
}

// step makes one change and compares.
func (m *modelRun) step() {
	if m.rand.IntN(4) == 0 { // lists are only as fresh as they promise, so another gateway comes later
		m.current = 1 - m.current
		m.stage.clock.Advance(11 * time.Second)
	}
	m.stage.clock.Advance(time.Duration(m.rand.IntN(1500)) * time.Millisecond)
	operations := []func(){
		m.putUser, m.putUser, m.putOldEcho, m.patchUser, m.patchUser, m.setActive, m.setActive, m.createUser, m.createUser,
		m.removeUser, m.changeMembers, m.changeMembers, m.changeMembers, m.replaceMembers,
		m.createGroup, m.deleteGroup, m.renameGroup, m.renameNoise, m.inTheConsole,
	}
	operations[m.rand.IntN(len(operations))]()
	m.compare()
}

// ask sends a request and checks that it ends as the model says; a success is
// repeated, which must write nothing.
func (m *modelRun) ask(want outcome, method, path string, body any) {
	m.t.Helper()
	m.askOnce(want, method, path, body)
	if want == done && method != http.MethodPost && method != http.MethodDelete {
		m.repeat(method, path, body)
	}
}

func (m *modelRun) askOnce(want outcome, method, path string, body any) {
	m.t.Helper()
	status, answer := m.send(method, path, body)
	m.story = append(m.story, fmt.Sprintf("%s %s %s -> %d, the model says %s", method, path, asJSON(body), status, want))
	ok := map[outcome]bool{
		done: status < 300, conflict: status == http.StatusConflict, invalid: status == http.StatusBadRequest,
	}[want]
	if !ok {
		m.fail("the answer is %s", answer)
	}
}

// repeat sends a request again, which must write nothing.
func (m *modelRun) repeat(method, path string, body any) {
	m.t.Helper()
	m.stage.suger.ResetCalls()
	status, answer := m.send(method, path, body)
	// A PUT that carries the role from before beside the one that it has given
	// contradicts itself when it comes again.
	contradicts := method == http.MethodPut && status == http.StatusBadRequest && strings.Contains(answer, "[conflicting_roles, ")
	if status >= 300 && !contradicts {
		m.fail("a repeat is answered %d %s", status, answer)
	}
	for _, call := range m.stage.suger.Calls() {
		if call.Method != http.MethodGet {
			m.fail("a repeat makes the call %s %s", call.Method, call.Path)
		}
	}
}

func (m *modelRun) send(method, path string, body any) (status int, answer string) {
	var sent io.Reader
	if body != nil {
		sent = bytes.NewBufferString(asJSON(body))
	}
	request, err := http.NewRequestWithContext(m.t.Context(), method, m.gateways[m.current].URL+"/scim/v2"+path, sent)
	require.NoError(m.t, err)
	request.Header.Set("Authorization", "Bearer "+testKey)
	request.Header.Set("Content-Type", "application/scim+json")
	response, err := http.DefaultClient.Do(request)
	require.NoError(m.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(m.t, err)
	return response.StatusCode, string(text)
}

func (m *modelRun) get(path string) map[string]any {
	status, answer := m.send(http.MethodGet, path, nil)
	if status != http.StatusOK {
		m.fail("GET %s: %d %s", path, status, answer)
	}
	var object map[string]any
	require.NoError(m.t, json.Unmarshal([]byte(answer), &object))
	return object
}

func asJSON(body any) string {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // of a test's own literals
	}
	return string(text)
}

func (m *modelRun) fail(format string, args ...any) {
	m.t.Helper()
	latest := m.story[max(0, len(m.story)-5):]
	m.t.Fatalf("%s\nThe latest steps were:\n%s", fmt.Sprintf(format, args...), strings.Join(latest, "\n"))
}

// compare holds Suger, and what the gateway shows of it, against the model.
func (m *modelRun) compare() {
	m.t.Helper()
	is := map[string]modelPerson{}
	for _, user := range m.stage.suger.Users() {
		is[strings.ToLower(user.Email)] = modelPerson{
			role: m.roleName(user.Role), active: user.Status != "INACTIVE", invited: user.Status == "INVITED",
		}
	}
	for email, p := range m.people {
		if is[email] != *p {
			m.fail("%s is %+v, not %+v", email, is[email], *p)
		}
	}
	if len(is) != len(m.people) {
		m.fail("there are %d users, not %d", len(is), len(m.people))
	}
	if roles := m.stage.suger.Roles(); len(roles) != 3+len(m.custom) {
		m.fail("there are the roles %v, not %v", roles, m.custom)
	}
	m.compareShown()
}

// compareShown reads one person, the lookup of another and one group.
func (m *modelRun) compareShown() {
	email := m.somebody()
	user := m.get("/Users/" + m.userID(email))
	extension := user["urn:ietf:params:scim:schemas:extension:suger:2.0:User"].(map[string]any)
	if p := m.people[email]; extension["role"] != p.role || user["active"] != p.active {
		m.fail("%s is shown with %v and active %v, not %+v", email, extension["role"], user["active"], *p)
	}
	for _, email := range []string{m.somebody(), m.anybody()} {
		found := m.get("/Users?filter=" + url.QueryEscape(fmt.Sprintf("userName eq %q", strings.ToUpper(email))))["totalResults"]
		if _, is := m.people[email]; (found == 1.0) != is {
			m.fail("a lookup of %s finds %v", email, found)
		}
	}
	role := m.someRole()
	shown := []string{}
	members, _ := m.get("/Groups/" + m.roleID(role))["members"].([]any)
	for _, member := range members {
		shown = append(shown, strings.ToLower(member.(map[string]any)["display"].(string)))
	}
	want := []string{}
	for email, p := range m.people {
		if p.role == role {
			want = append(want, email)
		}
	}
	slices.Sort(shown)
	slices.Sort(want)
	if !slices.Equal(shown, want) {
		m.fail("%s is shown with the members %v, not %v", role, shown, want)
	}
}
