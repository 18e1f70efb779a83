package strict_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/mapping/spec/strict"
)

func TestSuggest(t *testing.T) {
	known := []string{"add user", "get user", "set role", "by", strings.Repeat("l", 129)}
	tests := []struct{ name, word, want string }{
		{"letter missing", "add usr", "add user"},
		{"letter too many", "get userr", "get user"},
		{"letter changed", "sat role", "set role"},
		{"neighbors swapped", "adduser ", "add user"},
		{"other separator", "add-user", "add user"},
		{"other case", "GET_USER", "get user"},
		{"first of two as near", "aet user", "get user"},
		{"the nearer of two", "gad user", "add user"},
		{"a third is near", "dd usr", "add user"},
		{"more is not", "d sr", ""},
		{"short words must be right", "bx", ""},
		{"long words are not looked at", strings.Repeat("l", 128), ""},
		{"empty", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := `the keys here are "add user", "get user", "set role", "by", "` + known[4] + `"`
			if test.want != "" {
				want = fmt.Sprintf("did you mean %q?", test.want)
			}
			assert.Equal(t, want, strict.Suggest(test.word, known, "the keys here are"))
		})
	}
}
