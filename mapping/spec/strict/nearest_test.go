package strict_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/mapping/spec/strict"
)

func TestNearest(t *testing.T) {
	known := []string{"add user", "get user", "set role", "by", strings.Repeat("l", 70)}
	tests := []struct{ name, word, want string }{
		{"letter missing", "add usr", "add user"},
		{"letter too many", "get userr", "get user"},
		{"letter changed", "sat role", "set role"},
		{"neighbors swapped count once", "sert oel", ""},
		{"neighbors swapped", "adu dser", "add user"},
		{"other separator", "add-user", "add user"},
		{"other case", "GET_USER", "get user"},
		{"first of two as near", "aet user", "get user"},
		{"the nearer of two", "gad user", "add user"},
		{"a third is near", "dd usr", "add user"},
		{"more is not", "d sr", ""},
		{"short words must be right", "bx", ""},
		{"long words are not looked at", strings.Repeat("l", 69), ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			nearest, ok := strict.Nearest(test.word, known)
			assert.Equal(t, test.want, nearest)
			assert.Equal(t, test.want != "", ok)
		})
	}
}
