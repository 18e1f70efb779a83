package sugerclient

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Config says where Suger is and how many calls it gets. Zero fields have the
// default given with them.
type Config struct {
	BaseURL     string        // http or https, host, optional path prefix; required
	Auth        Authenticator // how a credential is presented; KeyAuth
	UserAgent   string        // "suger-scim-gateway"
	Timeout     time.Duration // of one attempt, answer included; 10s
	Concurrency int           // calls in flight per credential; 8

	// A call is sent at most Attempts times (6), within its context's deadline.
	// The wait before the n-th retry is random, between nothing and Backoff
	// (200ms) doubled n-1 times, at most maxBackoff.
	Attempts int
	Backoff  time.Duration

	// RefusedFor is how long a credential that Suger answered with 401 is
	// refused without another call; 5s, negative for never.
	RefusedFor time.Duration

	Observer Observer // gets each call; nil for none

	// Transport sends the calls; nil for the network. Tests use a Suger in memory.
	Transport http.RoundTripper

	// Now and Sleep are the clock; time.Now and a sleep that its context ends.
	// Spread chooses a wait from nothing to the longest one; at random.
	Now    func() time.Time
	Sleep  func(context.Context, time.Duration) error
	Spread func(longest time.Duration) time.Duration
}

// An Observer receives events, for metrics. Its methods must be safe for concurrent
// use.
type Observer interface {
	// Called reports an HTTP request: its status, 0 without an answer, and the time
	// it took, without the wait in the client's queue.
	Called(operation string, status int, elapsed time.Duration)
	// Retried reports a retry.
	Retried(operation string)
}

const (
	defaultConcurrency = 8
	defaultMaxAnswer   = 32 << 20
)

func (cfg Config) withDefaults() Config {
	cfg.Auth = cmp.Or[Authenticator](cfg.Auth, KeyAuth{})
	cfg.UserAgent = cmp.Or(cfg.UserAgent, "suger-scim-gateway")
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	cfg.Concurrency = cmp.Or(cfg.Concurrency, defaultConcurrency)
	cfg.Attempts = cmp.Or(cfg.Attempts, 6)
	cfg.Backoff = cmp.Or(cfg.Backoff, 200*time.Millisecond)
	cfg.RefusedFor = cmp.Or(cfg.RefusedFor, 5*time.Second)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Sleep == nil {
		cfg.Sleep = sleep
	}
	if cfg.Spread == nil {
		cfg.Spread = spread
	}
	if cfg.Transport == nil {
		cfg.Transport = newTransport(cfg.Concurrency)
	}
	return cfg
}

// check reports everything that is wrong with cfg, after defaults.
func (cfg Config) check() error {
	return errors.Join(
		checkURL("base URL", cfg.BaseURL),
		cfg.Auth.check(),
		positive("timeout", cfg.Timeout),
		positive("concurrency", cfg.Concurrency),
		positive("attempts", cfg.Attempts),
		positive("backoff", cfg.Backoff),
	)
}

func positive[T int | time.Duration](name string, value T) error {
	if value <= 0 {
		return errors.New("sugerclient: " + name + " must be more than 0")
	}
	return nil
}

// checkURL does not repeat the URL in its error: it may contain a password.
func checkURL(name, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#") {
		return errors.New("sugerclient: " + name + " must be http:// or https://, a host and perhaps a path, nothing else")
	}
	return nil
}
