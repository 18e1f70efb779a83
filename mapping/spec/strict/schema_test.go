package strict_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec/strict"
)

const documentSchema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Document",
  "$ref": "#/$defs/document",
  "$defs": {
    "document": {
      "type": "object",
      "properties": {
        "version": {
          "type": "integer",
          "description": "Format <1> & later."
        },
        "operations": {
          "type": "object",
          "additionalProperties": {
            "$ref": "#/$defs/operation"
          },
          "description": "Calls by name."
        },
        "main operation": {
          "$ref": "#/$defs/operation"
        },
        "at": {
          "type": "string",
          "description": "A field."
        },
        "style": {
          "type": "string",
          "enum": [
            "offset",
            "page"
          ],
          "default": "offset"
        },
        "order": {
          "type": "array",
          "items": {
            "type": "string",
            "enum": [
              "first",
              "second"
            ]
          }
        },
        "labels": {
          "type": "object",
          "additionalProperties": {
            "type": "string"
          }
        },
        "share": {
          "type": "number"
        },
        "verify": {
          "type": "boolean",
          "default": true
        },
        "limits": {
          "$ref": "#/$defs/limits"
        },
        "found": {
          "oneOf": [
            {
              "type": "string"
            },
            {
              "type": "array",
              "items": {
                "type": "string"
              },
              "minItems": 1
            }
          ]
        },
        "any": {}
      },
      "required": [
        "version"
      ],
      "additionalProperties": false
    },
    "limits": {
      "type": "object",
      "properties": {
        "rows": {
          "type": "integer",
          "default": 1000
        },
        "wait": {
          "type": "string",
          "pattern": "^[-+]?(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$",
          "description": "How long.",
          "default": "10s"
        }
      },
      "additionalProperties": false
    },
    "operation": {
      "oneOf": [
        {
          "type": "string"
        },
        {
          "type": "object",
          "properties": {
            "call": {
              "type": "string"
            },
            "repeat": {
              "type": "boolean"
            },
            "tries": {
              "type": "integer",
              "default": 3
            },
            "next": {
              "type": "string"
            }
          },
          "required": [
            "call"
          ],
          "additionalProperties": false
        }
      ]
    }
  }
}
`

func TestSchema(t *testing.T) {
	for range 3 { // definitions are kept in a map: the order must not show
		schema, err := strict.Schema("Document", document{})
		require.NoError(t, err)
		assert.Equal(t, documentSchema, string(schema))
	}
}

// tree holds itself.
type tree struct {
	Branches []*tree `yaml:"branches"`
}

func TestSchemaOfOtherTypes(t *testing.T) {
	tests := []struct {
		name string
		of   any
		want string
	}{
		{"type that holds itself", &tree{}, `{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"title": "T",
			"$ref": "#/$defs/tree",
			"$defs": {"tree": {
				"type": "object",
				"properties": {"branches": {"type": "array", "items": {"$ref": "#/$defs/tree"}}},
				"additionalProperties": false
			}}
		}`},
		{"struct without a name", []struct {
			A bool `yaml:"a"`
		}{}, `{
			"$schema": "https://json-schema.org/draft/2020-12/schema",
			"title": "T",
			"type": "array",
			"items": {"type": "object", "properties": {"a": {"type": "boolean"}}, "additionalProperties": false}
		}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			schema, err := strict.Schema("T", test.of)
			require.NoError(t, err)
			assert.JSONEq(t, test.want, string(schema))
		})
	}
}

// generic has a name that no reference can hold.
type generic[T any] struct {
	Value T `yaml:"value"`
}

func TestSchemaRefusesNamesThatAreNotUnique(t *testing.T) {
	type limits struct{}
	_, err := strict.Schema("T", struct {
		A document `yaml:"a"`
		B limits   `yaml:"b"`
	}{})
	require.EqualError(t, err, "strict: strict_test.limits cannot be named in a JSON Schema")
	_, err = strict.Schema("T", generic[int]{})
	require.EqualError(t, err, "strict: strict_test.generic[int] cannot be named in a JSON Schema")
}
