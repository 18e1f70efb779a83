package check

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compose loads Compose files as the client does: against the schema, with
// every variable replaced.
func compose(t *testing.T, env []string, files ...string) (*types.Project, error) {
	t.Helper()
	paths := make([]string, len(files))
	for i, file := range files {
		paths[i] = filepath.Join("..", file)
	}
	options, err := cli.NewProjectOptions(paths, cli.WithEnv(env))
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

var composeEnv = []string{"SUGER_ORG_ID=example", "SCIM_HOST=scim.example.com"}

func TestComposeFiles(t *testing.T) {
	const proxied, own, held = "compose.yaml", "compose.own-certificate.yaml", "compose.held-credential.yaml"
	tests := []struct {
		name  string
		files []string
		ports []string // that the host publishes
	}{
		{"behind Caddy", []string{proxied}, []string{"caddy 80:80", "caddy 443:443"}},
		{"behind Caddy, with a held credential", []string{proxied, held}, []string{"caddy 80:80", "caddy 443:443"}},
		{"with an own certificate", []string{own}, []string{"gateway 443:8080"}},
		{"with both", []string{own, held}, []string{"gateway 443:8080"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			project, err := compose(t, composeEnv, test.files...)
			require.NoError(t, err)
			var ports []string
			for name, service := range project.Services {
				checkService(t, service)
				for _, port := range service.Ports {
					ports = append(ports, name+" "+port.Published+":"+strconv.Itoa(int(port.Target)))
				}
			}
			assert.ElementsMatch(t, test.ports, ports)
			checkPaths(t, project.Services["gateway"])
		})
	}
}

func checkService(t *testing.T, service types.ServiceConfig) {
	t.Helper()
	assert.True(t, service.ReadOnly, service.Name)
	assert.Equal(t, []string{"ALL"}, service.CapDrop, service.Name)
	assert.Equal(t, []string{"no-new-privileges:true"}, service.SecurityOpt, service.Name)
	assert.NotZero(t, service.MemLimit, service.Name)
	assert.Equal(t, "unless-stopped", service.Restart, service.Name)
}

// checkPaths wants every file that a setting names to be in the container.
func checkPaths(t *testing.T, service types.ServiceConfig) {
	t.Helper()
	folders := map[string]bool{}
	for _, volume := range service.Volumes {
		assert.True(t, volume.ReadOnly, volume.Target)
		folders[volume.Target] = true
	}
	secrets := map[string]bool{}
	for _, secret := range service.Secrets {
		secrets["/run/secrets/"+secret.Source] = true
	}
	for name, value := range service.Environment {
		require.NotNil(t, value, name)
		switch {
		case strings.HasSuffix(name, "_FILE"):
			assert.True(t, secrets[*value], "%s=%s is no secret of the container", name, *value)
		case strings.HasPrefix(name, "GATEWAY_TLS_"):
			assert.True(t, folders[filepath.Dir(*value)], "%s=%s is in no volume", name, *value)
		}
	}
}

// Without the two values that only the operator knows, nothing starts.
func TestComposeAsksForWhatItNeeds(t *testing.T) {
	for _, missing := range composeEnv {
		name, _, _ := strings.Cut(missing, "=")
		for _, file := range []string{"compose.yaml", "compose.own-certificate.yaml"} {
			t.Run(file+" without "+name, func(t *testing.T) {
				_, err := compose(t, []string{name + "=", otherThan(missing)}, file)
				require.ErrorContains(t, err, name)
			})
		}
	}
}

func otherThan(variable string) string {
	if variable == composeEnv[0] {
		return composeEnv[1]
	}
	return composeEnv[0]
}

// example.env has each variable that a Compose file reads.
func TestExampleEnvIsComplete(t *testing.T) {
	files, err := filepath.Glob("../compose*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	read := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`\$\{([A-Z_]+)`).FindAllStringSubmatch(string(text), -1) {
			read[found[1]] = true
		}
	}
	example, err := os.ReadFile("../example.env")
	require.NoError(t, err)
	offered := map[string]bool{}
	for line := range strings.Lines(string(example)) {
		if name, _, found := strings.Cut(line, "="); found && !strings.HasPrefix(line, "#") {
			offered[name] = true
		}
	}
	assert.Equal(t, read, offered)
}

// The gateway trusts the forwarded headers of Caddy's network and of no other.
func TestComposeTrustsItsOwnNetwork(t *testing.T) {
	project, err := compose(t, composeEnv, "compose.yaml")
	require.NoError(t, err)
	trusted := project.Services["gateway"].Environment["GATEWAY_TRUSTED_PROXIES"]
	require.NotNil(t, trusted)
	assert.Equal(t, project.Networks["front"].Ipam.Config[0].Subnet, *trusted)
}
