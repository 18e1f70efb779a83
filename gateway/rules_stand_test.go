package gateway_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// The contracts for the rules: one in which access ends by removal, as in the
// default mapping, and one whose users have a status.
const (
	onMembership = "membership"
	onStatus     = "status"
)

var bothContracts = []string{onMembership, onStatus}

// A ruleStand is a gateway over a sandbox, with hooks between the two.
type ruleStand struct {
	*stack
	contract string
	audit    *lines
	upstream string
	config   mapping.Config

	// before is called with a request of the gateway and may answer it.
	before atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool]
	// rewrite may change an answer of the sandbox.
	rewrite atomic.Pointer[func(r *http.Request, body []byte) []byte]
}

func newRuleStand(t *testing.T, contract string, change ...func(*sandbox.Options, *mapping.Config)) *ruleStand {
	t.Helper()
	s := &ruleStand{contract: contract, audit: &lines{}, stack: &stack{t: t, log: &lines{}}}
	s.config = mapping.Config{AllowAdminGrant: true, CreateRoles: true, LookupCache: 100, LookupTTL: 1e12,
		Audit: slog.New(slog.NewJSONHandler(s.audit, nil)), Log: slog.New(slog.NewJSONHandler(s.log, nil))}
	options := sandbox.Options{Contract: contract, Keys: []string{key}, People: -1, Clients: map[string]string{"client": "client-secret"}}
	for _, c := range change {
		c(&options, &s.config)
	}
	var err error
	s.suger, err = sandbox.New(options)
	require.NoError(t, err)
	t.Cleanup(s.suger.Close)
	server := httptest.NewServer(http.HandlerFunc(s.between))
	t.Cleanup(server.Close)
	s.upstream = server.URL
	*s.stack = *s.replica(sugerclient.Config{})
	return s
}

// between passes the gateway's requests on to the sandbox.
func (s *ruleStand) between(w http.ResponseWriter, r *http.Request) {
	if before := s.before.Load(); before != nil && (*before)(w, r) {
		return
	}
	rewrite := s.rewrite.Load()
	if rewrite == nil {
		s.suger.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	s.suger.ServeHTTP(answer, r)
	maps.Copy(w.Header(), answer.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(answer.Code)
	_, _ = w.Write((*rewrite)(r, answer.Body.Bytes()))
}

func (s *ruleStand) onRequest(f func(w http.ResponseWriter, r *http.Request) bool) {
	s.before.Store(&f)
}

// onList changes the records of a list of users on their way to the gateway.
func (s *ruleStand) onList(change func(records []any)) {
	f := func(r *http.Request, body []byte) []byte {
		if r.Method != http.MethodGet || !strings.HasSuffix(r.URL.Path, "/user") {
			return body
		}
		var records []any
		decoder := json.NewDecoder(bytes.NewReader(body))
		if decoder.Decode(&records) != nil {
			return body
		}
		change(records)
		changed, _ := json.Marshal(records)
		return changed
	}
	s.rewrite.Store(&f)
}

// record returns the record of a sample person in a list.
func record(records []any, mailbox string) map[string]any {
	for _, one := range records {
		object, _ := one.(map[string]any)
		if object["email"] == mailbox+"@example.com" {
			return object
		}
	}
	return map[string]any{} // not on this page
}

// replica returns another gateway of the same kind, without cached state.
func (s *ruleStand) replica(client sugerclient.Config) *stack {
	t := s.t
	t.Helper()
	client.BaseURL, client.Attempts, client.Backoff = s.upstream, 1, 1
	suger, err := sugerclient.New(client)
	require.NoError(t, err)
	document := mapping.DefaultDocument()
	if s.contract != onMembership {
		file := "../mapping/variants/" + s.contract + ".yaml"
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		document, err = spec.Parse(file, data)
		require.NoError(t, err)
	}
	service, err := mapping.New(document, suger, s.config)
	require.NoError(t, err)
	handler := gateway.New(gateway.Config{Organization: sandbox.DefaultOrganization, Log: slog.New(slog.DiscardHandler)}, service)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &stack{t: t, url: server.URL, log: s.log, suger: s.suger, service: service, handler: handler}
}

// user returns the path of a sample person.
func (s *ruleStand) user(mailbox string) string {
	s.t.Helper()
	user, ok := s.suger.UserByEmail(mailbox + "@example.com")
	require.True(s.t, ok, mailbox)
	return "/scim/v2/Users/" + user.ID
}

// role returns the path of a group.
func (s *ruleStand) role(name string) string {
	s.t.Helper()
	for _, r := range s.suger.Roles() {
		if r.Name == name {
			return "/scim/v2/Groups/" + r.ID
		}
	}
	if name == "ADMIN" || name == "EDITOR" || name == "VIEWER" {
		return "/scim/v2/Groups/" + name
	}
	require.Fail(s.t, "no role", name)
	return ""
}

// state returns what Suger holds of a sample person: the name of the role and,
// where there is one, the status; "gone" if there is nobody.
func (s *ruleStand) state(mailbox string) string {
	user, ok := s.suger.UserByEmail(mailbox + "@example.com")
	if !ok {
		return "gone"
	}
	role := user.Role
	for _, r := range s.suger.Roles() {
		if r.ID == role {
			role = r.Name
		}
	}
	if s.contract == onMembership {
		return role
	}
	return role + " " + user.Status
}

// ended returns the state of a viewer whose access has ended.
func (s *ruleStand) ended() string {
	if s.contract == onMembership {
		return "gone"
	}
	return "VIEWER INACTIVE"
}

// has returns the state of a person with a role and access.
func (s *ruleStand) has(role string) string {
	if s.contract == onMembership {
		return role
	}
	return role + " ACTIVE"
}

// everybody returns the state of all sample people, to see that nobody was
// touched.
func (s *ruleStand) everybody() map[string]string {
	all := make(map[string]string)
	for _, user := range s.suger.Users() {
		all[user.Email] = s.state(strings.TrimSuffix(user.Email, "@example.com"))
	}
	return all
}

// writes counts the calls since the last reset that were no reads.
func (s *ruleStand) writes() (n int) {
	for _, call := range s.suger.Calls() {
		if call.Method != http.MethodGet {
			n++
		}
	}
	return n
}

// patch sends PATCH operations.
func (s *stack) patch(path, operations string, headers ...string) *answer {
	s.t.Helper()
	return s.do(http.MethodPatch, path, `{"schemas":["`+scim.URNPatchOp+`"],"Operations":[`+operations+`]}`, headers...)
}

// code returns the code of an error, "" for a success.
func (a *answer) code() scim.Code {
	if a.status < 400 {
		return ""
	}
	detail, _ := a.body["detail"].(string)
	words := detail[strings.LastIndex(detail, "[")+1:]
	word, _, _ := strings.Cut(words, ",")
	return scim.Code(word)
}

// records returns the audit records, in order.
func (s *ruleStand) records() (records []map[string]any) {
	for line := range strings.Lines(s.audit.String()) {
		var one map[string]any
		require.NoError(s.t, json.Unmarshal([]byte(line), &one))
		records = append(records, one)
	}
	return records
}

// sugerConfig is the client of another replica.
var sugerConfig = sugerclient.Config{}

// rowsOf decodes the records of a list, changes them and writes them again.
func rowsOf(t *testing.T, body []byte, change func(rows []map[string]any) []map[string]any) []byte {
	var rows []map[string]any
	if json.Unmarshal(body, &rows) != nil {
		return body
	}
	written, err := json.Marshal(change(rows))
	require.NoError(t, err)
	return written
}

// without leaves the row of an address out of a list.
func without(t *testing.T, body []byte, email string) []byte {
	return rowsOf(t, body, func(rows []map[string]any) []map[string]any {
		return slices.DeleteFunc(rows, func(row map[string]any) bool { return row["email"] == email })
	})
}

// doubled adds a changed copy of the row of an address to a list.
func doubled(t *testing.T, body []byte, email string, change func(row map[string]any)) []byte {
	return rowsOf(t, body, func(rows []map[string]any) []map[string]any {
		for _, row := range rows {
			if row["email"] == email {
				copied := maps.Clone(row)
				change(copied)
				return append(rows, copied)
			}
		}
		return rows
	})
}

// changed returns an answer with one object, changed.
func changed(t *testing.T, body []byte, change func(object map[string]any)) []byte {
	var object map[string]any
	require.NoError(t, json.Unmarshal(body, &object))
	if data, enveloped := object["data"].(map[string]any); enveloped {
		change(data)
	} else {
		change(object)
	}
	written, err := json.Marshal(object)
	require.NoError(t, err)
	return written
}
