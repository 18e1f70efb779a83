package cli

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping"
)

// A transcript is what a command wrote so far; it may be read while the
// command runs.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
	grew chan struct{}
}

func newTranscript() *transcript { return &transcript{grew: make(chan struct{}, 1)} }

func (o *transcript) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	select {
	case o.grew <- struct{}{}:
	default:
	}
	return o.text.Write(p)
}

func (o *transcript) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// A started command runs beside the test.
type started struct {
	out, log *transcript
	stop     context.CancelFunc
	ended    chan error
}

func start(t *testing.T, args ...string) *started {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &started{out: newTranscript(), log: newTranscript(), stop: stop, ended: make(chan error, 1)}
	go func() { s.ended <- Run(ctx, args, s.out, s.log) }()
	t.Cleanup(stop)
	return s
}

// wait reads until the pattern's first group shows in o, and returns it.
func (s *started) wait(t *testing.T, o *transcript, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	for {
		if match := expression.FindStringSubmatch(o.String()); match != nil {
			return match[len(match)-1]
		}
		select {
		case <-o.grew:
		case err := <-s.ended:
			require.FailNow(t, "the command ended", "%v\n%s\n%s", err, s.out, s.log)
		}
	}
}

// end is the signal to stop, and what the command returns.
func (s *started) end() error {
	s.stop()
	return <-s.ended
}

func TestHelp(t *testing.T) {
	for _, word := range []string{"help", "-h", "-help", "--help"} {
		var out bytes.Buffer
		require.NoError(t, Run(t.Context(), []string{word}, &out, io.Discard))
		for _, cmd := range commands {
			assert.Contains(t, out.String(), "\n  "+cmd.name)
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
		{"an argument too many", []string{"version", "please"}, `version takes no argument "please"`},
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

func TestVersion(t *testing.T) {
	before, beforeCommit := version, commit
	t.Cleanup(func() { version, commit = before, beforeCommit })
	version, commit = "1.2.3", "abc123"
	var out bytes.Buffer
	require.NoError(t, Run(t.Context(), []string{"version"}, &out, io.Discard))
	assert.Equal(t, "suger-scim-gateway 1.2.3\ncommit abc123\n"+runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH+"\n", out.String())

	version, commit = "", ""
	v, revision := build()
	assert.NotEmpty(t, v)
	assert.NotEmpty(t, revision)
}

func TestMappingCommand(t *testing.T) {
	setEnvironment(t, nil)
	var printed bytes.Buffer
	require.NoError(t, Run(t.Context(), []string{"mapping", "--source"}, &printed, io.Discard))
	assert.Equal(t, string(mapping.DefaultSource()), printed.String())

	// What is printed is a mapping again, in either form.
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	var long, out bytes.Buffer
	require.NoError(t, Run(t.Context(), []string{"mapping"}, &long, io.Discard))
	assert.Contains(t, long.String(), "sends: changes\n")
	for _, form := range []string{printed.String(), long.String()} {
		writeFile(t, file, form)
		out.Reset()
		require.NoError(t, Run(t.Context(), []string{"mapping", "--check", file}, &out, io.Discard))
		assert.Equal(t, file+" is a valid mapping.\n", out.String())
	}

	changed := strings.Replace(printed.String(), "GET /org/{organization}/user", "GET /v2/org/{organization}/people", 1)
	require.NotEqual(t, printed.String(), changed)
	writeFile(t, file, changed)
	setEnvironment(t, map[string]string{"GATEWAY_MAPPING": file})
	out.Reset()
	require.NoError(t, Run(t.Context(), []string{"mapping", "--source"}, &out, io.Discard))
	assert.Equal(t, changed, out.String(), "the mapping in force is the file's")

	writeFile(t, file, "nonsense: true\n"+changed)
	err := Run(t.Context(), []string{"mapping", "--check", file}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, file+":1:1: unknown key")
	err = Run(t.Context(), []string{"mapping"}, io.Discard, io.Discard)
	assert.ErrorContains(t, err, "GATEWAY_MAPPING: "+file+":1:1: unknown key")
}
