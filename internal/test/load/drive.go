package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A target is a request that is sent repeatedly.
type target struct {
	path   func(n int) string // path and query of the n-th request
	base   string
	header http.Header
}

// A sample is the result of one load.
type sample struct {
	requests  int
	took      time.Duration
	latencies []time.Duration // sorted
}

// perSecond returns the number of requests answered per second.
func (s *sample) perSecond() float64 { return float64(s.requests) / s.took.Seconds() }

// quantile returns the latency that a share p of the requests did not exceed.
func (s *sample) quantile(p float64) time.Duration {
	if len(s.latencies) == 0 {
		return 0
	}
	return s.latencies[min(int(p*float64(len(s.latencies))), len(s.latencies)-1)]
}

// drive loads a target over a number of connections, each with one request after the
// other, for the duration. Any answer but 200 is an error.
func drive(ctx context.Context, client *http.Client, t *target, connections int, last time.Duration) (*sample, error) {
	var (
		mu     sync.Mutex
		whole  sample
		failed error
		wait   sync.WaitGroup
	)
	began := time.Now()
	for worker := range connections {
		wait.Go(func() {
			var own []time.Duration
			var err error
			for n := worker; err == nil && time.Since(began) < last; n += connections {
				var took time.Duration
				if took, err = t.send(ctx, client, n); err == nil {
					own = append(own, took)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			whole.latencies = append(whole.latencies, own...)
			if err != nil {
				failed = err
			}
		})
	}
	wait.Wait()
	whole.took = time.Since(began)
	whole.requests = len(whole.latencies)
	slices.Sort(whole.latencies)
	return &whole, failed
}

// send sends the n-th request and reads the whole answer.
func (t *target) send(ctx context.Context, client *http.Client, n int) (time.Duration, error) {
	began := time.Now()
	err := t.get(ctx, client, n, func(body io.Reader) error {
		// The client shares the CPU with the measured processes, so it does as little
		// as possible.
		_, err := io.Copy(io.Discard, body)
		return err
	})
	return time.Since(began), err
}

// get sends the n-th request and passes the body of the answer to read.
func (t *target) get(ctx context.Context, client *http.Client, n int, read func(io.Reader) error) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.base+t.path(n), nil)
	if err != nil {
		return err
	}
	request.Header = t.header
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(response.Body, 300))
		return fmt.Errorf("%s answered %s: %s", t.path(n), response.Status, text)
	}
	return read(response.Body)
}

// newClient returns a client with a number of idle connections.
func newClient(connections int) *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: connections}}
}

// read sends the n-th request and reads the answer as JSON.
func (t *target) read(ctx context.Context, n int, answer any) error {
	return t.get(ctx, http.DefaultClient, n, func(body io.Reader) error { return json.NewDecoder(body).Decode(answer) })
}
