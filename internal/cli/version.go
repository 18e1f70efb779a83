package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// Set by the linker: -X suger-scim-gateway/internal/cli.version=... and
// -X suger-scim-gateway/internal/cli.commit=... Otherwise the Go toolchain's build
// information is used.
var (
	version string
	commit  string
)

func printVersion(_ context.Context, c *console, args []string) error {
	if err := parse(c.newFlags("version"), args); err != nil {
		return err
	}
	v, revision := build()
	_, err := fmt.Fprintf(c.out, "suger-scim-gateway %s\ncommit %s\n%s %s/%s\n",
		v, revision, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// build returns the version and commit of this program.
func build() (v, revision string) {
	v, revision = version, commit
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	if v == "" {
		v = info.Main.Version
	}
	if revision == "" {
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	return orUnknown(v), orUnknown(revision)
}

// modulePath is the name under which this program's source is published.
func modulePath() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return info.Main.Path
}

// publishedGuide is where the guide for Okta's administrator can be read in the
// published source; "" if that is not on GitHub.
func publishedGuide(module string) string {
	if !strings.HasPrefix(module, "github.com/") {
		return ""
	}
	return "https://" + module + "/blob/HEAD/docs/okta-private.md"
}

const unknown = "unknown"

func orUnknown(s string) string {
	if s == "" {
		return unknown
	}
	return s
}
