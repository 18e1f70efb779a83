package sugerclient

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// A Config says where Suger is and how hard it may be pressed. Zero fields take
// the default given with them.
type Config struct {
	BaseURL     string        // http or https, host, optional path prefix; required
	Auth        Authenticator // how a credential is presented; KeyAuth
	UserAgent   string        // "suger-scim-gateway"
	Timeout     time.Duration // one sending of one call, answer included; 10s
	Concurrency int           // calls in flight per credential; 8
	MaxAnswer   int64         // largest answer in bytes, after decompression; 32 MiB

	// A call is sent at most Attempts times (6), within its context's deadline.
	// The wait before the n-th repetition is random, between nothing and
	// Backoff (200ms) doubled n-1 times, at most BackoffCap (5s).
	Attempts   int
	Backoff    time.Duration
	BackoffCap time.Duration

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
	defaultUserAgent   = "suger-scim-gateway"
	defaultTimeout     = 10 * time.Second
	defaultConcurrency = 8
	defaultMaxAnswer   = 32 << 20
	defaultAttempts    = 6
	defaultBackoff     = 200 * time.Millisecond
	defaultBackoffCap  = 5 * time.Second
	defaultRefusedFor  = 5 * time.Second
)

func (cfg Config) withDefaults() Config {
	setDefault(&cfg.UserAgent, defaultUserAgent)
	setDefault(&cfg.Timeout, defaultTimeout)
	setDefault(&cfg.Concurrency, defaultConcurrency)
	setDefault(&cfg.MaxAnswer, defaultMaxAnswer)
	setDefault(&cfg.Attempts, defaultAttempts)
	setDefault(&cfg.Backoff, defaultBackoff)
	setDefault(&cfg.BackoffCap, defaultBackoffCap)
	setDefault(&cfg.RefusedFor, defaultRefusedFor)
	if cfg.Auth == nil {
		cfg.Auth = KeyAuth{}
	}
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

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check reports everything that is wrong with cfg, after defaults.
func (cfg Config) check() error {
	return errors.Join(
		checkURL("base URL", cfg.BaseURL),
		cfg.Auth.check(),
		positive("timeout", cfg.Timeout),
		positive("concurrency", cfg.Concurrency),
		positive("largest answer", cfg.MaxAnswer),
		positive("attempts", cfg.Attempts),
		positive("backoff", cfg.Backoff),
		positive("backoff cap", cfg.BackoffCap),
	)
}

func positive[T int | int64 | time.Duration](name string, value T) error {
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
