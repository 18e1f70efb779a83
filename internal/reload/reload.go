// Package reload reads files again when they change.
package reload

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"time"
)

// retryAfter is how long files that could not be used are left alone. The reason may pass
// without a change, such as a certificate that is not valid yet.
const retryAfter = 10 * time.Second

// Options describe files that are read together. All fields are required.
type Options struct {
	What  string // what they hold, for the log: "secret"
	Paths []string
	Limit int64 // of bytes in one file

	// Use takes the contents over, or returns why they cannot be used.
	Use func(contents [][]byte) error
	Log *slog.Logger
	Now func() time.Time
}

// Files are files that were read together. They are safe for concurrent use.
type Files struct {
	Options

	mu      sync.Mutex
	seen    []os.FileInfo // the files when they were last read; nil if one could not be
	problem string        // of the files on disk; "" if they are current
	retryAt time.Time     // when to read them again if there is one
}

// Open reads the files for the first time.
func Open(options Options) (*Files, error) {
	f := &Files{Options: options}
	return f, f.read()
}

// Refresh reads the files again if one has changed. If they cannot be used, what was read
// last stays in use, and the reason is logged once.
func (f *Files) Refresh() {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.Now()
	if !f.changed() && (f.problem == "" || now.Before(f.retryAt)) {
		return
	}
	problem := ""
	if err := f.read(); err != nil {
		problem, f.retryAt = err.Error(), now.Add(retryAfter)
	}
	if problem != "" && problem != f.problem {
		f.Log.Error("a changed file cannot be used; the last good one stays", "holds", f.What, "problem", problem)
	}
	f.problem = problem
}

// changed reports whether a file is another than the one read last. A missing one
// counts as unchanged, since mounted files are swapped one after the other.
func (f *Files) changed() bool {
	changed := false
	for i, path := range f.Paths {
		now, err := os.Stat(path)
		if err != nil {
			return false
		}
		was := f.seen[i]
		changed = changed || was == nil || !os.SameFile(now, was) || !now.ModTime().Equal(was.ModTime()) || now.Size() != was.Size()
	}
	return changed
}

// read reads and uses the files, and remembers them even if they cannot be read, so that one
// change is reported once.
func (f *Files) read() error {
	f.seen = make([]os.FileInfo, len(f.Paths))
	contents := make([][]byte, len(f.Paths))
	var failed error
	for i, path := range f.Paths {
		var err error
		if f.seen[i], err = os.Stat(path); err == nil && !f.seen[i].Mode().IsRegular() { // opening a pipe would wait for its writer
			err = fmt.Errorf("%s is not a regular file", path)
		}
		if err == nil {
			contents[i], err = ReadFile(path, f.Limit)
		}
		failed = cmp.Or(failed, err)
	}
	if failed == nil {
		failed = f.Use(contents)
	}
	return failed
}

// ReadFile reads a file that may have at most limit bytes.
func ReadFile(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // G304: the operator names the file in a setting
	if err != nil {
		return nil, err
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s has more than %d bytes", path, limit)
	}
	return content, err
}
