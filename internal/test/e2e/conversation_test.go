package e2e

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/conversation"
	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

var update = flag.Bool("update", false, "rewrite different responses of the stories in testdata; review the diff")

// clients are the identity providers whose conversations are in testdata; "rfc" is no
// particular one. okta/status has Okta's conversations with a Suger whose users have a
// status.
var clients = []string{"rfc", "okta", "okta/status", "entra", "onelogin", "jumpcloud", "google"}

// eachStory runs test for every story.
func eachStory(t *testing.T, test func(t *testing.T, story *conversation.Story)) {
	for _, client := range clients {
		for _, story := range loadStories(t, client) {
			t.Run(client+"/"+filepath.Base(story.File), func(t *testing.T) { test(t, story) })
		}
	}
}

func loadStories(t *testing.T, client string) []*conversation.Story {
	stories, err := conversation.Load(filepath.Join("testdata", filepath.FromSlash(client), "*.txtar"))
	require.NoError(t, err)
	return stories
}

// stageOf returns a stage with the story's contract and the mapping for it.
func stageOf(t *testing.T, story *conversation.Story) *stage {
	return newStage(t, sandbox.Options{
		Contract: story.Given.Contract, People: story.Given.People, Seats: story.Given.Seats,
	}, story.Given.Settings)
}

func TestConversations(t *testing.T) {
	t.Parallel()
	eachStory(t, func(t *testing.T, story *conversation.Story) {
		s := stageOf(t, story)
		stack := s.stack(s.newGateway(t).URL)
		if *update {
			text, err := story.Update(t.Context(), stack)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(story.File, []byte(text), 0o644))
			return
		}
		require.NoError(t, story.Play(t.Context(), stack))
	})
}

// A replica is a gateway process.
type replica struct {
	process *exec.Cmd
	address *url.URL
}

var servingAt = regexp.MustCompile(`"scim_address":"([^"]+)"`)

// startReplica starts a gateway with these settings and waits until it serves.
func startReplica(binary string, values map[string]string) (*replica, error) {
	process := exec.Command(binary, "serve")
	for name, value := range values {
		process.Env = append(process.Env, name+"="+value)
	}
	log, err := process.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	r := &replica{process: process}
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if match := servingAt.FindStringSubmatch(lines.Text()); match != nil {
			r.address, err = url.Parse("http://" + match[1])
			go func() {
				for lines.Scan() { // without a reader, the process would block on its log
				}
			}()
			return r, err
		}
	}
	return nil, fmt.Errorf("the gateway did not start: %w", process.Wait())
}

// startAhead starts a replica in the background. The returned function waits until it
// serves.
func startAhead(t *testing.T, s *stage) func() *replica {
	binary := program.Binary(t)
	values := maps.Clone(s.values)
	values["GATEWAY_ADDR"], values["GATEWAY_OPS_ADDR"] = "127.0.0.1:0", "127.0.0.1:0"
	values["GATEWAY_LIST_TTL"] = "0s" // waits in stories only let cached lists expire
	start := sync.OnceValues(func() (*replica, error) { return startReplica(binary, values) })
	go func() { _, _ = start() }() // the caller of the returned function gets the error
	t.Cleanup(func() {
		if r, err := start(); err == nil {
			r.kill()
		}
	})
	return func() *replica {
		r, err := start()
		require.NoError(t, err)
		return r
	}
}

// kill ends the process without a shutdown, as a crash of its machine would.
func (r *replica) kill() {
	_ = r.process.Process.Kill() // it may have exited
	_ = r.process.Wait()
}

// Okta's conversations with three gateway processes behind a round-robin balancer.
// Between any two steps the test kills one of them and replaces it. The clock is real,
// so lists are only milliseconds old and no cache entry expires.
func TestConversationsOfReplicaProcesses(t *testing.T) {
	t.Parallel()
	for _, story := range loadStories(t, "okta") {
		t.Run(filepath.Base(story.File), func(t *testing.T) {
			if _, ok := story.Given.Settings["GATEWAY_CHANGE_BRAKE"]; ok {
				t.Log("not played: each replica has its own change brake")
				return
			}
			t.Parallel()
			playOnReplicas(t, stageOf(t, story), story)
		})
	}
}

func playOnReplicas(t *testing.T, s *stage, story *conversation.Story) {
	first, second, third, next := startAhead(t, s), startAhead(t, s), startAhead(t, s), startAhead(t, s)
	replicas := []*replica{first(), second(), third()}
	var turn atomic.Int64
	balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
		p.SetURL(replicas[int(turn.Add(1))%len(replicas)].address)
		p.Out.Host = p.In.Host
	}})
	t.Cleanup(balancer.Close)

	stack := s.stack(balancer.URL)
	stack.Calls = nil // each replica makes its own calls
	stack.Before = func(step int) {
		if step > 0 {
			dead := step / 2 % len(replicas)
			replicas[dead].kill()
			replicas[dead] = next()
			next = startAhead(t, s)
		}
	}
	require.NoError(t, story.Play(t.Context(), stack))
}
