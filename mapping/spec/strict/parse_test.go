package strict

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.yaml.in/yaml/v3"
)

// failing panics within the YAML library.
type failing struct{}

func (failing) Read([]byte) (int, error) { panic("impossible") }

func TestPanicOfTheLibraryIsAnError(t *testing.T) {
	document, err := next(yaml.NewDecoder(failing{}))
	assert.Nil(t, document)
	assert.EqualError(t, err, "yaml: impossible")
}
