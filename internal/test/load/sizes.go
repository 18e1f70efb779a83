package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// fixedPeople are in every sandbox.
const fixedPeople = 8

// coldStarts is how often a gateway is started to measure a cold request; the
// median counts.
const coldStarts = 5

// size measures an organization of so many people, with a Suger without latency.
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

// cold measures the first request to a fresh gateway.
func (out *size) cold(ctx context.Context, client *http.Client, s *stack, binary string) error {
	var took []time.Duration
	for range coldStarts {
		if err := s.restart(ctx, binary); err != nil {
			return err
		}
		before, err := s.calls(ctx)
		if err != nil {
			return err
		}
		one, err := s.toGateway(func(int) string { return lookup("viewer@example.com") }).send(ctx, client, 0)
		if err != nil {
			return err
		}
		took = append(took, one)
		after, err := s.calls(ctx)
		if err != nil {
			return err
		}
		out.LookupColdCalls = after - before
	}
	out.LookupCold = median(took, milliseconds)
	return nil
}

// walk imports everybody through a fresh gateway.
func (out *size) walk(ctx context.Context, client *http.Client, s *stack, binary string) error {
	if err := s.restart(ctx, binary); err != nil {
		return err
	}
	before, err := s.calls(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	for page := range (out.People + pageSize - 1) / pageSize {
		if _, err := s.toGateway(importPage).send(ctx, client, page); err != nil {
			return err
		}
	}
	out.Walk = time.Since(began).Seconds()
	after, err := s.calls(ctx)
	out.WalkCalls = after - before
	out.Resident = float64(s.gateway.peakMemory()) / (1 << 20)
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

// restart replaces the gateway by a fresh one.
func (s *stack) restart(ctx context.Context, binary string) error {
	s.gateway.stop()
	var err error
	s.gateway, err = s.startGateway(ctx, binary)
	return err
}

// calls returns how many calls the sandbox received, of which it keeps at least
// 10,000.
func (s *stack) calls(ctx context.Context) (int, error) {
	var all []json.RawMessage
	journal := &target{base: s.sandbox.address, path: func(int) string { return "/_sandbox/calls" }}
	err := journal.read(ctx, 0, &all)
	return len(all), err
}
