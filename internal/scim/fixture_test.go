package scim

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// held cuts a schema down to the named attributes.
func held(schema *Schema, names ...string) *Schema {
	var kept []*Attribute
	for _, name := range names {
		kept = append(kept, attributeNamed(schema.Attributes, name))
	}
	schema.Attributes = kept
	return schema
}

// gatewayUser returns a user type like the gateway's: some of the core schema,
// an extension of its own, and the rest tolerated.
func gatewayUser() *ResourceType {
	schema := held(StandardSchema(URNUser), "userName", "name", "displayName", "active", "emails", "roles", "groups")
	name := attributeNamed(schema.Attributes, "name")
	name.SubAttributes = name.SubAttributes[:3] // formatted, familyName, givenName
	for _, derived := range []*Attribute{name.SubAttributes[0], attributeNamed(schema.Attributes, "displayName")} {
		derived.mutable(ReadOnly).Derived = true
	}
	roles := attributeNamed(schema.Attributes, "roles")
	attributeNamed(roles.SubAttributes, "display").mutable(ReadOnly)
	roles.Named = true
	return &ResourceType{
		Name: "User", Endpoint: "/Users", Schema: schema,
		Extensions: []*Schema{{ID: urnSuger, Name: "Suger User", Attributes: []*Attribute{
			attribute("role", String),
			attribute("status", String).mutable(ReadOnly),
			attribute("seats", Integer),
			attribute("since", DateTime).mutable(Immutable),
			multiValued(attribute("tags", String)),
		}}},
		Tolerated: []*Schema{StandardSchema(URNUser), StandardSchema(URNEnterpriseUser)},
	}
}

// wholeUser has all of the RFC's user schemas.
func wholeUser() *ResourceType {
	return &ResourceType{Name: "User", Endpoint: "/Users", Schema: StandardSchema(URNUser), Extensions: []*Schema{StandardSchema(URNEnterpriseUser)}}
}

func wholeGroup() *ResourceType {
	return &ResourceType{Name: "Group", Endpoint: "/Groups", Schema: StandardSchema(URNGroup)}
}

// object reads JSON that a test writes down.
func object(t testing.TB, text string) map[string]any {
	t.Helper()
	var value map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &value), text)
	return value
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return data
}

const (
	urnSuger = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"
	coreUser = "urn:ietf:params:scim:schemas:core:2.0:User:"
)

// corpus reads the lines of a file in testdata that are not comments.
func corpus(t testing.TB, name string) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	var lines []string
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSuffix(line, "\n"); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	require.NotEmpty(t, lines, "testdata/%s holds nothing", name)
	return lines
}

func attribute(name string, kind Type, sub ...*Attribute) *Attribute {
	a := &Attribute{Name: name, Type: kind, SubAttributes: sub}
	a.setDefaults()
	return a
}

// mutable sets the mutability of the attribute and of its sub-attributes.
func (a *Attribute) mutable(m Mutability) *Attribute {
	a.Mutability = m
	for _, sub := range a.SubAttributes {
		sub.mutable(m)
	}
	return a
}

func multiValued(a *Attribute) *Attribute {
	a.MultiValued = true
	return a
}

func caseExact(a *Attribute) *Attribute {
	a.CaseExact = true
	return a
}

func returned(a *Attribute, r Returned) *Attribute {
	a.Returned = r
	return a
}

// plural returns a multi-valued attribute with the usual sub-attributes.
func plural(name string, more ...*Attribute) *Attribute {
	sub := []*Attribute{attribute("value", String), attribute("type", String), attribute("primary", Boolean)}
	return multiValued(attribute(name, Complex, append(sub, more...)...))
}

// filterUserType returns a user type made up for these tests: part of the core
// user is held, part only tolerated, and an extension has attributes of all
// types.
func filterUserType() *ResourceType {
	userName := attribute("userName", String)
	userName.Required, userName.Uniqueness = true, UniqueServer
	password := attribute("password", String)
	password.Mutability, password.Returned = WriteOnly, Never
	return &ResourceType{
		Name: "User", Endpoint: "/Users",
		Schema: &Schema{ID: URNUser, Attributes: []*Attribute{
			attribute("title", String),
			userName,
			attribute("name", Complex, attribute("formatted", String), attribute("familyName", String), attribute("givenName", String)),
			attribute("displayName", String),
			attribute("userType", String),
			attribute("active", Boolean),
			password,
			plural("emails"),
			plural("ims"),
			plural("roles", attribute("display", String)),
			multiValued(attribute("groups", Complex, caseExact(attribute("value", String)), attribute("$ref", Reference), attribute("display", String))),
			multiValued(attribute("addresses", Complex, attribute("formatted", String), attribute("type", String), attribute("streetAddress", String))),
			multiValued(attribute("x509Certificates", Complex, attribute("value", Binary))),
		}},
		Extensions: []*Schema{{ID: urnSuger, Attributes: []*Attribute{
			attribute("role", String),
			attribute("status", String),
			caseExact(attribute("organizationId", String)),
			attribute("seats", Integer),
			attribute("score", Decimal),
			multiValued(attribute("tags", String)),
		}}},
		Tolerated: []*Schema{
			{ID: URNUser, Attributes: []*Attribute{
				attribute("userName", String),
				attribute("nickName", String),
				attribute("name", Complex, attribute("honorificPrefix", String)),
				plural("emails", attribute("display", String)),
				plural("phoneNumbers"),
				plural("entitlements"),
			}},
			{ID: URNEnterpriseUser, Attributes: []*Attribute{
				attribute("employeeNumber", String),
				attribute("department", String),
				attribute("manager", Complex, attribute("value", String), attribute("displayName", String)),
			}},
		},
	}
}

// filterGroupType returns a group type made up for these tests.
func filterGroupType() *ResourceType {
	displayName := attribute("displayName", String)
	displayName.Required = true
	return &ResourceType{
		Name: "Group", Endpoint: "/Groups",
		Schema: &Schema{ID: URNGroup, Attributes: []*Attribute{
			displayName,
			multiValued(attribute("members", Complex,
				caseExact(attribute("value", String)), attribute("$ref", Reference), attribute("type", String), attribute("display", String))),
		}},
	}
}

// ada returns the invented user of most tests.
func ada() Resource {
	return Resource{
		"schemas":     []any{URNUser, urnSuger},
		"id":          "u-1",
		"userName":    "Ada.Sample@example.com",
		"name":        map[string]any{"givenName": "Ada", "familyName": "Sample-Ångström"},
		"displayName": "",
		"active":      true,
		"emails": []any{
			map[string]any{"value": "Ada.Sample@example.com", "type": "work", "primary": true},
			map[string]any{"value": "ada@home.example.org", "type": "home"},
		},
		"roles":            []any{map[string]any{"value": "ADMIN", "type": "suger", "primary": true, "display": "Admin"}},
		"groups":           []any{map[string]any{"value": "g-1", "$ref": "https://scim.example.com/Groups/g-1", "display": "Admins"}},
		"x509Certificates": []any{map[string]any{"value": "TUlJ"}},
		"meta": map[string]any{
			"resourceType": "User",
			"created":      "2025-12-31T23:30:00Z",
			"lastModified": "2026-03-01T12:00:00.5+02:00",
			"version":      `W/"abc"`,
		},
		urnSuger: map[string]any{
			"role": "ADMIN", "status": "ACTIVE", "organizationId": "ORG1", "seats": float64(3), "score": 2.5,
			"tags": []any{"Red", "blue"},
		},
	}
}

func testCodec(secret string) *CursorCodec {
	return &CursorCodec{Secret: []byte(secret), Now: time.Now}
}

// shownPath shows how a path was read, without what is in the brackets.
func shownPath(p *Path) string {
	if p.Filter == nil {
		return p.String()
	}
	text := AttrPath{URN: p.URN, Attr: p.Attr}.String() + "[]"
	if p.Sub != nil {
		text += "." + p.Sub.Name
	}
	return text
}

// cloned copies a resource with all that is in it.
func cloned(r Resource) Resource {
	if r == nil {
		return nil
	}
	return clone(map[string]any(r)).(map[string]any)
}

func clone(value any) any {
	switch value := value.(type) {
	case map[string]any:
		copied := make(map[string]any, len(value))
		for name, member := range value {
			copied[name] = clone(member)
		}
		return copied
	case []any:
		copied := make([]any, len(value))
		for i, element := range value {
			copied[i] = clone(element)
		}
		return copied
	default:
		return value
	}
}
