package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"suger-scim-gateway/internal/reload"
)

// maxSecretFile is the largest file of a secret, in bytes.
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

// A secret is the current value of a secret setting, given by its variable or
// by a file that is read again whenever it changes, so that a rotation needs
// no restart.
type secret struct {
	name  string             // of the variable that gave it, for messages
	check func(string) error // returns what is wrong with a value, without repeating it
	log   *slog.Logger

	mu      sync.Mutex
	value   string
	file    *reload.Files          // nil if the variable holds the value
	problem string                 // of the file on disk, "" if its value is current
	last    atomic.Pointer[string] // value, for callers that must not wait for the file
}

// openSecret reads a secret from a variable, or from the file that NAME_FILE
// names. It is nil if neither is set.
func openSecret(name string, value secretText, path string, check func(string) error, log *slog.Logger) (*secret, error) {
	s := &secret{name: name, check: check, log: log}
	switch {
	case value == "" && path == "":
		return nil, nil
	case value != "" && path != "":
		return nil, fmt.Errorf("%[1]s is set, and so is %[1]s_FILE; set one of them", name)
	case value != "":
		if err := check(string(value)); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
		s.set(string(value))
		return s, nil
	}
	s.name += "_FILE"
	s.file = reload.New(maxSecretFile, path)
	if err := s.read(); err != nil {
		return nil, fmt.Errorf("%s %w", s.name, err)
	}
	return s, nil
}

// current is the value as of now. A file that cannot be read, or whose content
// is not acceptable, leaves the last good value.
func (s *secret) current() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil || !s.file.Changed() {
		return s.value
	}
	before := s.value
	if err := s.read(); err != nil {
		if problem := err.Error(); problem != s.problem {
			s.log.Error("a changed secret cannot be used; the last good one stays", "setting", s.name, "problem", problem)
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

// latest is the value read last, without a look at the file; "" if there is no
// such secret.
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

// read reads the value from the file.
func (s *secret) read() error {
	content, err := s.file.Read()
	if err != nil {
		return fmt.Errorf("names a file that cannot be used: %w", err)
	}
	value := strings.TrimSpace(string(content[0]))
	if value == "" {
		return errors.New("names a file that is empty")
	}
	if err := s.check(value); err != nil {
		return err
	}
	s.set(value)
	return nil
}
