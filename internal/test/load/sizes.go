package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// fixedPeople is the number of people in every sandbox.
const fixedPeople = 8

// coldStarts is how often a gateway starts to measure a cold request; the median
// counts.
const coldStarts = 5

// size measures an organization with this many people and a Suger without latency.
func (r *report) size(ctx context.Context, binary string, people int, last time.Duration) error {
	s, err := startStack(ctx, binary, people-fixedPeople, 0)
	if err != nil {
		return err
	}
	defer s.stop()
	out := size{People: people, GetCalls: 1}
	client := newClient(1)
	if err := out.cold(ctx, client, s, binary); err != nil {
		return err
	}
	if err := out.walk(ctx, client, s, binary); err != nil {
		return err
	}
	if err := out.warm(ctx, client, s, last); err != nil {
		return err
	}
	fmt.Printf("%7d people: %+v\n", people, out)
	r.Sizes = append(r.Sizes, out)
	return nil
}

// cold measures the first request to a new gateway.
func (out *size) cold(ctx context.Context, client *http.Client, s *stack, binary string) error {
	var took []time.Duration
	for range coldStarts {
		if err := s.restart(ctx, binary); err != nil {
			return err
		}
		one, err := s.toGateway(func(int) string { return lookup("viewer@example.com") }).send(ctx, client, 0)
		if err != nil {
			return err
		}
		took = append(took, one)
		if out.LookupColdCalls, err = s.calls(ctx); err != nil {
			return err
		}
	}
	out.LookupCold = median(took, milliseconds)
	return nil
}

// walk imports everyone through a new gateway.
func (out *size) walk(ctx context.Context, client *http.Client, s *stack, binary string) error {
	if err := s.restart(ctx, binary); err != nil {
		return err
	}
	began := time.Now()
	for page := range (out.People + pageSize - 1) / pageSize {
		if _, err := s.toGateway(importPage).send(ctx, client, page); err != nil {
			return err
		}
	}
	out.Walk = time.Since(began).Seconds()
	out.Resident = float64(s.gateway.peakMemory()) / (1 << 20)
	var err error
	out.WalkCalls, err = s.calls(ctx)
	return err
}

// warm measures requests with a cached list, and a read, which is one call.
func (out *size) warm(ctx context.Context, client *http.Client, s *stack, last time.Duration) error {
	people, err := s.people(ctx)
	if err != nil {
		return err
	}
	pages := max(1, out.People/pageSize)
	for _, one := range []struct {
		path   func(int) string
		result *float64
	}{
		{func(n int) string { return "/Users/" + people[n%len(people)].ID }, &out.Get},
		{func(n int) string { return lookup(fmt.Sprintf("nobody%d@example.com", n)) }, &out.LookupWarm},
		{func(n int) string { return importPage(n % pages) }, &out.Page},
	} {
		got, err := drive(ctx, client, s.toGateway(one.path), 1, last)
		if err != nil {
			return err
		}
		*one.result = milliseconds(got.quantile(0.5))
	}
	return nil
}

// restart replaces the gateway by a new one.
func (s *stack) restart(ctx context.Context, binary string) error {
	s.gateway.stop()
	var err error
	s.gateway, err = s.startGateway(ctx, binary)
	return err
}

// sent is the gateway's counter of calls to Suger, one line for each operation and
// status.
var sent = regexp.MustCompile(`(?m)^suger_scim_upstream_requests_total\{.*\} (\d+)$`)

// calls returns how many calls the gateway has sent to the sandbox since it started.
func (s *stack) calls(ctx context.Context) (all int, err error) {
	metrics := &target{base: s.gateway.ops, path: func(int) string { return "/metrics" }}
	err = metrics.get(ctx, http.DefaultClient, 0, func(body io.Reader) error {
		text, err := io.ReadAll(body)
		for _, match := range sent.FindAllSubmatch(text, -1) {
			n, _ := strconv.Atoi(string(match[1])) // digits
			all += n
		}
		return err
	})
	return all, err
}
