// Package mapping says what a SCIM User, Group and Role are in Suger, and
// carries out SCIM operations as calls of Suger's API.
//
// The calls, paths, fields and role names are in a mapping file
// (the embedded default is suger.yaml), so that a Suger that differs needs
// another file, not another program. Start with [spec.Document], which is that
// file, and [Service], which works by it.
package mapping

import (
	_ "embed"
	"fmt"
	"sync"

	"suger-scim-gateway/mapping/spec"
)

//go:embed suger.yaml
var defaultFile []byte

// DefaultName is what the embedded mapping is called in messages.
const DefaultName = "suger.yaml"

// DefaultSource returns the embedded mapping as it is written.
func DefaultSource() []byte { return defaultFile }

// DefaultDocument is the embedded mapping.
var DefaultDocument = sync.OnceValue(func() *spec.Document {
	doc, err := spec.Parse(DefaultName, defaultFile)
	if err != nil {
		panic(fmt.Sprintf("the embedded mapping: %v", err)) // a test reads it
	}
	return doc
})
