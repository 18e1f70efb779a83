package sugerclient_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/sugerclient"
)

func TestErrorText(t *testing.T) {
	refused := &sugerclient.Error{Operation: "get token", Kind: sugerclient.Refused, Status: 401, Message: "no such client nova@example.com"}
	tests := []struct {
		name         string
		err          *sugerclient.Error
		whole, brief string
	}{
		{"with Suger's words", refused, "suger: get token: refused (401): no such client nova@example.com", "suger: get token: refused (401)"},
		{"without an answer", &sugerclient.Error{Operation: "get user", Kind: sugerclient.Unavailable, Err: errors.New("connection\nreset")},
			"suger: get user: unavailable: connection reset", "suger: get user: unavailable: connection reset"},
		{"of another call", &sugerclient.Error{Operation: "get user", Kind: sugerclient.Refused, Err: refused},
			"suger: get user: refused: suger: get token: refused (401): no such client nova@example.com",
			"suger: get user: refused: suger: get token: refused (401)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.whole, test.err.Error())
			assert.Equal(t, test.brief, test.err.Brief())
		})
	}
}
