package main

import (
	"os"
	"testing"
)

// runAsCommand is the variable that makes the test binary the program, so that
// documents can be run as they are written.
const runAsCommand = "RUN_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(runAsCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}
