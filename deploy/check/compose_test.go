package check

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// compose loads Compose files like the client, from a copy of deploy/ with a
// .env of these lines: it checks the schema, replaces every variable, and
// includes the services of all profiles.
func compose(t *testing.T, env []string, files ...string) (*types.Project, error) {
	t.Helper()
	folder := t.TempDir()
	paths := make([]string, len(files))
	for i, file := range files {
		text, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		paths[i] = filepath.Join(folder, file)
		require.NoError(t, os.WriteFile(paths[i], text, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, ".env"), []byte(strings.Join(env, "\n")+"\n"), 0o600))
	options, err := cli.NewProjectOptions(paths, cli.WithWorkingDirectory(folder), cli.WithEnvFiles(), cli.WithDotEnv, cli.WithProfiles([]string{"*"}))
	require.NoError(t, err)
	return options.LoadProject(t.Context())
}

var composeEnv = []string{"SUGER_ORG_ID=example", "SCIM_HOST=scim.example.com"}

const proxied, own, held, ops = "compose.yaml", "compose.own-certificate.yaml", "compose.held-credential.yaml", "compose.ops.yaml"

func TestComposeFiles(t *testing.T) {
	caddy := []string{"caddy 80:80", "caddy 443:443"}
	loopback := []string{"gateway 127.0.0.1:9090:9090", "prometheus 127.0.0.1:9091:9090", "grafana 127.0.0.1:3000:3000"}
	tests := []struct {
		name  string
		files []string
		ports []string // that the host publishes
	}{
		{"behind Caddy", []string{proxied}, caddy},
		{"behind Caddy, with a held credential", []string{proxied, held}, caddy},
		{"behind Caddy, watched", []string{proxied, ops}, slices.Concat(caddy, loopback)},
		{"with an own certificate", []string{own}, []string{"gateway 443:8080"}},
		{"with an own certificate, watched", []string{own, ops}, slices.Concat([]string{"gateway 443:8080"}, loopback)},
		{"with everything", []string{own, held, ops}, slices.Concat([]string{"gateway 443:8080"}, loopback)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			project, err := compose(t, composeEnv, test.files...)
			require.NoError(t, err)
			var ports []string
			for name, service := range project.Services {
				checkService(t, service)
				for _, port := range service.Ports {
					address := port.HostIP
					if address != "" {
						address += ":"
					}
					ports = append(ports, name+" "+address+port.Published+":"+strconv.Itoa(int(port.Target)))
				}
				checkSources(t, project.WorkingDir, service)
			}
			assert.ElementsMatch(t, test.ports, ports)
			checkPaths(t, project.Services["gateway"])
		})
	}
}

// Every setting that .env has reaches the gateway's container with that value,
// in each way to run it.
func TestComposePassesEverySetting(t *testing.T) {
	env := slices.Clone(composeEnv[1:])
	for _, name := range settingNames(t) {
		env = append(env, name+"=value of "+name)
	}
	for _, files := range [][]string{{proxied}, {own}, {proxied, held}, {proxied, ops}, {own, held, ops}} {
		t.Run(strings.Join(files, " with "), func(t *testing.T) {
			project, err := compose(t, env, files...)
			require.NoError(t, err)
			environment := project.Services["gateway"].Environment
			for _, name := range settingNames(t) {
				value, set := environment[name]
				if !assert.True(t, set && value != nil, "%s does not reach the gateway", name) {
					continue
				}
				if !strings.HasPrefix(*value, "/run/secrets/") { // what an overlay is laid over for
					assert.Equal(t, "value of "+name, *value, name)
				}
			}
		})
	}
}

// With COMPOSE_FILE, as the pages have it, the client loads the same project from
// the checkout as with -f: the folder of the first file is the project's, and its
// .env is read.
func TestComposeFileVariable(t *testing.T) {
	checkout := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(checkout, "deploy"), 0o700))
	var variable []string
	for _, file := range []string{proxied, held, ops} {
		text, err := os.ReadFile(filepath.Join("..", file))
		require.NoError(t, err)
		variable = append(variable, "deploy/"+file)
		require.NoError(t, os.WriteFile(filepath.Join(checkout, "deploy", file), text, 0o600))
	}
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "deploy", ".env"), []byte(strings.Join(composeEnv, "\n")+"\n"), 0o600))
	t.Chdir(checkout)
	load := func(files []string, env ...string) *types.Project {
		// The client's own order of these options.
		options, err := cli.NewProjectOptions(files, cli.WithEnv(env), cli.WithEnvFiles(), cli.WithDotEnv,
			cli.WithConfigFileEnv, cli.WithDefaultConfigPath, cli.WithEnvFiles(), cli.WithDotEnv)
		require.NoError(t, err)
		project, err := options.LoadProject(t.Context())
		require.NoError(t, err)
		project.Environment = nil // has COMPOSE_FILE itself
		return project
	}
	by := load(nil, "COMPOSE_FILE="+strings.Join(variable, ":"))
	assert.Equal(t, filepath.Join(checkout, "deploy"), by.WorkingDir)
	assert.Equal(t, "example", *by.Services["gateway"].Environment["SUGER_ORG_ID"])
	assert.Equal(t, load(variable), by)
}

// The monitoring uses the files of this version: the gateway's metrics, the
// rules of deploy/alerts and the dashboard of deploy/grafana.
func TestComposeWatches(t *testing.T) {
	project, err := compose(t, composeEnv, proxied, ops)
	require.NoError(t, err)
	for service, want := range map[string]map[string]string{
		"prometheus": {"alerts": "/etc/prometheus/rules", "prometheus/prometheus.yaml": "/etc/prometheus/prometheus.yaml"},
		"grafana":    {"grafana/provisioning": "/etc/grafana/provisioning", "grafana/dashboard.json": "/etc/grafana/dashboards/suger-scim-gateway.json"},
	} {
		mounted := map[string]string{}
		for _, volume := range project.Services[service].Volumes {
			if volume.Type == types.VolumeTypeBind {
				source, err := filepath.Rel(project.WorkingDir, volume.Source)
				require.NoError(t, err)
				mounted[source] = volume.Target
			}
		}
		assert.Equal(t, want, mounted, service)
		assert.Contains(t, project.Services[service].Networks, "ops")
		assert.NotContains(t, project.Services[service].Networks, "front", "%s could speak as Caddy", service)
	}
	assert.Contains(t, project.Services["gateway"].Networks, "ops")
	assert.Contains(t, project.Services["gateway"].Networks, "front")
	assert.Contains(t, project.Services["gateway"].Secrets, types.ServiceSecretConfig{Source: "ops-token", Target: "/run/secrets/ops-token"})
}

// checkSources checks that every mounted file and folder is in deploy/, except
// the host's own.
func checkSources(t *testing.T, folder string, service types.ServiceConfig) {
	t.Helper()
	for _, volume := range service.Volumes {
		if volume.Type != types.VolumeTypeBind {
			continue
		}
		source, err := filepath.Rel(folder, volume.Source)
		require.NoError(t, err)
		if source != "certificate" {
			assert.FileExists(t, markerOf(filepath.Join("..", source)), service.Name)
		}
	}
}

// markerOf is path, or a file in it if it is a folder.
func markerOf(path string) string {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return path
	}
	entries, err := os.ReadDir(path)
	if err != nil || len(entries) == 0 {
		return path
	}
	return markerOf(filepath.Join(path, entries[0].Name()))
}

func checkService(t *testing.T, service types.ServiceConfig) {
	t.Helper()
	assert.True(t, service.ReadOnly, service.Name)
	assert.Equal(t, []string{"ALL"}, service.CapDrop, service.Name)
	assert.Equal(t, []string{"no-new-privileges:true"}, service.SecurityOpt, service.Name)
	assert.NotZero(t, service.MemLimit, service.Name)
	assert.Regexp(t, `^[^:]+(:v?\d+(\.\d+)+[-\w]*)?$`, service.Image, "an image of others has an exact version")
	assert.Equal(t, "unless-stopped", service.Restart, service.Name)
}

// checkPaths checks that every file that a setting names is in the container.
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
		for _, file := range []string{proxied, own} {
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

// example.env has every variable that a Compose file requires, and only those
// and settings.
func TestExampleEnv(t *testing.T) {
	files, err := filepath.Glob("../compose*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	var read, required []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile(`\$\{([A-Z_]+)(:\?)?`).FindAllStringSubmatch(string(text), -1) {
			read = append(read, found[1])
			if found[2] != "" {
				required = append(required, found[1])
			}
		}
	}
	example, err := os.ReadFile("../example.env")
	require.NoError(t, err)
	var offered []string
	for line := range strings.Lines(string(example)) {
		if name, _, found := strings.Cut(line, "="); found && !strings.HasPrefix(line, "#") {
			offered = append(offered, name)
		}
	}
	require.NotEmpty(t, required)
	assert.Subset(t, offered, required)
	assert.Subset(t, slices.Concat(read, settingNames(t)), offered)
}

// The gateway trusts the forwarded headers of Caddy's network and of no other.
func TestComposeTrustsItsOwnNetwork(t *testing.T) {
	project, err := compose(t, composeEnv, proxied)
	require.NoError(t, err)
	trusted := project.Services["gateway"].Environment["GATEWAY_TRUSTED_PROXIES"]
	require.NotNil(t, trusted)
	assert.Equal(t, project.Networks["front"].Ipam.Config[0].Subnet, *trusted)
}
