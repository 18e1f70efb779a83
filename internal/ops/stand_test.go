package ops_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/docs"
	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/test/standin"
	"suger-scim-gateway/mapping"
)

// A stand is the ops listener over real HTTP, with a clock that only moves when
// it is told to.
type stand struct {
	t        *testing.T
	url      string
	client   *http.Client
	activity *ops.Activity
	log      *standin.Log
	suger    *upstream
	stopping atomic.Bool
	drift    atomic.Pointer[[]mapping.DriftCount]
	clock    *standin.Clock
}

// upstream answers probes as long as it is not told to hang up on them.
type upstream struct {
	*httptest.Server
	down   atomic.Bool
	probes atomic.Int64
	header atomic.Pointer[http.Header]
}

func newUpstream(t *testing.T) *upstream {
	s := &upstream{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.probes.Add(1)
		s.header.Store(&r.Header)
		if s.down.Load() {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	t.Cleanup(s.Close)
	return s
}

func newStand(t *testing.T, change ...func(*ops.Config)) *stand {
	t.Helper()
	s := &stand{
		t: t, log: &standin.Log{}, suger: newUpstream(t),
		clock: standin.NewClock(time.Date(2030, time.May, 1, 12, 0, 0, 0, time.UTC)),
	}
	s.drift.Store(&[]mapping.DriftCount{})
	log := slog.New(slog.NewTextHandler(s.log, nil))
	config := ops.Config{
		Build: ops.Build{Version: "1.2.3", Commit: "0123456789abcdef"}, Started: s.clock.Now().Add(-25 * time.Hour), Stopping: s.stopping.Load,
		Drift: func() []mapping.DriftCount { return *s.drift.Load() },

		Okta: []ops.OktaValue{
			{Field: "SCIM connector base URL", Values: []string{"https://scim.example.com/scim/v2"}},
			{Field: "Authentication mode", Values: []string{"HTTP Header"}, Note: "with the key"},
		},
		PublicURL: "https://scim.example.com", BaseURL: "https://scim.example.com/org/org-1/scim/v2", Guides: docs.Files,
		Test: func(context.Context, string, string) (*check.Report, error) {
			return &check.Report{OK: true}, nil
		},
		Organization: "org-1",
		Serves:       func(organization string) bool { return organization == "org-1" },
		Log:          log, Now: s.clock.Now,
	}
	personal := false
	config.Activity = ops.NewActivity(ops.Build{}, s.suger.URL, personal, log, s.clock.Now)
	for _, c := range change {
		c(&config)
	}
	s.activity = config.Activity
	server := httptest.NewServer(ops.New(config))
	t.Cleanup(server.Close)
	s.url = server.URL
	s.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return s
}

// An answer is what the listener said.
type answer struct {
	status int
	header http.Header
	body   string
}

// send makes a request; headers are names and values.
func (s *stand) send(method, path string, form url.Values, headers ...string) answer {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, body)
	require.NoError(s.t, err)
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		} else {
			request.Header.Set(headers[i], headers[i+1])
		}
	}
	response, err := s.client.Do(request)
	require.NoError(s.t, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s.t, err)
	return answer{response.StatusCode, response.Header, strings.TrimSpace(string(text))}
}

func (s *stand) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodGet, path, nil, headers...)
}

// text returns a page without its markup and with single blanks.
func (a answer) text() string {
	body := a.body[strings.Index(a.body, "</style>")+1:]
	return beforeMark.ReplaceAllString(strings.Join(strings.Fields(tag.ReplaceAllString(body, " ")), " "), "$1")
}

var (
	tag        = regexp.MustCompile(`<[^>]*>`)
	beforeMark = regexp.MustCompile(` ([.,])`)
)
