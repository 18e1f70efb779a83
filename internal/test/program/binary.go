package program

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// folder holds the built program. Main creates and removes it.
var folder string

// Main runs the tests of a package in the root of the repository, where the documents
// and data are. root is the path to it.
func Main(m *testing.M, root string) int {
	if err := os.Chdir(root); err != nil {
		panic(err)
	}
	manyAtOnce()
	var err error
	if folder, err = os.MkdirTemp("", "suger-scim-gateway"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	return m.Run()
}

// manyAtOnce lets more tests run in parallel than there are processors, unless
// -parallel is set: most tests wait for other processes or time limits.
func manyAtOnce() {
	const atOnce = 8
	flag.Parse()
	set := false
	flag.Visit(func(f *flag.Flag) { set = set || f.Name == "test.parallel" })
	if !set {
		if err := flag.Set("test.parallel", strconv.Itoa(max(atOnce, runtime.GOMAXPROCS(0)))); err != nil {
			panic(err)
		}
	}
}

// Binary returns the path of the program as it is released, built once for all tests
// of a package that runs in [Main].
func Binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	require.NoError(t, err)
	return path
}

var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "suger-scim-gateway")
	if text, err := exec.Command("go", "build", "-trimpath", "-o", path, ".").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, text)
	}
	return path, nil
})
