// Load measures how fast the gateway is beside a bare reverse proxy to the same
// Suger sandbox, and what it costs by the size of the organization. Gateway,
// proxy and sandbox are processes of their own on the loopback interface.
//
//	go run ./internal/test/load measure    measures, and writes docs/performance.json
//	go run ./internal/test/load write      makes the tables and the plot of docs/performance.md out of it
//
// Only ratios within one run mean anything: the rest is about the machine.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// Files that are written, relative to the root of the repository.
const (
	dataFile  = "docs/performance.json"
	pageFile  = "docs/performance.md"
	speedPlot = "docs/images/performance.svg"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("say measure or write")
	}
	switch args[0] {
	case "measure":
		flags := flag.NewFlagSet("measure", flag.ContinueOnError)
		plan := plan{}
		flags.DurationVar(&plan.round, "round", 2*time.Second, "how long each side is loaded in a round")
		flags.IntVar(&plan.rounds, "rounds", 7, "rounds, of which the median counts")
		flags.IntVar(&plan.connections, "connections", 8, "requests at once; no more than SUGER_CONCURRENCY, which the proxy does not have")
		flags.IntVar(&plan.largest, "largest", 100_000, "people in the largest organization")
		if err := flags.Parse(args[1:]); err != nil {
			return err
		}
		return measure(ctx, plan)
	case "write":
		return write()
	case proxyCommand:
		return proxy(ctx, args[1:])
	}
	return fmt.Errorf("there is no %q", args[0])
}
