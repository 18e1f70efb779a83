package cli

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// runAsCommand is the variable that makes the test binary the program, so that
// documents can be run as they are written.
const runAsCommand = "RUN_AS_COMMAND"

// TestMain runs the tests in the top folder, since they read the documents and
// the data of the whole project.
func TestMain(m *testing.M) {
	if os.Getenv(runAsCommand) != "" {
		if err := Run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "suger-scim-gateway:", err)
			os.Exit(1)
		}
		return
	}
	if err := os.Chdir("../.."); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}
