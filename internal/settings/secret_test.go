package settings

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"suger-scim-gateway/internal/test/program"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func noSpaces(text string) error {
	if strings.Contains(text, " ") {
		return errors.New("has a blank")
	}
	return nil
}

func TestSecretSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	program.WriteFile(t, file, "  from-file\n")
	empty := filepath.Join(t.TempDir(), "empty")
	program.WriteFile(t, empty, " \n")
	large := filepath.Join(t.TempDir(), "large")
	program.WriteFile(t, large, strings.Repeat("x", maxSecretFile+1))
	blank := filepath.Join(t.TempDir(), "blank")
	program.WriteFile(t, blank, "two words")

	tests := []struct {
		name  string
		value secretText
		path  string
		want  string
		wrong string
	}{
		{name: "the variable", value: "from-variable", want: "from-variable"},
		{name: "the file, trimmed", path: file, want: "from-file"},
		{name: "both", value: "from-variable", path: file, wrong: "THE_SECRET is set, and so is THE_SECRET_FILE; set one of them"},
		{name: "an empty file", path: empty, wrong: "THE_SECRET_FILE names a file that is empty"},
		{name: "a large file", path: large, wrong: "THE_SECRET_FILE names a file of more than 65536 bytes"},
		{name: "an unacceptable variable", value: "two words", wrong: "THE_SECRET has a blank"},
		{name: "an unacceptable file", path: blank, wrong: "THE_SECRET_FILE has a blank"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, wrong := openSecret("THE_SECRET", test.value, test.path, noSpaces, slog.New(slog.DiscardHandler))
			if test.wrong != "" {
				require.NotNil(t, wrong)
				assert.Equal(t, test.wrong, wrong.Error())
				return
			}
			require.Nil(t, wrong)
			assert.Equal(t, test.want, s.current())
		})
	}

	t.Run("neither", func(t *testing.T) {
		s, wrong := openSecret("THE_SECRET", "", "", noSpaces, slog.New(slog.DiscardHandler))
		assert.Nil(t, wrong)
		assert.Nil(t, s)
	})
	t.Run("no such file", func(t *testing.T) {
		_, wrong := openSecret("THE_SECRET", "", filepath.Join(t.TempDir(), "absent"), noSpaces, slog.New(slog.DiscardHandler))
		require.NotNil(t, wrong)
		assert.Contains(t, wrong.Error(), "THE_SECRET_FILE names a file that cannot be opened: ")
	})
}

// A rotation replaces the file; nothing is restarted.
func TestSecretFollowsItsFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "secret")
	program.WriteFile(t, file, "first-value")
	var logged bytes.Buffer
	s, wrong := openSecret("THE_SECRET", "", file, noSpaces, slog.New(slog.NewTextHandler(&logged, nil)))
	require.Nil(t, wrong)
	require.Equal(t, "first-value", s.current())

	// swap puts new content in place at once, as Kubernetes does.
	swap := func(content string) {
		next := filepath.Join(folder, "next")
		program.WriteFile(t, next, content)
		require.NoError(t, os.Rename(next, file))
	}
	swap("other-value")
	assert.Equal(t, "other-value", s.current())

	swap("not acceptable")
	assert.Equal(t, "other-value", s.current(), "the last good value stays")
	assert.Equal(t, "other-value", s.current())

	require.NoError(t, os.Remove(file))
	assert.Equal(t, "other-value", s.current(), "a missing file changes nothing")

	swap("last-value")
	assert.Equal(t, "last-value", s.current())

	assert.Equal(t, 1, strings.Count(logged.String(), "not taken over"), "one report for one bad file")
	for _, value := range []string{"first-value", "other-value", "not acceptable", "last-value"} {
		assert.NotContains(t, logged.String(), value)
	}
}

func TestSecretTextIsHidden(t *testing.T) {
	held := Settings{Credential: "hush-hush"}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", held.Credential, "settings", held)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", held.Credential, "settings", held)
	fmt.Fprintf(&logged, "%v %+v %#v %s", held, held, held, held.Credential)
	assert.Contains(t, logged.String(), "[secret]")
	assert.NotContains(t, logged.String(), "hush-hush")
}
