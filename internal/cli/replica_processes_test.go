package cli

import (
	"bufio"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/conversation"
)

// A replica is a gateway in a process of its own.
type replica struct {
	process *exec.Cmd
	address *url.URL
}

var servingAt = regexp.MustCompile(`"scim_address":"([^"]+)"`)

// buildProgram builds the program as it is delivered, and tells where it is.
func buildProgram(t *testing.T) string {
	program := filepath.Join(t.TempDir(), "suger-scim-gateway")
	text, err := exec.Command("go", "build", "-trimpath", "-o", program, ".").CombinedOutput()
	require.NoError(t, err, "%s", text)
	return program
}

// startReplica starts a gateway with the settings of the environment, and waits
// until it serves.
func startReplica(t *testing.T, program string) *replica {
	process := exec.Command(program, "serve")
	process.Env = append(os.Environ(), "GATEWAY_ADDR=127.0.0.1:0", "GATEWAY_OPS_ADDR=127.0.0.1:0")
	log, err := process.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	r := &replica{process: process}
	t.Cleanup(r.kill)
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if match := servingAt.FindStringSubmatch(lines.Text()); match != nil {
			r.address, err = url.Parse("http://" + match[1])
			require.NoError(t, err)
			go func() {
				for lines.Scan() { // or the process would wait for somebody to read its log
				}
			}()
			return r
		}
	}
	require.Fail(t, "the gateway did not start", "%v", process.Wait())
	return nil
}

// kill ends the process as if its machine were gone.
func (r *replica) kill() {
	_ = r.process.Process.Kill() // it may be dead
	_ = r.process.Wait()
}

// Okta's conversations through three gateway processes behind a balancer that
// takes turns. Between any two steps one of them is killed, without warning, and
// another comes in its place. The clock is the real one, so that lists are a few
// milliseconds old and nothing that is remembered has had time to grow old.
func TestConversationsOfReplicaProcesses(t *testing.T) {
	stories, err := conversation.Load(filepath.Join("testdata", "okta", "*.txtar"))
	require.NoError(t, err)
	program := buildProgram(t)
	for _, story := range stories {
		t.Run(filepath.Base(story.File), func(t *testing.T) {
			if _, ok := story.Given.Settings["GATEWAY_CHANGE_BRAKE"]; ok {
				t.Log("not played: each replica has a brake of its own")
				return
			}
			s := stageOf(t, story)
			t.Setenv("GATEWAY_LIST_TTL", "0s") // what stories say of waiting is for lists that are older
			playOnReplicas(t, s, story, program)
		})
	}
}

func playOnReplicas(t *testing.T, s *stage, story *conversation.Story, program string) {
	replicas := []*replica{startReplica(t, program), startReplica(t, program), startReplica(t, program)}
	var turn atomic.Int64
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(replicas[int(turn.Add(1))%len(replicas)].address)
		p.Out.Host = p.In.Host
	}})
	t.Cleanup(balancer.Close)

	stack := s.stack(balancer.URL)
	stack.Calls = nil // every gateway asks for itself
	stack.Before = func(step int) {
		if step > 0 {
			dead := step / 2 % len(replicas)
			replicas[dead].kill()
			replicas[dead] = startReplica(t, program)
		}
	}
	require.NoError(t, story.Play(t.Context(), stack))
}
