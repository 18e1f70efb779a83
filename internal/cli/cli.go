// Package cli is the command line: one file for each command, and the wiring
// of the packages that a command needs.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// A command is one word of the command line.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, c *console, args []string) error
}

// A console is where a command writes: answers to out, everything else to err.
type console struct {
	out io.Writer
	err io.Writer
}

// commands in the order of the help text. The first is taken if none is named.
var commands = []command{
	{"serve", "the gateway, configured by environment variables (also without any argument)", serve},
	{"demo", "the gateway and an in-memory Suger with sample people; needs no settings", demo},
	{"sandbox", "only the in-memory Suger, on its own port, with switchable faults", runSandbox},
	{"check", "compare the configured Suger with the mapping: which operation or field differs", runCheck},
	{"mapping", "print the mapping in force, or check one: mapping --check FILE", runMapping},
	{"healthcheck", "ask the running gateway whether it is alive; for a container's HEALTHCHECK", healthcheck},
	{"version", "print version, commit and Go version", printVersion},
}

// Run carries out a command line. The error is for the operator.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c := &console{out: stdout, err: stderr}
	if len(args) == 0 {
		return commands[0].run(ctx, c, nil)
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return printHelp(stdout)
	}
	for _, cmd := range commands {
		if cmd.name != args[0] {
			continue
		}
		if err := cmd.run(ctx, c, args[1:]); !errors.Is(err, flag.ErrHelp) {
			return err
		}
		return nil
	}
	return fmt.Errorf("there is no command %q; suger-scim-gateway help lists them", args[0])
}

func printHelp(w io.Writer) error {
	fmt.Fprintln(w, "usage: suger-scim-gateway [command] [flags]")
	fmt.Fprintln(w)
	for _, cmd := range commands {
		fmt.Fprintf(w, "  %-12s %s\n", cmd.name, cmd.summary)
	}
	_, err := fmt.Fprintln(w, "\nCommand -h explains a command's flags.")
	return err
}

// newFlags is the flag set of a command that takes no other arguments.
func (c *console) newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(c.err)
	return flags
}

// parse reads a command's flags and refuses anything that follows them.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s takes no argument %q", flags.Name(), flags.Arg(0))
	}
	return nil
}
