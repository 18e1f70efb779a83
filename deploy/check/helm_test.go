package check

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const chart = "../helm/suger-scim-gateway"

// kubeVersions are the oldest that the chart allows and a newer one.
var kubeVersions = []string{"1.30.0", "1.37.0"}

var helmBinary string

// TestMain builds Helm as go.mod pins it.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "helm")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		helmBinary = filepath.Join(folder, "helm")
		if out, err := exec.Command("go", "build", "-o", helmBinary, "helm.sh/helm/v3/cmd/helm").CombinedOutput(); err != nil {
			panic(fmt.Sprintf("building helm: %v\n%s", err, out))
		}
		return m.Run()
	}())
}

// helm runs Helm without the user's own configuration.
func helm(t *testing.T, args ...string) (string, error) {
	t.Helper()
	home := t.TempDir()
	command := exec.CommandContext(t.Context(), helmBinary, args...)
	command.Env = append(os.Environ(), "HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home)
	out, err := command.CombinedOutput()
	return string(out), err
}

// render returns what `helm template` makes of the chart.
func render(t *testing.T, args ...string) string {
	t.Helper()
	args = append([]string{"template", "scim", chart, "--namespace", "identity", "--kube-version", kubeVersions[1]}, args...)
	out, err := helm(t, args...)
	require.NoError(t, err, out)
	return out
}

func valuesFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(chart + "/ci/*-values.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

func TestChartIsRight(t *testing.T) {
	for _, file := range valuesFiles(t) {
		for _, version := range kubeVersions {
			t.Run(filepath.Base(file)+" on "+version, func(t *testing.T) {
				out, err := helm(t, "lint", "--strict", chart, "--kube-version", version, "--values", file)
				require.NoError(t, err, out)
				checkObjects(t, decode(t, render(t, "--kube-version", version, "--values", file)))
			})
		}
	}
}

// The rendered objects must use every template of the chart, or a template is not
// tested.
func TestEveryTemplateIsRendered(t *testing.T) {
	var all strings.Builder
	for _, file := range valuesFiles(t) {
		all.WriteString(render(t, "--values", file))
	}
	templates, err := filepath.Glob(chart + "/templates/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, templates)
	for _, template := range templates {
		assert.Contains(t, all.String(), "# Source: suger-scim-gateway/templates/"+filepath.Base(template))
	}
}

func TestChartRefuses(t *testing.T) {
	tests := []struct {
		name string
		set  string
		says string
	}{
		{"a misspelt value", "replicas=2", "'replicas' not allowed"},
		{"a misspelt setting", "config.SUGER_ORGID=example", "'SUGER_ORGID' not allowed"},
		{"a secret among the settings", "config.SUGER_CREDENTIAL=0123456789abcdef", "'SUGER_CREDENTIAL' not allowed"},
		{"a setting that the chart makes", "config.GATEWAY_OPS_ADDR=:1", "'GATEWAY_OPS_ADDR' not allowed"},
		{"no replica", "replicaCount=0", "minimum: got 0, want 1"},
		{"a digest that is none", "image.digest=latest", "does not match pattern"},
		{"keys without a Secret", "secrets.keys.opsToken=ops-token", "set secrets.existingSecret too"},
		{"a Secret without keys", "secrets.existingSecret=scim", "uses none of its keys"},
		{"a credential without tokens", "secrets.existingSecret=scim,secrets.keys.credential=key", "only of use together"},
		{"tokens without a credential", "secrets.existingSecret=scim,secrets.keys.tokens=tokens", "only of use together"},
		{"replicas that cannot read each other's cursors", "replicaCount=2", "must share the secret that signs paging cursors"},
		{"the same with autoscaling", "autoscaling.enabled=true", "must share the secret that signs paging cursors"},
		{"two mappings", "mapping.content=a,mapping.existingConfigMap=b", "exclude each other"},
		{"an ingress for no host", "ingress.enabled=true", "needs ingress.host"},
		{"a route from no gateway", "httpRoute.enabled=true", "needs httpRoute.parentRefs"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := helm(t, "template", "scim", chart, "--kube-version", kubeVersions[1], "--set-string=", "--set", test.set)
			require.Error(t, err)
			assert.Contains(t, out, test.says)
		})
	}
}

// An old cluster would silently ignore the pause before the stop.
func TestChartRefusesOldKubernetes(t *testing.T) {
	out, err := helm(t, "template", "scim", chart, "--kube-version", "1.29.9")
	require.Error(t, err)
	assert.Contains(t, out, "incompatible with Kubernetes v1.29.9")
}

// The program, the chart and the plain manifests are released together, under
// the version at the top of the changelog.
func TestVersionsAgree(t *testing.T) {
	changelog, err := os.ReadFile("../../CHANGELOG.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(changelog), "\n## ")
	require.True(t, found, "the changelog has no release")
	version, _, _ := strings.Cut(after, " ")
	description, err := os.ReadFile(chart + "/Chart.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(description), "\nversion: "+version+"\n")
	assert.Contains(t, string(description), "\nappVersion: "+version+"\n")
	manifests, err := os.ReadFile("../kubernetes/kustomization.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(manifests), "newTag: "+version+"\n")
}
