package spec_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/mapping/spec/strict"
)

var update = flag.Bool("update", false, "write the files that are made of the Go types anew")

// assertMade compares a file with what is made of the Go types, and writes it if
// the flag says so.
func assertMade(t *testing.T, file, made string) {
	t.Helper()
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(made), 0o644))
	}
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, made, string(written), "run the test with -update to write %s anew", file)
}

// mapping.schema.json is for editors, which complete and check a mapping file
// with it while one types.
func TestJSONSchemaIsMadeOfTheTypes(t *testing.T) {
	schema, err := strict.Schema("Mapping file of the Suger SCIM Gateway", spec.Document{})
	require.NoError(t, err)
	assertMade(t, "../mapping.schema.json", string(schema))
}
