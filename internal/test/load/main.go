// Load compares the gateway's speed with a bare reverse proxy to the same Suger
// sandbox, and measures its cost by the size of the organization. Gateway, proxy
// and sandbox are separate processes on the loopback interface.
//
//	go run ./internal/test/load measure    measures and writes docs/performance.json
//	go run ./internal/test/load write      writes its tables and plot to docs/performance.md
//
// Only ratios within one run are meaningful: the rest depends on the machine.
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

// Output files, relative to the root of the repository.
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
		return errors.New("want measure or write")
	}
	switch args[0] {
	case "measure":
		flags := flag.NewFlagSet("measure", flag.ContinueOnError)
		plan := plan{}
		flags.DurationVar(&plan.round, "round", 2*time.Second, "load time of each side in a round")
		flags.IntVar(&plan.rounds, "rounds", 7, "rounds; the report has the medians")
		flags.IntVar(&plan.connections, "connections", 8, "simultaneous requests; at most SUGER_CONCURRENCY, which the proxy does not have")
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
	return fmt.Errorf("unknown command %q", args[0])
}
