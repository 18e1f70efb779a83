package spec

import (
	_ "embed"
	"fmt"
	"sync"
	"time"

	"suger-scim-gateway/mapping/spec/strict"
)

// schemaFile describes a mapping file, for [Parse] and for editors. It is made of
// the tags of [Document].
//
//go:embed mapping.schema.json
var schemaFile []byte

// formats check strings of a mapping file that have their own syntax.
var formats = map[string]func(text string) error{
	"field": func(text string) error { return new(Field).AddScalar(text) },
	"end": func(text string) error {
		if isWay(text) {
			return nil
		}
		if new(Request).UnmarshalText([]byte(text)) != nil {
			return fmt.Errorf("%q is neither %s nor %s, nor a call such as POST /people/{user}/suspend", text, ByRemoval, BySetStatus)
		}
		return nil
	},
	"call":   func(text string) error { return new(Request).UnmarshalText([]byte(text)) },
	"cursor": func(text string) error { return new(Cursor).UnmarshalText([]byte(text)) },
	"path":   checkPath,
	"time": func(text string) error {
		if wait, err := time.ParseDuration(text); err != nil || wait < 0 || wait > time.Minute {
			return fmt.Errorf("%q is not a time up to 1m, such as 30s", text)
		}
		return nil
	},
}

var schema = sync.OnceValue(func() *strict.Schema {
	compiled, err := strict.NewSchema(schemaFile, formats)
	if err != nil {
		panic(fmt.Sprintf("the schema of mapping files: %v", err)) // a test reads it
	}
	return compiled
})
