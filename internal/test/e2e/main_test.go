// Package e2e tests the whole program: its command line, with a Suger sandbox
// behind it, joined by HTTP on the loopback interface.
package e2e

import (
	"os"
	"testing"

	"suger-scim-gateway/internal/test/program"
)

func TestMain(m *testing.M) { os.Exit(program.Main(m, "../../..")) }
