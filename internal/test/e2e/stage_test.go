package e2e

import (
	"fmt"
	"io"
	"maps"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/gateway"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/conversation"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

const testKey = "test-key-0123456789"

// A stage is a Suger sandbox behind any number of gateways, connected by real
// HTTP on loopback and configured by the environment.
type stage struct {
	suger    *sandbox.Sandbox
	sugerURL string
	clock    *standin.Clock
	values   map[string]string // settings
	config   *settings.Config
}

// newStage starts the sandbox and reads the settings: those of the story, and the
// mapping for the sandbox's contract.
func newStage(t *testing.T, options sandbox.Options, values map[string]string) *stage {
	s := &stage{clock: standin.NewClock(time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC))}
	options.Keys = []string{testKey}
	options.Clock = s.clock.Now
	if options.People == 0 {
		options.People = -1 // only the fixed users
	}
	var err error
	s.suger, err = sandbox.New(options)
	require.NoError(t, err)
	server := httptest.NewServer(s.suger)
	t.Cleanup(server.Close)
	t.Cleanup(s.suger.Close)
	s.sugerURL = server.URL

	s.values = map[string]string{"SUGER_API_URL": server.URL, "SUGER_ORG_ID": sandbox.DefaultOrganization}
	if options.Contract != "" && options.Contract != "membership" {
		s.values["GATEWAY_MAPPING"] = filepath.Join("mapping", "variants", options.Contract+".yaml")
	}
	maps.Copy(s.values, values)
	program.InEnvironment(t, settings.Names(), s.values, func() { s.config, err = settings.Load(io.Discard) })
	require.NoError(t, err)
	return s
}

// newGateway starts a new gateway on the stage's clock.
func (s *stage) newGateway(t *testing.T) *httptest.Server {
	client, err := sugerclient.New(sugerclient.Config{
		BaseURL: s.sugerURL, Concurrency: s.config.SugerConcurrency, Now: s.clock.Now,
	})
	require.NoError(t, err)
	config := s.config.Mapping()
	config.Now = s.clock.Now
	service, err := mapping.New(s.config.Document, client, config)
	require.NoError(t, err)
	handler := gateway.New(gateway.Config{
		Organization: string(s.config.Organization), Now: s.clock.Now, Version: "test",
	}, service)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// stack returns the stage for playing a story against the gateway at address.
func (s *stage) stack(address string) conversation.Stack {
	return conversation.Stack{
		BaseURL: address + "/scim/v2",
		Token:   testKey,
		Calls:   s.calls,
		State:   s.state,
		Behind:  s.behind,
	}
}

// calls returns the operations that Suger has received since it was last called.
func (s *stage) calls() []string {
	var names []string
	for _, call := range s.suger.Calls() {
		names = append(names, call.Operation)
	}
	s.suger.ResetCalls()
	return names
}

func (s *stage) state(email string) string {
	user, ok := s.suger.UserByEmail(email)
	if !ok {
		return "absent"
	}
	role := user.Role
	for _, r := range s.suger.Roles() {
		if r.ID == user.Role {
			role = r.Name
		}
	}
	return strings.Join([]string{role, user.Status, user.FirstName, user.LastName}, " ")
}

// behind executes "wait DURATION", "remove EMAIL", "role EMAIL ID" and "permit
// ROLE PERMISSION".
func (s *stage) behind(line string) error {
	words := strings.Fields(line)
	if len(words) == 2 && words[0] == "wait" {
		d, err := time.ParseDuration(words[1])
		s.clock.Advance(d)
		return err
	}
	if permitted, ok := strings.CutPrefix(line, "permit "); ok {
		return s.permit(permitted)
	}
	if len(words) < 2 {
		return fmt.Errorf("there is no such act")
	}
	user, ok := s.suger.UserByEmail(words[1])
	switch {
	case !ok:
		return fmt.Errorf("Suger has no such user")
	case words[0] == "remove" && len(words) == 2:
		s.suger.RemoveUser(user.ID)
	case words[0] == "role" && len(words) == 3:
		user.Role = words[2]
		s.suger.PutUser(user)
	default:
		return fmt.Errorf("there is no such act")
	}
	return nil
}

// permit gives a role a permission, as an administrator does in Suger's console.
func (s *stage) permit(line string) error {
	for _, role := range s.suger.Roles() {
		if permission, ok := strings.CutPrefix(line, role.Name+" "); ok {
			role.Permissions = append(role.Permissions, permission)
			s.suger.PutRole(role)
			return nil
		}
	}
	return fmt.Errorf("Suger has no such role")
}
