package cli

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"suger-scim-gateway/internal/ops"
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
	b := build()
	_, err := fmt.Fprintf(c.out, "suger-scim-gateway %s\ncommit %s\n%s %s/%s\n", b.Version, b.Commit, b.Go, runtime.GOOS, runtime.GOARCH)
	return err
}

// build identifies this program.
func build() ops.Build {
	info, revision := buildInfo(), ""
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	return ops.Build{Version: cmp.Or(version, info.Main.Version, "unknown"), Commit: cmp.Or(commit, revision, "unknown"), Go: runtime.Version()}
}

// buildInfo is what the Go toolchain has noted in this program.
func buildInfo() *debug.BuildInfo {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return &debug.BuildInfo{}
	}
	return info
}

// publishedGuide is where the guide for Okta's administrator can be read in the
// published source of a module; "" if that is not on GitHub.
func publishedGuide(module string) string {
	if !strings.HasPrefix(module, "github.com/") {
		return ""
	}
	return "https://" + module + "/blob/HEAD/docs/okta-private.md"
}
