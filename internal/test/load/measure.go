package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// A plan holds the parameters of a measurement.
type plan struct {
	round       time.Duration
	rounds      int
	connections int
	largest     int
}

// compared is the size of the organization for comparing gateway and proxy. latencies
// are those of Suger: none shows the cost of the processes alone, 1 ms is within a
// data center, and the others are over the internet.
const compared = 5000

var latencies = []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond}

func measure(ctx context.Context, p plan) error {
	folder, err := os.MkdirTemp("", "load")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "suger-scim-gateway")
	if text, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w: %s", err, text)
	}
	r := &report{
		Machine: machine(), Go: runtime.Version(), Date: time.Now().UTC().Format(time.DateOnly),
		Connections: p.connections, Rounds: p.rounds,
	}
	for _, latency := range latencies {
		if err := r.compare(ctx, binary, p, latency); err != nil {
			return err
		}
	}
	for people := 10; people <= p.largest; people *= 10 {
		if err := r.size(ctx, binary, people, p.round); err != nil {
			return err
		}
	}
	return r.save()
}

// compare measures all requests at one latency of Suger.
func (r *report) compare(ctx context.Context, binary string, p plan, latency time.Duration) error {
	s, err := startStack(ctx, binary, compared, latency)
	if err != nil {
		return err
	}
	defer s.stop()
	if err := s.startProxy(ctx); err != nil {
		return err
	}
	people, err := s.people(ctx)
	if err != nil {
		return err
	}
	const pages = compared / pageSize
	user := func(n int) string { return sugerUser(people[n%len(people)].ID) }
	rows := []struct {
		request, calls string
		gateway, proxy func(int) string
	}{
		{"GET /Users/{id}", "1", func(n int) string { return "/Users/" + people[n%len(people)].ID }, user},
		{"userName eq, known person", "1", func(n int) string { return lookup(people[n%16].UserName) }, user},
		{"userName eq, new person", "0", func(n int) string { return lookup(fmt.Sprintf("nobody%d@example.com", n)) }, user},
		{"import page of 100", "0", func(n int) string { return importPage(n % pages) }, func(n int) string { return sugerPage(n % pages) }},
	}
	client := newClient(p.connections)
	for _, row := range rows {
		c := comparison{Request: row.request, Calls: row.calls, Latency: milliseconds(latency)}
		if err := c.measure(ctx, client, p, s, row.gateway, row.proxy); err != nil {
			return fmt.Errorf("%s: %w", row.request, err)
		}
		fmt.Printf("%-28s %4gms  %6.0f/s of %6.0f/s  %.2f  p99 %.2f\n", c.Request, c.Latency,
			c.Gateway.PerSecond, c.Proxy.PerSecond, c.Gateway.PerSecond/c.Proxy.PerSecond, c.Gateway.P99/c.Proxy.P99)
		r.Comparisons = append(r.Comparisons, c)
	}
	return nil
}

// measure loads both sides in turn, so that other load on the machine affects both,
// and records the medians of the rounds. The first round is a warm-up.
func (c *comparison) measure(ctx context.Context, client *http.Client, p plan, s *stack, gateway, proxy func(int) string) error {
	sides := []struct {
		process *process
		target  *target
		result  *side
		rounds  []side
	}{
		{s.proxy, s.toProxy(proxy), &c.Proxy, nil},
		{s.gateway, s.toGateway(gateway), &c.Gateway, nil},
	}
	for round := range p.rounds + 1 {
		for i := range sides {
			before := sides[i].process.cpu()
			got, err := drive(ctx, client, sides[i].target, p.connections, p.round)
			if err != nil {
				return err
			}
			if round > 0 {
				sides[i].rounds = append(sides[i].rounds, side{
					PerSecond: got.perSecond(), Median: milliseconds(got.quantile(0.5)), P99: milliseconds(got.quantile(0.99)),
					CPU: float64((sides[i].process.cpu() - before).Microseconds()) / float64(got.requests),
				})
			}
		}
	}
	for i := range sides {
		of := func(field func(side) float64) float64 { return median(sides[i].rounds, field) }
		*sides[i].result = side{
			PerSecond: of(func(s side) float64 { return s.PerSecond }), Median: of(func(s side) float64 { return s.Median }),
			P99: of(func(s side) float64 { return s.P99 }), CPU: of(func(s side) float64 { return s.CPU }),
		}
	}
	return nil
}

func median[T any](list []T, field func(T) float64) float64 {
	values := make([]float64, len(list))
	for i, one := range list {
		values[i] = field(one)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// pageSize is the page size of Okta's imports.
const pageSize = 100

func importPage(n int) string {
	return fmt.Sprintf("/Users?startIndex=%d&count=%d", n*pageSize+1, pageSize)
}

func lookup(email string) string {
	return "/Users?" + url.Values{"filter": {fmt.Sprintf("userName eq %q", email)}, "startIndex": {"1"}, "count": {"100"}}.Encode()
}

// A person is a user of the organization.
type person struct{ ID, UserName string }

// people returns a page of users, as the gateway lists them.
func (s *stack) people(ctx context.Context) ([]person, error) {
	var page struct{ Resources []person }
	err := s.toGateway(importPage).read(ctx, 0, &page)
	return page.Resources, err
}
