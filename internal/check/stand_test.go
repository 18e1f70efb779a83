package check_test

import (
	"cmp"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

const (
	testKey     = "test-key-0123456789"
	readOnlyKey = "read-only-key-0123456789"
	newcomer    = "preflight@example.com"
)

// noon is the sandbox's clock, so that reports are the same every day.
var noon = time.Date(2026, time.May, 4, 12, 0, 0, 0, time.UTC)

// A stand is a Suger and a check of it.
type stand struct {
	contract string
	prepare  func(*sandbox.Sandbox)
	people   int
	seats    int
	edits    []edit                                // of the mapping file
	front    func(suger http.Handler) http.Handler // what is between the check and the sandbox
	faults   []sandbox.Fault
	config   func(*check.Config)
	oauth    bool // the credential is exchanged for a token
	settings mapping.Config

	suger   *sandbox.Sandbox
	source  string // of the mapping
	written string // address of --write
}

// An edit replaces a piece of the mapping file, which must be there once.
type edit struct{ old, new string }

// run makes the check.
func (s *stand) run(t *testing.T) *check.Report {
	t.Helper()
	return check.Run(t.Context(), s.open(t))
}

// open starts the sandbox and puts the check together.
func (s *stand) open(t *testing.T) check.Config {
	t.Helper()
	people := s.people
	if people == 0 {
		people = 17
	}
	now := noon.Add(-time.Hour) // while it is prepared
	var err error
	s.suger, err = sandbox.New(sandbox.Options{
		Contract: cmp.Or(s.contract, "status"), Keys: []string{testKey}, ReadOnlyKeys: []string{readOnlyKey},
		Clients: map[string]string{"client-1": "client-secret-1"}, People: people, Seats: s.seats, Clock: func() time.Time { return now },
	})
	require.NoError(t, err)
	require.NoError(t, s.suger.SetFaults(s.faults...))
	if s.prepare != nil {
		s.prepare(s.suger)
	}
	now = noon
	var handler http.Handler = s.suger
	if s.front != nil {
		handler = s.front(handler)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", noon.Format(http.TimeFormat)) // the sandbox sets its own
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	t.Cleanup(s.suger.Close)

	config := check.Config{
		URL: server.URL, Auth: "key",
		Caller:   mapping.Caller{Organization: sandbox.DefaultOrganization, Credential: testKey, RequestID: "check"},
		Document: s.document(t), File: s.file(), Patience: time.Millisecond, Now: func() time.Time { return noon },
	}
	if s.config != nil {
		s.config(&config)
	}
	s.written = config.Write
	var auth sugerclient.Auth
	if s.oauth {
		config.TokenURL = config.URL + "/oauth2/token"
		auth.TokenURL = config.TokenURL
	}
	client, err := sugerclient.New(sugerclient.Config{BaseURL: config.URL, Auth: auth, Attempts: 2, RefusedFor: -1, Backoff: time.Millisecond})
	require.NoError(t, err)
	s.settings.DefaultRole, s.settings.GroupRoles = config.Settings.DefaultRole, config.Settings.GroupRoles
	s.settings.AllowAdminGrant, s.settings.Now = true, config.Now
	config.Client, config.Settings = client, s.settings
	config.Service, err = mapping.New(config.Document, client, s.settings)
	require.NoError(t, err)
	return config
}

func (s *stand) file() string {
	switch s.contract {
	case "membership", "documented":
		return mapping.DefaultName
	}
	return cmp.Or(s.contract, "status") + ".yaml"
}

// document returns the mapping of the contract with the edits made.
func (s *stand) document(t *testing.T) *spec.Document {
	t.Helper()
	s.source = string(mapping.DefaultSource())
	if s.file() != mapping.DefaultName {
		data, err := os.ReadFile("../../mapping/variants/" + s.file())
		require.NoError(t, err)
		s.source = string(data)
	}
	for _, e := range s.edits {
		require.Equal(t, 1, strings.Count(s.source, e.old), "%q is to be in the mapping once", e.old)
		s.source = strings.Replace(s.source, e.old, e.new, 1)
	}
	document, err := spec.Parse(s.file(), []byte(s.source))
	require.NoError(t, err)
	return document
}

// assertNothingPersonal makes sure that no credential and nobody's name or
// address is in a report.
func (s *stand) assertNothingPersonal(t *testing.T, report string) {
	t.Helper()
	for _, secret := range []string{testKey, readOnlyKey, "client-secret-1", "another-secret", "no-key-of-suger"} {
		assert.NotContains(t, report, secret)
	}
	words := strings.FieldsFunc(report, func(c rune) bool { return !unicode.IsLetter(c) && !strings.ContainsRune("@.-", c) })
	for _, user := range s.suger.Users() {
		if strings.EqualFold(user.Email, s.written) {
			continue
		}
		assert.NotContains(t, strings.ToLower(report), strings.ToLower(user.Email))
		assert.NotContains(t, words, user.FirstName)
		assert.NotContains(t, words, user.LastName)
	}
}

// text returns a report as a person reads it.
func text(r *check.Report) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", r.Suger)
	for _, line := range r.Lines {
		b.WriteString(line.String())
	}
	return b.String() + r.Summary()
}
