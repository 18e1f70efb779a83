package e2e

import (
	"bytes"
	"net/http"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/internal/test/sandbox"
)

// The product has none of the additions of a test build (-tags testresources): neither
// their names in the binary nor their endpoint.
func TestProductHasNoTestResources(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(program.Binary(t))
	require.NoError(t, err)
	require.True(t, bytes.Contains(content, []byte("urn:ietf:params:scim:schemas:core:2.0:User")), "the search finds URNs")
	require.True(t, bytes.Contains(content, []byte("gateway.New")), "the search finds function names")
	for _, name := range []string{"urn:example:params:scim:schemas:test:2.0", "gateway.testResources"} {
		assert.False(t, bytes.Contains(content, []byte(name)), name)
	}

	s := newStage(t, sandbox.Options{}, nil)
	status, _ := program.Ask(t, http.MethodGet, s.newGateway(t).URL+"/scim/v2/TestResources", "Bearer wrong", "")
	assert.Equal(t, http.StatusNotFound, status)
}
