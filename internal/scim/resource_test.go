package scim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckRequired(t *testing.T) {
	rt := gatewayUser()
	role := rt.Extensions[0].Attributes[0]
	role.Required = true
	attributeNamed(rt.Schema.Attributes, "name").SubAttributes[1].Required = true // familyName
	tests := []struct {
		name    string
		r       string
		missing string // "" for none
	}{
		{name: "all there", r: `{"userName":"a","name":{"familyName":"x"},"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"x"}}`},
		{name: "missing", r: `{"active":true}`, missing: "userName"},
		{name: "empty", r: `{"userName":""}`, missing: "userName"},
		{name: "what is not there requires nothing of its parts", r: `{"userName":"a"}`},
		{name: "an empty complex attribute is not there", r: `{"userName":"a","name":{"givenName":""}}`},
		{name: "part of a complex attribute", r: `{"userName":"a","name":{"givenName":"x"}}`, missing: "name.familyName"},
		{name: "attribute of an extension", r: `{"userName":"a","urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"seats":1}}`, missing: urnSuger + ":role"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := rt.CheckRequired(normal(t, rt, test.r))
			if test.missing == "" {
				require.NoError(t, err)
				return
			}
			requireClientError(t, err, CodeInvalidValue)
			assert.Equal(t, "The attribute "+test.missing+" is required, but the request has no value for it. "+
				"In Okta, check the attribute mappings of the app (Provisioning, To App).", scimErrorOf(t, err).Detail)
		})
	}
}

func TestCheckImmutable(t *testing.T) {
	rt := gatewayUser()
	attributeNamed(rt.Schema.Attributes, "userName").Mutability = Immutable
	attributeNamed(rt.Schema.Attributes, "emails").Mutability = Immutable
	attributeNamed(rt.Schema.Attributes, "name").SubAttributes[1].Mutability = Immutable // familyName
	current := `{"userName":"ada","name":{"familyName":"Sample"},"emails":[{"value":"a"},{"value":"b"}],
		"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"since":"2026-01-01T00:00:00Z"}}`
	tests := []struct {
		name    string
		current string
		wanted  string
		changed string // "" for none
	}{
		{name: "equal", current: current, wanted: current},
		{name: "not mentioned", current: current, wanted: `{}`},
		{name: "not set before", current: `{"userName":""}`, wanted: current},
		{name: "equal but for letter case that does not count", current: current, wanted: `{"userName":"ADA"}`},
		{name: "equal instants", current: current, wanted: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"since":"2026-01-01T01:00:00.0+01:00"}}`},
		{name: "equal lists in another order", current: current, wanted: `{"emails":[{"value":"b"},{"value":"a"}]}`},
		{name: "changed", current: current, wanted: `{"userName":"bo"}`, changed: "userName"},
		{name: "emptied", current: current, wanted: `{"userName":""}`, changed: "userName"},
		{name: "changed part", current: current, wanted: `{"name":{"familyName":"x"}}`, changed: "name.familyName"},
		{name: "changed list", current: current, wanted: `{"emails":[{"value":"a"}]}`, changed: "emails"},
		{name: "changed in an extension", current: current, wanted: `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"since":"2026-01-02T00:00:00Z"}}`, changed: urnSuger + ":since"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := rt.CheckImmutable(object(t, test.current), object(t, test.wanted))
			if test.changed == "" {
				require.NoError(t, err)
				return
			}
			requireClientError(t, err, CodeMutability)
			assert.Equal(t, "The attribute "+test.changed+" cannot be changed once it is set.", scimErrorOf(t, err).Detail)
		})
	}
}

func TestSameValues(t *testing.T) {
	complexes := plural("things", attribute("link", String))
	tests := []struct {
		name string
		attr *Attribute
		a, b any
		want bool
	}{
		{name: "letter case does not count", attr: attribute("a", String), a: "x", b: "X", want: true},
		{name: "unless the attribute is case exact", attr: caseExact(attribute("a", String)), a: "x", b: "X"},
		{name: "the same number", attr: attribute("a", Integer), a: float64(1), b: float64(1), want: true},
		{name: "a number and its text", attr: attribute("a", Integer), a: float64(1), b: "1"},
		{name: "false is not absent", attr: attribute("a", Boolean), a: false, b: nil},
		{name: "zero is not absent", attr: attribute("a", Integer), a: float64(0), b: nil},
		{name: "an empty string is absent", attr: attribute("a", String), a: "", b: nil, want: true},
		{name: "an empty list is absent", attr: multiValued(attribute("a", String)), a: []any{}, b: nil, want: true},
		{name: "one instant in two zones", attr: attribute("a", DateTime), a: "2026-01-01T00:00:00Z", b: "2026-01-01T01:00:00.0+01:00", want: true},
		{name: "the order of a list does not count", attr: multiValued(attribute("a", String)), a: []any{"x", "y"}, b: []any{"Y", "x"}, want: true},
		{name: "its length does", attr: multiValued(attribute("a", String)), a: []any{"x", "y"}, b: []any{"x"}},
		{name: "objects in any order", attr: complexes, a: []any{map[string]any{"value": "x"}, map[string]any{"value": "y"}}, b: []any{map[string]any{"value": "y"}, map[string]any{"value": "x"}}, want: true},
		{name: "a part that only one has", attr: complexes, a: map[string]any{"value": "x", "link": "z"}, b: map[string]any{"value": "x"}, want: true},
		{name: "a part that differs", attr: complexes, a: map[string]any{"value": "x", "link": "z"}, b: map[string]any{"value": "x", "link": "y"}},
		{name: "one element is not the element", attr: multiValued(attribute("a", String)), a: []any{"x"}, b: "x"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, test.attr.same(test.a, test.b))
			assert.Equal(t, test.want, test.attr.same(test.b, test.a))
		})
	}
}

// foldWords holds ASCII, letters with three cases (k and the Kelvin sign, the
// two small sigmas), letters of other sizes in the other case, and bytes that
// are not UTF-8.
var foldWords = []string{
	"", "a", "A", "ab", "Ab", "abc", "b", "Z", "_", "k", "\u212a", "K\u212ak", "straße", "STRASSE",
	"Σίσυφος", "σίσυφοσ", "é", "É", "Åse", "åSE", "\xff", "a\xffb", "\ufffd", "😀", "ada@EXAMPLE.com", "İ", "i", "ſ", "S", "_", "ẞ", "ß",
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	for _, s := range foldWords {
		for _, other := range foldWords {
			assert.Equal(t, strings.EqualFold(s, other), foldText(s) == foldText(other), "%q %q", s, other)
		}
	}
}

func TestVersion(t *testing.T) {
	const base = `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`
	version := Version(object(t, base))
	assert.Regexp(t, `^W/"[A-Za-z0-9_-]{16}"$`, version)
	tests := []struct {
		name string
		r    string
		same bool
	}{
		{name: "the same", r: base, same: true},
		{name: "the same in another order of names", r: `{"meta":{"created":"2026-01-01T00:00:00Z"},"emails":[{"value":"a"},{"value":"b"}],"userName":"ada","id":"u1"}`, same: true},
		{name: "another value", r: `{"id":"u1","userName":"Ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`},
		{name: "one element less", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"}],"meta":{"created":"2026-01-01T00:00:00Z"}}`},
		{name: "another time of change", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}],"meta":{"created":"2026-01-01T00:00:00Z","lastModified":"2026-01-02T00:00:00Z"}}`},
		{name: "no meta", r: `{"id":"u1","userName":"ada","emails":[{"value":"a"},{"value":"b"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.same, version == Version(object(t, test.r)))
		})
	}
}

func TestPreconditions(t *testing.T) { // RFC 9110 section 13.1, RFC 7644 section 3.14
	const version = `W/"abc,d"`
	tests := []struct {
		name    string
		header  string
		matches bool
	}{
		{name: "the same tag", header: `W/"abc,d"`, matches: true},
		{name: "the tag as a strong one", header: `"abc,d"`, matches: true},
		{name: "one of several", header: `W/"x", "abc,d",W/"y"`, matches: true},
		{name: "any", header: ` * `, matches: true},
		{name: "another tag", header: `W/"abc"`},
		{name: "a tag in another letter case", header: `W/"ABC,D"`},
		{name: "without quotes", header: `abc,d`},
		{name: "a quote left open", header: `W/"abc,d`},
		{name: "an empty tag", header: `""`},
		{name: "commas only", header: `,,`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := CheckIfMatch(test.header, version)
			if test.matches {
				require.NoError(t, err)
			} else {
				requireClientError(t, err, CodeVersionMismatch)
			}
			assert.Equal(t, test.matches, TagsMatch(test.header, version))
		})
	}
}

func TestPreconditionsThatAreNotGiven(t *testing.T) {
	require.NoError(t, CheckIfMatch("", `W/"1"`))
	assert.False(t, TagsMatch("", `W/"1"`))
	requireClientError(t, CheckIfMatch(`""`, ""), CodeVersionMismatch)
}
