// Package documents tests the pages of the project: their commands run, their links
// resolve, the settings, tests and errors that they name exist, and every requirement
// of the RFCs has a test.
package documents

import (
	"flag"
	"os"
	"testing"

	"suger-scim-gateway/internal/test/program"
)

var update = flag.Bool("update", false, "rewrite the pages that are made from tables; read the diff")

func TestMain(m *testing.M) { os.Exit(program.Main(m, "../../..")) }
