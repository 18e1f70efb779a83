package spec_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
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

// object is a JSON object.
type object = map[string]any

// mapping.schema.json is what a mapping file is read by, and what editors complete
// and check one with while one types. It is made of the tags of the Go types.
func TestJSONSchemaIsMadeOfTheTypes(t *testing.T) {
	s := &schemaMaker{definitions: make(object)}
	root := s.of(reflect.TypeFor[spec.Document](), "")
	root["$schema"], root["title"], root["$defs"] = "https://json-schema.org/draft/2020-12/schema", "Mapping file of the Suger SCIM Gateway", s.definitions
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	require.NoError(t, encoder.Encode(root))
	assertMade(t, "mapping.schema.json", b.String())
}

type schemaMaker struct{ definitions object }

// notations are the types that are written as a text with a format.
var notations = map[reflect.Type]string{
	reflect.TypeFor[spec.Field](): "field", reflect.TypeFor[spec.Request](): "call", reflect.TypeFor[spec.Cursor](): "cursor",
	reflect.TypeFor[spec.Path](): "path", reflect.TypeFor[time.Duration](): "time",
}

// shortForms are the structs that may be written as a text, with its format.
var shortForms = map[reflect.Type]string{
	reflect.TypeFor[spec.Operation](): "call", reflect.TypeFor[spec.End](): "end", reflect.TypeFor[spec.Attribute](): "field",
}

// of returns the schema of a type; tag has its bounds.
func (s *schemaMaker) of(t reflect.Type, tag reflect.StructTag) object {
	switch format, notated := notations[t]; {
	case t == reflect.TypeFor[spec.Field]():
		return object{"type": []any{"string", "array"}, "format": format, "items": object{"type": "string", "format": format}, "minItems": 1, "uniqueItems": true}
	case notated:
		return object{"type": "string", "format": format}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), tag)
	case reflect.Struct:
		return s.reference(t)
	case reflect.Map:
		if t.Elem() == reflect.TypeFor[spec.Attribute]() {
			return s.attributes()
		}
		if pattern := tag.Get("keys"); pattern != "" {
			properties := object{pattern: s.of(t.Elem(), tag)}
			if tag.Get("of") == "ascii" {
				properties[ownHeader("|authorization")] = forbidden("the gateway sets this header itself")
			}
			return object{"type": "object", "patternProperties": properties, "additionalProperties": false}
		}
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), "")}
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), tag)}
	case reflect.Int:
		number := object{"type": "integer"}
		for key, name := range map[string]string{"min": "minimum", "max": "maximum"} {
			if bound, err := strconv.Atoi(tag.Get(key)); err == nil {
				number[name] = bound
			}
		}
		return number
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Interface:
		types := tag.Get("types")
		if types == "" {
			return object{}
		}
		value := object{"type": strings.Split(types, ",")}
		if !strings.Contains(types, "null") {
			value["minLength"] = 1
		}
		return value
	case reflect.String:
		text := object{"type": "string"}
		if tag.Get("of") == "ascii" {
			text["not"], text["description"] = object{"pattern": "[^\t -~]"}, "this cannot be sent in a header; write it in ASCII, on one line"
		}
		if enum := tag.Get("enum"); enum != "" {
			text["enum"] = strings.Split(enum, ",")
		}
		return text
	}
	return object{}
}

// reference points to the definition of a struct, which it makes if need be.
func (s *schemaMaker) reference(t reflect.Type) object {
	if _, exists := s.definitions[t.Name()]; !exists {
		s.definitions[t.Name()] = nil // before its fields, which may lead back here
		s.definitions[t.Name()] = s.structure(t)
	}
	return object{"$ref": "#/$defs/" + t.Name()}
}

func (s *schemaMaker) structure(t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, field := range reflect.VisibleFields(t) {
		key := field.Tag.Get("yaml")
		if key == "" || key == "-" {
			continue
		}
		property := s.of(field.Type, field.Tag)
		property["description"] = field.Tag.Get("doc")
		if fallback := field.Tag.Get("default"); fallback != "" {
			property["default"] = fallback
		}
		if field.Type == reflect.TypeFor[*spec.Operation]() || field.Type == reflect.TypeFor[spec.End]() {
			property["properties"] = notFor(key)
		}
		properties[key] = property
		if field.Tag.Get("required") == "true" {
			required = append(required, key)
		}
	}
	described := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		described["required"] = required
	}
	if format, short := shortForms[t]; short {
		described["type"], described["format"] = []any{"string", "object"}, format
	}
	maps.Copy(described, rules[t])
	return described
}

// forbidden returns the schema of a key that must not be there, with the
// reason.
func forbidden(why string) object { return object{"not": object{}, "description": why + "; remove it"} }

// whenStyle returns the schema by which paging of some styles must fit another schema,
// too.
func whenStyle(styles []any, then object) object {
	return object{"if": object{"properties": object{"style": object{"enum": styles}}, "required": []any{"style"}}, "then": then}
}

// has returns the schema of a map with a key whose value fits a schema.
func has(key string, value object) object {
	return object{"properties": object{key: value}, "required": []any{key}}
}

// token is a token of HTTP (RFC 9110 section 5.6.2).
var token = object{"pattern": "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"}

// ownHeader is the pattern of a header that the gateway sets itself, in any letter case, which
// regular expressions of JSON Schema have no flag for.
func ownHeader(also string) string {
	const own = "host|content-length|connection|transfer-encoding|accept-encoding"
	eitherCase := func(letter string) string { return "[" + letter + strings.ToUpper(letter) + "]" }
	return "^(" + regexp.MustCompile("[a-z]").ReplaceAllStringFunc(own+also, eitherCase) + ")$"
}

// aWord is a list with a value that an answer can have.
var aWord = object{
	"not":         object{"type": "array", "items": object{"const": "{now}"}},
	"description": "no value can be in an answer; add one, or say with absent what a missing value means",
}

// written are lists of values of which only the first is written, and so may be the time.
var written = object{"allOf": []any{object{"items": object{
	"not":         object{"type": "string", "pattern": "^\\{.*\\}$", "not": object{"const": "{now}"}},
	"description": "of the placeholders only {now} can be written; remove this one",
}}, object{
	"prefixItems": []any{true}, "items": object{"not": object{"const": "{now}"}, "description": "only the first value is written; put {now} there"},
}}}

// sayingAbsent returns the rule for a list of values of an access that a missing field does
// not mean.
func sayingAbsent(list string) object {
	return object{"if": object{"not": has("absent", object{"const": list})}, "then": object{"properties": object{list: object{"items": object{
		"not": object{"enum": []any{nil, ""}}, "description": "null and the empty text count as absent; say with absent what it means",
	}}}}}
}

// without returns the schema of a map that must not have a key, with the
// reason.
func without(key, why string) object { return object{"properties": object{key: forbidden(why)}} }

// rules are what a schema says of a struct besides its keys. The description of a
// rule is the message, and after a semicolon the advice.
var rules = map[reflect.Type]object{
	reflect.TypeFor[spec.Document](): {"allOf": []any{object{
		"properties": object{"version": object{"not": object{"type": "integer", "not": object{"const": 1}}, "description": "this program reads version 1; write version: 1"}},
	}, object{
		"if":   has("access", has("end", object{"const": "remove user"})),
		"then": object{"properties": object{"operations": object{"required": []any{"remove user"}, "description": "add it, or end access otherwise"}}},
	}, object{
		"if": object{"allOf": []any{
			has("user", has("roles", has("hold", object{"const": "many"}))), has("operations", object{"not": object{"required": []any{"grant role"}}}),
		}},
		"then": object{"properties": object{"operations": without("set role", "users hold many roles, which grant role and revoke role change")}},
	}}},
	reflect.TypeFor[spec.Operations](): {
		"dependentRequired": object{
			"grant role": []any{"revoke role"}, "revoke role": []any{"grant role"},
			"add role": []any{"list roles"}, "update role": []any{"list roles"}, "remove role": []any{"list roles"},
		},
		"dependentSchemas": object{"grant role": without("set role", "set role does what grant role and revoke role do")},
		"description":      "the gateway needs list users to find anybody, and add user to give access",
	},
	reflect.TypeFor[spec.Operation](): {"if": object{
		"type": "object", "properties": object{"call": object{"pattern": "^GET "}}, "required": []any{"call"},
	}, "then": object{"properties": object{"body": object{"not": object{}, "description": "a GET call has no body; send it in the query, or use another method"}}}},
	reflect.TypeFor[spec.PagingMap](): {
		"dependentRequired": object{"size": []any{"limit"}, "limit": []any{"size"}},
		"allOf": []any{
			whenStyle([]any{"offset", "page", "cursor"}, object{"required": []any{"next"}, "description": "next is the query parameter that asks for the following page"}),
			whenStyle([]any{"link", "none"}, without("next", "style link and style none ask with no parameter for the next page")),
			whenStyle([]any{"offset", "cursor", "link", "none"}, without("first", "first belongs to style page")),
			whenStyle([]any{"cursor"}, object{"required": []any{"cursor"}, "description": "write its path in the answer, header NAME, or last row FIELD"}),
			whenStyle([]any{"offset", "page", "none"}, without("cursor", "a cursor belongs to style cursor and style link")),
			whenStyle([]any{"link"}, object{"properties": object{"cursor": object{
				"not": object{"type": "string", "pattern": "^(header|last row) "}, "description": "a link is neither in a header of its own nor in a row; write the path of the URL in the answer, or leave it out for the header Link",
			}}}),
		},
	},
	reflect.TypeFor[spec.RoleMap](): {
		"dependentRequired": object{"id": []any{"name"}, "name": []any{"id"}},
		"allOf": []any{object{"properties": object{"known": object{
			"not":         object{"items": object{"properties": object{"administrator": object{"const": false}}}},
			"description": "no role is an administrator's, so the last one could not be protected; say administrator: true of the role that manages users",
		}}}},
	},
	reflect.TypeFor[spec.Access](): {
		"dependentRequired": object{
			"give": []any{"field"}, "active": []any{"field"}, "pending": []any{"field"}, "inactive": []any{"field"}, "absent": []any{"field"},
		},
		"allOf": []any{object{
			"if":   has("end", object{"format": "end", "not": object{"enum": []any{"remove user", "set status"}}}), // a wrong end needs no field
			"then": object{"required": []any{"field"}, "description": "add it: no field would show that access has ended"},
		}, object{
			"if": object{"required": []any{"field"}, "not": object{"required": []any{"absent"}}},
			"then": object{
				"required": []any{"active", "inactive"}, "description": "add it, or say with absent what a missing value means",
				"properties": object{"active": aWord, "inactive": aWord},
			},
		}, object{"properties": object{"active": written, "inactive": written}}, sayingAbsent("active"), sayingAbsent("inactive")},
	},
	reflect.TypeFor[spec.Credential](): {"allOf": []any{object{"properties": object{
		"header": object{
			"not":         object{"anyOf": []any{object{"not": token}, object{"type": "string", "pattern": ownHeader("")}}},
			"description": "no key can be in this header; write another, such as X-Api-Key",
		},
		"scheme": object{"not": object{"not": token}, "description": "a scheme is one word; write one such as Key, or none"},
	}}}},
}

// attributes returns the schema of the SCIM attributes that fields hold. Those
// that no field can hold are in it, too, with the reason.
func (s *schemaMaker) attributes() object {
	attribute := s.reference(reflect.TypeFor[spec.Attribute]())
	s.definitions["PlainAttribute"] = object{"$ref": attribute["$ref"], "properties": object{
		"part": forbidden("name.givenName is the first names, name.familyName the last name, and nothing else is a part of a full name"),
	}}
	properties := object{}
	for name, why := range userAttributes() {
		properties[name] = object{"$ref": "#/$defs/PlainAttribute"}
		if why != "" {
			properties[name] = object{"not": object{}, "description": why}
		}
	}
	for name, narrower := range map[string]object{
		"userName":        {"write": object{"not": object{"const": "never"}, "description": "Suger must learn whom to add; write create if the address is fixed once the user exists"}},
		"name.givenName":  {"part": object{"enum": []any{spec.FirstNames}}},
		"name.familyName": {"part": object{"enum": []any{spec.LastName}}},
	} {
		properties[name] = object{"$ref": attribute["$ref"], "properties": narrower}
	}
	return object{"type": "object", "properties": properties, "additionalProperties": false, "required": []string{"userName"}}
}

// userAttributes returns all attributes of a SCIM user, with why a field cannot
// hold one.
func userAttributes() map[string]string {
	all := make(map[string]string)
	add := func(urn string, attributes []*scim.Attribute) {
		for _, attribute := range attributes {
			for _, sub := range append([]*scim.Attribute{nil}, attribute.SubAttributes...) {
				path, leaf := scim.AttrPath{URN: urn, Attr: attribute, Sub: sub}, attribute
				if sub != nil {
					leaf = sub
				}
				name := path.String()
				switch made := []string{"id", "externalId", "meta", "schemas", "active", "roles", "groups", "emails", "name", "name.formatted"}; {
				case urn == "" && (slices.Contains(made, name) || attribute.Name == "meta"):
					all[name] = name + " is made by the gateway and needs no field; remove it"
				case attribute.Name == "password" || attribute.Mutability == scim.ReadOnly || leaf.Mutability == scim.ReadOnly:
					all[name] = name + " is not for a client to write; remove it"
				case attribute.MultiValued || leaf.Name == "$ref" || leaf.Type != scim.String && leaf.Type != scim.Reference:
					all[name] = name + " cannot be held in one field; take a single text such as title or name.givenName"
				default:
					all[name] = ""
				}
			}
		}
	}
	user, enterprise := scim.StandardSchema(scim.URNUser), scim.StandardSchema(scim.URNEnterpriseUser)
	add("", user.Attributes)
	add(enterprise.ID, enterprise.Attributes)
	for _, made := range []string{"id", "externalId", "meta", "schemas"} { // of every resource
		all[made] = made + " is made by the gateway and needs no field; remove it"
	}
	return all
}

// notFor returns the keys that an operation cannot have.
func notFor(operation string) object {
	not := object{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[spec.Operation]()) {
		key, with, without := field.Tag.Get("yaml"), field.Tag.Get("for"), field.Tag.Get("not")
		switch {
		case with != "" && !slices.Contains(strings.Split(with, ","), operation):
			not[key] = forbidden(fmt.Sprintf("%s belongs to %s", key, strings.ReplaceAll(with, ",", " and ")))
		case slices.Contains(strings.Split(without, ","), operation):
			not[key] = forbidden(fmt.Sprintf("%s does not belong to a list, whose rows are its items", key))
		}
	}
	return not
}
