package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
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

func openSecret(text, path string, log *slog.Logger) (*secret, error) {
	s := &secret{name: "THE_SECRET", text: text, path: path}
	return s, s.open(noSpaces, log)
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
		value string
		path  string
		want  string
		wrong string
	}{
		{name: "the variable", value: "from-variable", want: "from-variable"},
		{name: "the file, trimmed", path: file, want: "from-file"},
		{name: "both", value: "from-variable", path: file, wrong: "THE_SECRET is set, and so is THE_SECRET_FILE; set one of them"},
		{name: "an empty file", path: empty, wrong: "THE_SECRET_FILE names a file that cannot be used: it is empty"},
		{name: "a large file", path: large, wrong: "THE_SECRET_FILE names a file that cannot be used: " + large + " has more than 65536 bytes"},
		{name: "an unacceptable variable", value: "two words", wrong: "THE_SECRET has a blank"},
		{name: "an unacceptable file", path: blank, wrong: "THE_SECRET_FILE names a file that cannot be used: it has a blank"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, wrong := openSecret(test.value, test.path, slog.New(slog.DiscardHandler))
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
		var s *secret
		require.NoError(t, s.open(noSpaces, slog.New(slog.DiscardHandler)))
		assert.Empty(t, s.latest())
	})
	t.Run("no such file", func(t *testing.T) {
		_, wrong := openSecret("", filepath.Join(t.TempDir(), "absent"), slog.New(slog.DiscardHandler))
		require.NotNil(t, wrong)
		assert.Contains(t, wrong.Error(), "THE_SECRET_FILE names a file that cannot be used: ")
	})
}

// A rotation replaces the file; nothing is restarted.
func TestSecretFollowsItsFile(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "secret")
	program.WriteFile(t, file, "first-value")
	var logged bytes.Buffer
	s, wrong := openSecret("", file, slog.New(slog.NewTextHandler(&logged, nil)))
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

	assert.Equal(t, 1, strings.Count(logged.String(), "the last good one stays"), "one report for one bad file")
	for _, value := range []string{"first-value", "other-value", "not acceptable", "last-value"} {
		assert.NotContains(t, logged.String(), value)
	}
}

// If a file cannot be opened, or is not a file, the last valid value stays in
// use; this is reported once, not with each request.
func TestUnusableSecretFile(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, path string){
		"a folder": func(t *testing.T, path string) { require.NoError(t, os.Mkdir(path, 0o700)) },
		"a pipe": func(t *testing.T, path string) {
			if text, err := exec.Command("mkfifo", path).CombinedOutput(); err != nil {
				t.Skip("this system cannot make named pipes, so there is none to refuse: " + string(text))
			}
		},
		"a loop": func(t *testing.T, path string) { require.NoError(t, os.Symlink(path, path)) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "secret")
			program.WriteFile(t, file, "first-value")
			var logged bytes.Buffer
			s, wrong := openSecret("", file, slog.New(slog.NewTextHandler(&logged, nil)))
			require.Nil(t, wrong)
			require.NoError(t, os.Remove(file))
			replace(t, file)
			for range 5 {
				assert.Equal(t, "first-value", s.current())
			}
			assert.LessOrEqual(t, strings.Count(logged.String(), "the last good one stays"), 1)
		})
	}
}

// A token of the gateway that equals the Suger credential would give the credential
// to its holders.
func TestTokensAreNotTheCredential(t *testing.T) {
	const key, other = "a-key-of-sugers-0123456789", "another-token-0123456789"
	folder := t.TempDir()
	tokens, credential := filepath.Join(folder, "tokens"), filepath.Join(folder, "credential")
	tests := []struct{ name, auth, credential, tokens string }{
		{"the key", "key", key, other + "," + key},
		{"the pair", "oauth", "client:" + key, "client:" + key},
		{"the secret half", "oauth", "client:" + key, key},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			environment := map[string]string{
				"SUGER_ORG_ID": "org", "SUGER_AUTH": test.auth,
				"SUGER_CREDENTIAL_FILE": credential, "GATEWAY_TOKENS_FILE": tokens,
			}
			program.SetEnvironment(t, Names(), environment)
			program.WriteFile(t, credential, test.credential)
			program.WriteFile(t, tokens, test.tokens)
			_, err := Load(io.Discard)
			require.ErrorContains(t, err, "is the same in SUGER_CREDENTIAL")
			assert.NotContains(t, err.Error(), key)

			program.WriteFile(t, tokens, other)
			c, err := Load(io.Discard)
			require.NoError(t, err)
			program.WriteFile(t, tokens, test.tokens+",one-more-token-0123456789") // of another size, so that the change shows
			assert.Equal(t, []string{other}, c.AcceptedTokens(), "nor by a rotation")
			program.WriteFile(t, tokens, other)

			program.WriteFile(t, credential, "client:"+other)
			want := test.credential
			if test.auth == "key" {
				want = "client:" + other // a key has no halves
			}
			assert.Equal(t, want, string(c.HeldCredential()), "of either")
		})
	}
}

func TestSecretTextIsHidden(t *testing.T) {
	held := Settings{Credential: &secret{text: "hush-hush"}}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("x", "secret", held.Credential, "settings", held)
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "secret", held.Credential, "settings", held)
	fmt.Fprintf(&logged, "%v %+v %#v %s", held, held, held, held.Credential)
	assert.Contains(t, logged.String(), "[credential]")
	assert.NotContains(t, logged.String(), "hush-hush")
}
