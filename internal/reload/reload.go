// Package reload reads files again when they change, so that a rotated secret or
// certificate needs no restart.
package reload

import (
	"fmt"
	"io"
	"os"
)

// Files are files that are read together. They need a lock of their owner.
type Files struct {
	paths []string
	limit int64
	seen  []os.FileInfo // the files when they were last read; nil if one could not be
}

// New returns the files at the paths, each of which may have at most limit bytes.
func New(limit int64, paths ...string) *Files { return &Files{paths: paths, limit: limit} }

// Changed reports whether a file is another than the one read last. A missing one
// counts as unchanged, since mounted files are swapped one after the other.
func (f *Files) Changed() bool {
	changed := false
	for i, path := range f.paths {
		now, err := os.Stat(path)
		if err != nil {
			return false
		}
		was := f.seen[i]
		changed = changed || was == nil || !os.SameFile(now, was) || !now.ModTime().Equal(was.ModTime()) || now.Size() != was.Size()
	}
	return changed
}

// Read returns the content of the files. It remembers the files even if they
// cannot be read, so that one change is reported once.
func (f *Files) Read() ([][]byte, error) {
	f.seen = make([]os.FileInfo, len(f.paths))
	content := make([][]byte, len(f.paths))
	for i, path := range f.paths {
		var err error
		if f.seen[i], err = os.Stat(path); err != nil {
			return nil, err
		}
		if !f.seen[i].Mode().IsRegular() { // opening a pipe would wait for its writer
			return nil, fmt.Errorf("%s is not a regular file", path)
		}
	}
	for i, path := range f.paths {
		var err error
		if content[i], err = ReadFile(path, f.limit); err != nil {
			return nil, err
		}
	}
	return content, nil
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
