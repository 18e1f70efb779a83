package settings

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"suger-scim-gateway/internal/reload"
	"suger-scim-gateway/sugerclient"
)

// maxSecretFile is the largest file of a secret, in bytes.
const maxSecretFile = 64 << 10

// secretText is the value of a secret setting, which does not print itself.
type secretText = sugerclient.Credential

// A secret is the current value of a secret setting, given by its variable or
// by a file that is read again whenever it changes, so that a rotation needs
// no restart.
type secret struct {
	value atomic.Pointer[string]
	files *reload.Files // nil if the variable holds the value
}

// openSecret reads a secret from a variable, or from the file that NAME_FILE
// names. It is nil if neither is set. check returns what is wrong with a value,
// without repeating it.
func openSecret(name string, value secretText, path string, check func(string) error, log *slog.Logger) (*secret, error) {
	s := &secret{}
	switch {
	case value == "" && path == "":
		return nil, nil
	case value != "" && path != "":
		return nil, fmt.Errorf("%[1]s is set, and so is %[1]s_FILE; set one of them", name)
	case value != "":
		if err := check(string(value)); err != nil {
			return nil, fmt.Errorf("%s %w", name, err)
		}
		text := string(value)
		s.value.Store(&text)
		return s, nil
	}
	name += "_FILE"
	log = log.With("setting", name)
	readable := false
	use := func(contents [][]byte) error {
		readable = true
		text := strings.TrimSpace(string(contents[0]))
		if text == "" {
			return errors.New("names a file that is empty")
		}
		if err := check(text); err != nil {
			return err
		}
		if before := s.value.Swap(&text); before != nil && *before != text {
			log.Info("changed secret loaded")
		}
		return nil
	}
	var err error
	s.files, err = reload.Open(reload.Options{What: "secret", Paths: []string{path}, Limit: maxSecretFile, Use: use, Log: log, Now: time.Now})
	switch {
	case err != nil && readable:
		return nil, fmt.Errorf("%s %w", name, err)
	case err != nil:
		return nil, fmt.Errorf("%s names a file that cannot be used: %w", name, err)
	}
	return s, nil
}

// current is the value as of now. A file that cannot be read, or whose content
// is not acceptable, leaves the last good value.
func (s *secret) current() string {
	if s.files != nil {
		s.files.Refresh()
	}
	return *s.value.Load()
}

// latest is the value read last, without a look at the file; "" if there is no
// such secret.
func (s *secret) latest() string {
	if s == nil {
		return ""
	}
	return *s.value.Load()
}
