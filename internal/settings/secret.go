package settings

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// maxSecretFile bounds a secret's file, in bytes.
const maxSecretFile = 64 << 10

// secretText is the value of a secret setting. It prints as "[secret]", so
// that no log or message can carry it by accident.
type secretText string

// String hides the value.
func (secretText) String() string { return "[secret]" }

// GoString hides the value from %#v.
func (secretText) GoString() string { return "[secret]" }

// MarshalText hides the value from JSON, which is how slog writes structs.
func (secretText) MarshalText() ([]byte, error) { return []byte("[secret]"), nil }

// A secret is the present value of a secret setting, given by its variable or
// by a file that is read again whenever it changes, so that a rotation needs
// no restart.
type secret struct {
	name  string             // of the variable that gave it, for messages
	path  string             // of the file; "" if the variable holds the value
	check func(string) error // says what is wrong with a value, without repeating it
	log   *slog.Logger

	mu      sync.Mutex
	value   string
	file    os.FileInfo            // as it was when value was read
	problem string                 // of the file as it is, "" if its value is in use
	last    atomic.Pointer[string] // value, for who must not wait for the file
}

// openSecret reads a secret from a variable, or from the file that NAME_FILE
// names. It is nil if neither is set.
func openSecret(name string, value secretText, path string, check func(string) error, log *slog.Logger) (*secret, *problem) {
	s := &secret{name: name, path: path, check: check, log: log}
	switch {
	case value == "" && path == "":
		return nil, nil
	case value != "" && path != "":
		return nil, &problem{name, "is set, and so is " + name + "_FILE; set one of them"}
	case value != "":
		if err := check(string(value)); err != nil {
			return nil, &problem{name, err.Error()}
		}
		s.set(string(value))
		return s, nil
	}
	s.name += "_FILE"
	if err := s.read(); err != nil {
		return nil, &problem{s.name, err.Error()}
	}
	return s, nil
}

// current is the value as of now. A file that cannot be read, or whose content
// is not acceptable, leaves the last good value in use.
func (s *secret) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.path == "" || s.unchanged() {
		return s.value
	}
	before := s.value
	if err := s.read(); err != nil {
		if problem := err.Error(); problem != s.problem {
			s.log.Error("changed secret rejected; the last good one stays in use", "setting", s.name, "problem", problem)
			s.problem = problem
		}
		return s.value
	}
	s.problem = ""
	if s.value != before {
		s.log.Info("changed secret loaded", "setting", s.name)
	}
	return s.value
}

// latest is the value in use, without reading the file; "" if there is
// no such secret.
func (s *secret) latest() string {
	if s == nil || s.last.Load() == nil {
		return ""
	}
	return *s.last.Load()
}

func (s *secret) set(value string) {
	s.value = value
	s.last.Store(&value)
}

// unchanged reports whether the file is the one that was last looked at. A
// missing one counts as unchanged: mounted secrets are swapped, not rewritten.
func (s *secret) unchanged() bool {
	now, err := os.Stat(s.path)
	return err != nil || os.SameFile(now, s.file) && now.ModTime().Equal(s.file.ModTime()) && now.Size() == s.file.Size()
}

// read reads the value from the file, and remembers the file even if its
// content is not acceptable, so that one change is reported once.
func (s *secret) read() error {
	// Opening a pipe would wait for who writes to it.
	if now, err := os.Stat(s.path); err == nil && !now.Mode().IsRegular() {
		s.file = now
		return errors.New("names something that is not a regular file")
	}
	file, err := os.Open(s.path)
	if err != nil {
		return fmt.Errorf("names a file that cannot be opened: %w", err)
	}
	defer file.Close()
	if s.file, err = file.Stat(); err != nil {
		return fmt.Errorf("names a file that cannot be read: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(file, maxSecretFile+1))
	if err != nil {
		return fmt.Errorf("names a file that cannot be read: %w", err)
	}
	value := strings.TrimSpace(string(content))
	switch {
	case len(content) > maxSecretFile:
		return fmt.Errorf("names a file of more than %d bytes", maxSecretFile)
	case value == "":
		return errors.New("names a file that is empty")
	}
	if err := s.check(value); err != nil {
		return err
	}
	s.set(value)
	return nil
}
