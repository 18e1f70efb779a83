package cli

import (
	"flag"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
	"suger-scim-gateway/internal/test/conversation"
)

var update = flag.Bool("update", false, "rewrite the responses of the stories in testdata where they differ; read the change")

// clients are the identity providers whose conversations are in testdata; "rfc"
// is nobody in particular.
var clients = []string{"rfc", "okta", "entra", "onelogin", "jumpcloud", "google"}

// eachStory runs a test for every story.
func eachStory(t *testing.T, test func(t *testing.T, story *conversation.Story)) {
	for _, client := range clients {
		stories, err := conversation.Load(filepath.Join("testdata", client, "*.txtar"))
		require.NoError(t, err)
		for _, story := range stories {
			t.Run(client+"/"+filepath.Base(story.File), func(t *testing.T) { test(t, story) })
		}
	}
}

func stageOf(t *testing.T, story *conversation.Story) *stage {
	return newStage(t, sandbox.Options{People: story.Given.People, Seats: story.Given.Seats}, story.Given.Settings)
}

func TestConversations(t *testing.T) {
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

// The same conversations through three gateways that take turns, so that none
// sees what the others have written. Every fourth step the one that answered
// last is killed and a cold one takes its place. A minute goes by between two
// steps, more than a list may be old.
func TestConversationsOfReplicas(t *testing.T) {
	eachStory(t, func(t *testing.T, story *conversation.Story) {
		if _, ok := story.Given.Settings["GATEWAY_CHANGE_BRAKE"]; ok {
			t.Log("not played: each replica has a brake of its own")
			return
		}
		s := stageOf(t, story)
		replicas := []*httptest.Server{s.newGateway(t), s.newGateway(t), s.newGateway(t)}
		var current atomic.Pointer[url.URL]
		balancer := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(current.Load())
			p.Out.Host = p.In.Host
		}})
		t.Cleanup(balancer.Close)

		stack := s.stack(balancer.URL)
		stack.Calls = nil // every gateway asks for itself
		stack.Before = func(step int) {
			turn := step % len(replicas)
			if step%4 == 3 {
				last := (step - 1) % len(replicas)
				replicas[last].Close()
				replicas[last] = s.newGateway(t)
			}
			address, err := url.Parse(replicas[turn].URL)
			require.NoError(t, err)
			current.Store(address)
			s.clock.Advance(time.Minute)
		}
		require.NoError(t, story.Play(t.Context(), stack))
	})
}
