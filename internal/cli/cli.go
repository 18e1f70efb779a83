// Package cli implements the command line. This file has the small commands, serve.go
// the gateway, demo.go the commands with a sandbox, check.go and the rest those that
// compare Suger with the mapping.
package cli

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"text/template"
	"time"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/settings"
)

// A command is one subcommand.
type command struct {
	Name      string
	arguments string // for its usage line
	Summary   string
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
	{"sandbox", "[flags]", "run only the in-memory Suger; it can inject faults", runSandbox},
	{"check", "[flags]", "compare the configured Suger with the mapping: which operation or field differs", runCheck},
	{"explain", "[flags] PERSON", "show what Suger and SCIM have for one person, which settings apply, and what a push would do", explain},
	{"mapping", "[flags]", "print the current mapping, or check one: mapping --check FILE", runMapping},
	{"healthcheck", "", "ask the running gateway for its health; for a container's HEALTHCHECK", healthcheck},
	{"version", "", "print version, commit and Go version", printVersion},
}

// Run executes a command line. The error is for the operator.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	c := &console{out: stdout, err: stderr}
	switch {
	case len(args) == 0:
		args = []string{commands[0].Name}
	case len(args) == 1 && (args[0] == "help" || asksForHelp(args[0])):
		return c.print(stdout, "help.txt", commands)
	case args[0] == "help": // help COMMAND is COMMAND -h
		args = []string{args[1], "-h"}
	case args[0] == "-version" || args[0] == "--version":
		args = append([]string{"version"}, args[1:]...)
	}
	if len(args) == 2 && asksForHelp(args[1]) {
		c.err = stdout // requested help is an answer, not an error
	}
	for _, cmd := range commands {
		if cmd.Name != args[0] {
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

//go:embed texts/*.txt
var textFiles embed.FS

// texts are the longer outputs of commands.
var texts = template.Must(template.New("").Funcs(template.FuncMap{
	"indented": func(value any) string { return strings.ReplaceAll(check.Indented(value), "\n", "\n  ") },
	"wrapped":  func(text string) string { return line.ReplaceAllString(text, "      $1\n") },
}).ParseFS(textFiles, "texts/*.txt"))

func (c *console) print(w io.Writer, text string, data any) error {
	return texts.ExecuteTemplate(w, text, data)
}

func asksForHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// line is as much text as fits on a line of a terminal after a margin of 6.
var line = regexp.MustCompile(`(.{1,74})(?: +|$)`)

// newFlags returns the flag set of the command, with its usage and summary as help.
func (c *console) newFlags() *flag.FlagSet {
	flags := flag.NewFlagSet(c.command.Name, flag.ContinueOnError)
	flags.SetOutput(c.err)
	flags.Usage = func() {
		fmt.Fprintf(c.err, "usage: suger-scim-gateway %s\n\n%s\n\n", strings.TrimSpace(c.command.Name+" "+c.command.arguments), c.command.Summary)
		flags.PrintDefaults()
	}
	return flags
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

// runMapping prints the source of the current mapping, or checks a mapping file.
func runMapping(_ context.Context, c *console, args []string) error {
	flags := c.newFlags()
	check := flags.String("check", "", "mapping `FILE` to check instead; errors have line and column")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *check != "" {
		if _, _, err := settings.ReadMapping(*check); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.out, "%s is a valid mapping.\n", *check)
		return err
	}
	source, _, err := settings.ReadMapping(settings.Read().MappingFile)
	if err != nil {
		return fmt.Errorf("GATEWAY_MAPPING: %w", err)
	}
	_, err = c.out.Write(source)
	return err
}

// healthcheckTimeout bounds the wait for the answer of /healthz.
const healthcheckTimeout = 3 * time.Second

// healthcheck requests /healthz on GATEWAY_OPS_ADDR. The image has no shell and no
// curl, so the binary does it.
func healthcheck(_ context.Context, c *console, args []string) error {
	if err := parse(c.newFlags(), args); err != nil {
		return err
	}
	s := settings.Read()
	if s.OpsAddr == "" {
		return errors.New("GATEWAY_OPS_ADDR is not an address such as 127.0.0.1:9090")
	}
	// No proxy: the address is local. Package net treats an address without a host, or
	// with 0.0.0.0 or [::], as one of this machine.
	client := http.Client{Timeout: healthcheckTimeout, Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Get("http://" + string(s.OpsAddr) + "/healthz")
	if err != nil {
		return fmt.Errorf("healthcheck: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("healthcheck: the gateway answered %s", response.Status)
	}
	return nil
}

// Set by the linker: -X suger-scim-gateway/internal/cli.version=... Without it, the Go
// toolchain's build information is used.
var (
	version string
	commit  string
)

func printVersion(_ context.Context, c *console, args []string) error {
	if err := parse(c.newFlags(), args); err != nil {
		return err
	}
	b := build()
	_, err := fmt.Fprintf(c.out, "suger-scim-gateway %s\ncommit %s\n%s %s/%s\n", b.Version, b.Commit, b.Go, runtime.GOOS, runtime.GOARCH)
	return err
}

func build() ops.Build {
	b := ops.Build{Version: version, Commit: commit, Go: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version, b.Module = cmp.Or(b.Version, info.Main.Version), info.Main.Path
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				b.Commit = cmp.Or(b.Commit, setting.Value)
			}
		}
	}
	b.Version, b.Commit = cmp.Or(b.Version, "unknown"), cmp.Or(b.Commit, "unknown")
	return b
}

// publishedGuide returns the address of the guide for Okta, "" if the module is not on GitHub.
func publishedGuide(module string) string {
	if !strings.HasPrefix(module, "github.com/") {
		return ""
	}
	return "https://" + module + "/blob/HEAD/docs/okta-private.md"
}
