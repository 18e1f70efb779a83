// Package cli implements the command line: one file for each command, and the
// wiring of the packages that commands need.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// A command is one subcommand.
type command struct {
	name      string
	arguments string // for its usage line
	summary   string
	run       func(ctx context.Context, c *console, args []string) error
}

// A console is where a command writes: results to out, everything else to err.
type console struct {
	out     io.Writer
	err     io.Writer
	command command // for its help
}

// commands are in the order of the help text. The first is the default.
var commands = []command{
	{"serve", "", "run the gateway, configured by environment variables (the default command)", serve},
	{"demo", "[flags]", "run the gateway and an in-memory Suger with sample people; needs no settings", demo},
	{"sandbox", "[flags]", "run only the in-memory Suger, with switchable faults", runSandbox},
	{"check", "[flags]", "compare the configured Suger with the mapping: which operation or field differs", runCheck},
	{"explain", "[flags] PERSON", "show what Suger and SCIM have for one person, which settings apply, and what a push would do", explain},
	{"mapping", "[flags]", "print the current mapping, or check one: mapping --check FILE", runMapping},
	{"healthcheck", "", "ask the running gateway for its health; for a container's HEALTHCHECK", healthcheck},
	{"version", "", "print version, commit and Go version", printVersion},
}

// Run executes a command line. The error is for the operator.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c := &console{out: stdout, err: stderr}
	if len(args) == 0 {
		return commands[0].run(ctx, c, nil)
	}
	switch {
	case len(args) == 1 && (args[0] == "help" || asksForHelp(args[0])):
		return printHelp(stdout)
	case args[0] == "help": // help COMMAND is COMMAND -h
		args = []string{args[1], "-h"}
	case args[0] == "-version" || args[0] == "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	if len(args) == 2 && asksForHelp(args[1]) {
		c.err = stdout // requested help is an answer, not an error
	}
	for _, cmd := range commands {
		if cmd.name != args[0] {
			continue
		}
		c.command = cmd
		if err := cmd.run(ctx, c, args[1:]); !errors.Is(err, flag.ErrHelp) {
			return err
		}
		return nil
	}
	return fmt.Errorf("there is no command %q; suger-scim-gateway help lists them", args[0])
}

func asksForHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

func printHelp(w io.Writer) error {
	fmt.Fprintln(w, "usage: suger-scim-gateway [command] [flags]")
	fmt.Fprintln(w)
	for _, cmd := range commands {
		fmt.Fprintf(w, "  %-12s %s\n", cmd.name, cmd.summary)
	}
	_, err := fmt.Fprintln(w, "\nhelp COMMAND shows a command and its flags; help serve lists the settings.")
	return err
}

// newFlags returns the flag set of a command. Its help begins with the command's
// usage and summary.
func (c *console) newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(c.err)
	flags.Usage = func() {
		c.printUsage(name)
		flags.PrintDefaults()
	}
	return flags
}

func (c *console) printUsage(name string) {
	fmt.Fprintf(c.err, "usage: suger-scim-gateway %s\n\n%s\n\n", strings.TrimSpace(name+" "+c.command.arguments), c.command.summary)
}

// parse reads a command's flags and rejects arguments after them.
func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%s accepts no argument %q", flags.Name(), flags.Arg(0))
	}
	return nil
}
