package cli

import (
	"bytes"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/mapping"
)

func TestHelp(t *testing.T) {
	for _, word := range []string{"help", "-h", "-help", "--help"} {
		var out bytes.Buffer
		require.NoError(t, Run(t.Context(), []string{word}, &out, io.Discard))
		for _, cmd := range commands {
			assert.Contains(t, out.String(), "\n  "+cmd.Name)
		}
	}
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string // the error, "" for none
	}{
		{"an unknown command", []string{"server"}, `there is no command "server"; suger-scim-gateway help lists them`},
		{"an unknown flag", []string{"demo", "--port", "1"}, "flag provided but not defined: -port"},
		{"an argument too many", []string{"version", "please"}, `version accepts no argument "please"`},
		{"help for a command", []string{"sandbox", "-h"}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := Run(t.Context(), test.args, io.Discard, io.Discard)
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.EqualError(t, err, test.want)
		})
	}
}

// Requested help goes to standard output.
func TestHelpOfACommand(t *testing.T) {
	for _, cmd := range commands {
		for _, args := range [][]string{{"help", cmd.Name}, {cmd.Name, "-h"}, {cmd.Name, "--help"}} {
			var out, errors bytes.Buffer
			require.NoError(t, Run(t.Context(), args, &out, &errors), "%v", args)
			assert.Contains(t, out.String(), strings.TrimSpace("usage: suger-scim-gateway "+cmd.Name+" "+cmd.arguments)+"\n\n"+cmd.Summary+"\n")
			assert.Empty(t, errors.String())
		}
	}
	assert.ErrorContains(t, Run(t.Context(), []string{"help", "server"}, io.Discard, io.Discard), `no command "server"`)
}

// The help of serve has every setting with its default and meaning.
func TestHelpOfServe(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, Run(t.Context(), []string{"serve", "-h"}, &out, io.Discard))
	for line := range strings.Lines(out.String()) {
		assert.LessOrEqual(t, len(line), 81, line)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, setting := range settings.Describe() {
		assert.Contains(t, text, setting.Meaning, setting.Name)
		if setting.Default != "" {
			assert.Contains(t, text, " ("+setting.Default+") "+strings.Join(strings.Fields(setting.Meaning), " "), setting.Name)
		}
	}
	for _, name := range settings.Names() {
		assert.Regexp(t, `\b`+name+`\b`, text)
	}
}

func TestVersion(t *testing.T) {
	before, beforeCommit := version, commit
	t.Cleanup(func() { version, commit = before, beforeCommit })
	version, commit = "1.2.3", "abc123"
	for _, word := range []string{"version", "-version", "--version"} {
		var out bytes.Buffer
		require.NoError(t, Run(t.Context(), []string{word}, &out, io.Discard))
		assert.Equal(t, "suger-scim-gateway 1.2.3\ncommit abc123\n"+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH+"\n", out.String())
	}

	version, commit = "", ""
	b := build()
	assert.NotEmpty(t, b.Version)
	assert.NotEmpty(t, b.Commit)
}

func TestMappingCommand(t *testing.T) {
	program.SetEnvironment(t, settings.Names(), nil)
	var printed bytes.Buffer
	require.NoError(t, Run(t.Context(), []string{"mapping"}, &printed, io.Discard))
	assert.Equal(t, string(mapping.DefaultSource()), printed.String())

	file := filepath.Join(t.TempDir(), "mapping.yaml")
	var out bytes.Buffer
	program.WriteFile(t, file, printed.String())
	require.NoError(t, Run(t.Context(), []string{"mapping", "--check", file}, &out, io.Discard))
	assert.Equal(t, file+" is a valid mapping.\n", out.String())

	changed := strings.Replace(printed.String(), "GET /org/{organization}/user", "GET /v2/org/{organization}/people", 1)
	require.NotEqual(t, printed.String(), changed)
	program.WriteFile(t, file, changed)
	program.SetEnvironment(t, settings.Names(), map[string]string{"GATEWAY_MAPPING": file})
	out.Reset()
	require.NoError(t, Run(t.Context(), []string{"mapping"}, &out, io.Discard))
	assert.Equal(t, changed, out.String(), "the current mapping is the file's")

	program.WriteFile(t, file, "nonsense: true\n"+changed)
	err := Run(t.Context(), []string{"mapping", "--check", file}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, file+":1:1: nonsense: unknown key")
	err = Run(t.Context(), []string{"mapping"}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "GATEWAY_MAPPING: "+file+":1:1: nonsense: unknown key")
}
