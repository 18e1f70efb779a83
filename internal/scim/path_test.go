package scim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLookup(t *testing.T) {
	tests := []struct {
		name      string
		path      string
		want      string // "" means not found
		tolerated bool
	}{
		{name: "core attribute", path: "userName", want: "userName"},
		{name: "any letter case", path: "USERNAME", want: "userName"},
		{name: "sub-attribute", path: "name.GIVENNAME", want: "name.givenName"},
		{name: "sub-attribute with a dollar sign", path: "groups.$REF", want: "groups.$ref"},
		{name: "core URN in front", path: coreUser + "name.givenName", want: "name.givenName"},
		{name: "core URN in another letter case", path: "URN:ietf:params:scim:schemas:CORE:2.0:user:userName", want: "userName"},
		{name: "common attribute", path: "meta.lastmodified", want: "meta.lastModified"},
		{name: "common attribute with the core URN", path: coreUser + "id", want: "id"},
		{name: "extension attribute", path: urnSuger + ":Role", want: urnSuger + ":role"},
		{name: "whole extension", path: urnSuger, want: urnSuger},
		{name: "displayName for display", path: "roles.displayName", want: "roles.display"},

		{name: "externalId is not held", path: "externalId", want: "externalId", tolerated: true},
		{name: "what is never returned is not held", path: "password", want: "password", tolerated: true},
		{name: "tolerated attribute of the core schema", path: "nickName", want: "nickName", tolerated: true},
		{name: "tolerated attribute with the core URN", path: coreUser + "nickName", want: "nickName", tolerated: true},
		{name: "tolerated sub-attribute of a held attribute", path: "name.honorificPrefix", want: "name.honorificPrefix", tolerated: true},
		{name: "tolerated extension attribute", path: URNEnterpriseUser + ":manager.displayName", want: URNEnterpriseUser + ":manager.displayName", tolerated: true},
		{name: "whole tolerated extension", path: URNEnterpriseUser, want: URNEnterpriseUser, tolerated: true},
		{name: "tolerated extension attribute without its URN", path: "department", want: URNEnterpriseUser + ":department", tolerated: true},

		{name: "empty"},
		{name: "unknown attribute", path: "shoeSize"},
		{name: "unknown sub-attribute", path: "name.shoeSize"},
		{name: "sub-attribute of a simple attribute", path: "userName.value"},
		{name: "two dots", path: "name.givenName.x"},
		{name: "dot at the end", path: "name."},
		{name: "dot at the beginning", path: ".name"},
		{name: "held extension attribute without its URN", path: "role"},
		{name: "bare core URN", path: URNUser},
		{name: "core URN and nothing after it", path: coreUser},
		{name: "core attribute under an extension's URN", path: urnSuger + ":userName"},
		{name: "tolerated extension attribute under the core URN", path: coreUser + "department"},
		{name: "unknown URN", path: "urn:example:User:userName"},
	}
	rt := filterUserType()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path, ok := rt.Lookup(test.path)
			require.Equal(t, test.want != "", ok)
			if ok {
				assert.Equal(t, test.want, path.String())
				assert.Equal(t, test.tolerated, path.Tolerated)
			}
		})
	}
}

func TestLookupPrefersWhatIsHeld(t *testing.T) {
	rt := filterUserType()
	path, ok := rt.Lookup("userName")
	require.True(t, ok)
	assert.Same(t, rt.Schema.Attributes[1], path.Attr)

	path, ok = rt.Lookup(urnSuger)
	require.True(t, ok)
	assert.True(t, path.WholeExtension())
	assert.Equal(t, Complex, path.Attr.Type)
	assert.Equal(t, rt.Extensions[0].Attributes, path.Attr.SubAttributes)

	path, ok = rt.Lookup(urnSuger + ":role")
	require.True(t, ok)
	assert.False(t, path.WholeExtension())
}

func TestSortable(t *testing.T) {
	rt := wholeGroup()
	rt.Lacks = []string{"created"}
	for name, want := range map[string]bool{
		"displayName": true, "id": true, "meta.lastModified": true, "members.value": true,
		"externalId": false, "meta.created": false, "meta.location": false, "members.$ref": false,
	} {
		path, ok := rt.Lookup(name)
		assert.True(t, ok, name)
		assert.Equal(t, want, path.Sortable(), name)
	}
}

func TestCommonAttributesAreThoseOfTheRFC(t *testing.T) {
	var names []string
	for _, attribute := range CommonAttributes {
		names = append(names, attribute.Name)
		for _, sub := range attribute.SubAttributes {
			names = append(names, attribute.Name+"."+sub.Name)
		}
	}
	assert.Equal(t, []string{
		"id", "externalId", "schemas",
		"meta", "meta.resourceType", "meta.created", "meta.lastModified", "meta.location", "meta.version",
	}, names)
}

func TestParsePath(t *testing.T) {
	tests := []struct {
		name      string
		text      string
		group     bool // on a group, else on a user
		want      string
		tolerated bool
	}{
		{name: "attribute", text: `members`, group: true, want: "members"},
		{name: "letter case and blanks", text: "\t NAME.familyname ", want: "name.familyName"},
		{name: "multi-valued attribute implies no value", text: `emails`, want: "emails"},
		{name: "sub-attribute of all elements", text: `emails.value`, want: "emails.value"},
		{name: "value filter", text: `emails[type eq "work"]`, want: `emails[]`},
		{name: "sub-attribute after a value filter", text: `emails[type eq "work"].value`, want: `emails[].value`},
		{name: "blanks around brackets", text: ` EMAILS [ TYPE eq "work" ] .VALUE `, want: `emails[].value`},
		{name: "boolean as text", text: `roles[primary eq "True"].value`, want: `roles[].value`},
		{name: "doubly escaped quotes", text: `emails[type eq \"work\"].value`, want: `emails[].value`},
		{name: "combined value filter", text: `emails[type eq "work" and not (value ew ".org")]`, want: `emails[]`},
		{name: "member", text: `members[value eq "2819c223"].displayName`, group: true, want: `members[].display`},
		{name: "core URN", text: coreUser + `emails[type eq "work"].value`, want: `emails[].value`},
		{name: "extension attribute", text: strings.ToUpper(urnSuger) + `:role`, want: urnSuger + ":role"},
		{name: "whole extension", text: urnSuger, want: urnSuger},
		{name: "read-only attribute", text: `meta.created`, want: "meta.created"},

		{name: "externalId is tolerated", text: `externalId`, want: "externalId", tolerated: true},
		{name: "password is tolerated", text: `password`, want: "password", tolerated: true},
		{name: "tolerated attribute with a value filter", text: `phoneNumbers[type eq "mobile"].value`, want: `phoneNumbers[].value`, tolerated: true},
		{name: "tolerated sub-attribute", text: `name.honorificPrefix`, want: "name.honorificPrefix", tolerated: true},
		{name: "tolerated sub-attribute after a value filter", text: `emails[type eq "work"].display`, want: `emails[].display`, tolerated: true},
		{name: "tolerated sub-attribute in a value filter", text: `emails[display eq "x"].value`, want: `emails[].value`, tolerated: true},
		{name: "unknown attribute", text: `shoeSize`, want: "shoeSize", tolerated: true},
		{name: "unknown sub-attribute", text: `name.shoeSize`, want: "name.shoeSize", tolerated: true},
		{name: "unknown extension", text: `urn:example:User:tag`, want: "urn:example:User:tag", tolerated: true},
		{name: "unknown extension of another form", text: `http://schemas.example.com/2006/User.tag`, want: "http://schemas.example.com/2006/User.tag", tolerated: true},
		{name: "unknown attribute of a held extension", text: urnSuger + `:tag`, want: urnSuger + ":tag", tolerated: true},
		{name: "unknown attribute with a value filter", text: `shoes[size eq 5 and not (color.name sw "b")].value`, want: `shoes.value[]`, tolerated: true},
		{name: "unknown sub-attribute after a value filter", text: `emails[type eq "work"].size`, want: `emails.size[]`, tolerated: true},
		{name: "a dot instead of the colon after a URN", text: URNEnterpriseUser + `.manager.value`, want: URNEnterpriseUser + `:manager.value`, tolerated: true},
		{name: "a dot after the core URN", text: URNUser + `.userName`, want: `userName`},
		{name: "a dot after the URN of a held extension", text: urnSuger + `.role`, want: urnSuger + ":role"},
		{name: "tolerated extension", text: URNEnterpriseUser + `:manager.displayName`, want: URNEnterpriseUser + `:manager.displayName`, tolerated: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rt := filterUserType()
			if test.group {
				rt = filterGroupType()
			}
			path, err := ParsePath(test.text, rt)
			require.NoError(t, err)
			assert.Equal(t, test.want, shownPath(path))
			assert.Equal(t, test.tolerated, path.Tolerated)
		})
	}
}

func TestPathFilterSelectsElements(t *testing.T) {
	path, err := ParsePath(`emails[type eq "work" and primary eq true].value`, filterUserType())
	require.NoError(t, err)
	assert.Equal(t, "emails", path.Attr.Name)
	assert.Equal(t, "value", path.Sub.Name)

	emails := ada()["emails"].([]any)
	assert.True(t, path.Filter.Match(emails[0].(map[string]any)))
	assert.False(t, path.Filter.Match(emails[1].(map[string]any)))
}

func TestPathWithoutFilter(t *testing.T) {
	path, err := ParsePath(`emails`, filterUserType())
	require.NoError(t, err)
	assert.Nil(t, path.Filter)
	assert.Nil(t, path.Sub)
}

func TestPathErrors(t *testing.T) {
	const theEnd = ": the end of the path is expected here."
	tests := []struct {
		name   string
		text   string
		detail string
	}{
		{"empty", ``, `The path is wrong at character 1: the name of an attribute is expected here.`},
		{"too long", strings.Repeat("x", MaxFilterLength+1), `The path is longer than 8192 bytes or not valid UTF-8.`},
		{"two dots", `name..givenName`, `The path is wrong at character 1, "name..givenName": there is no such attribute.`},
		{"a name that begins with a digit", `1st`, `The path is wrong at character 1, "1st": there is no such attribute.`},
		{"an unclosed bracket on an unknown attribute", `shoes[size eq 5`, `The path is wrong at character 16: "and", "or" or "]" is expected here.`},
		{"JSON pointer", `/emails/0`, `The path is wrong at character 1, "/emails/0": there is no such attribute.`},
		{"unknown sub-attribute in brackets", `emails[size eq 5]`, `The path is wrong at character 8, "size": there is no such attribute.`},
		{"index", `emails[0]`, `The path is wrong at character 8, "0": there is no such attribute.`},
		{"brackets empty", `emails[]`, `The path is wrong at character 8, "]": the name of an attribute is expected here.`},
		{"bracket not closed", `emails[type eq "work"`, `The path is wrong at character 22: "and", "or" or "]" is expected here.`},
		{"wrong comparison in brackets", `emails[primary gt true]`, `The path is wrong at character 16, "gt": primary is of type boolean, which has no operator gt.`},
		{"brackets on a single value", `name[givenName eq "x"]`, `The path is wrong at character 5, "[": name has one value only, so brackets cannot follow it.`},
		{"brackets on simple values", `schemas[value eq "x"]`, `The path is wrong at character 8, "[": schemas has no sub-attributes, so brackets cannot follow it.`},
		{"brackets after a sub-attribute", `emails.value[type pr]`, `The path is wrong at character 13, "[": emails.value has one value only, so brackets cannot follow it.`},
		{"a filter is no path", `userName eq "x"`, `The path is wrong at character 10, "eq"` + theEnd},
		{"something after the brackets", `emails[type eq "work"]value`, `The path is wrong at character 23, "value"` + theEnd},
		{"brackets twice", `emails[type eq "work"][type eq "work"]`, `The path is wrong at character 23, "["` + theEnd},
		{"text", `"userName"`, `The path is wrong at character 1, "\"userName\"": the name of an attribute is expected here.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path, err := ParsePath(test.text, filterUserType())
			assert.Nil(t, path)
			assert.Equal(t, &Error{Status: 400, Type: "invalidPath", Code: CodeInvalidPath, Detail: test.detail}, err)
		})
	}
}

func TestPathCorpus(t *testing.T) {
	for _, text := range corpus(t, "paths.txt") {
		t.Run(text, func(t *testing.T) {
			if _, err := ParsePath(text, filterUserType()); err != nil {
				_, err = ParsePath(text, filterGroupType())
				require.NoError(t, err)
			}
		})
	}
}
