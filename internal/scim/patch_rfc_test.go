package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// patched applies the operations, JSON in brackets or of one operation, to r,
// which must not change.
func patched(t testing.TB, rt *ResourceType, r Resource, operations string) (Resource, error) {
	t.Helper()
	parsed, err := ParsePatch(object(t, `{"Operations":`+operations+`}`), rt)
	if err != nil {
		return nil, err
	}
	before := r.Clone()
	result, err := rt.ApplyPatch(r, parsed)
	require.Equal(t, before, r, "the resource must not change")
	return result, err
}

// TestPatchRFCExamples has the examples of RFC 7644 section 3.5.2 on the
// resources of RFC 7643 section 8. Want holds the attributes that are looked at.
func TestPatchRFCExamples(t *testing.T) {
	const (
		babs  = `{"value":"2819c223-7f76-453a-919d-413861904646","$ref":"https://example.com/v2/Users/2819c223-7f76-453a-919d-413861904646","display":"Babs Jensen"}`
		mandy = `{"value":"902c246b-6245-4190-8e05-00816be7344a","$ref":"https://example.com/v2/Users/902c246b-6245-4190-8e05-00816be7344a","display":"Mandy Pepperidge"}`
		work  = `{"value":"bjensen@example.com","type":"work","primary":true}`
		home  = `{"value":"babs@jensen.org","type":"home"}`
	)
	tests := []struct {
		name       string
		file       string
		rt         *ResourceType
		operations string
		want       string
	}{
		{
			name: "add a member to a group (section 3.5.2.1)", file: "rfc/group.json", rt: wholeGroup(),
			operations: `[{"op":"add","path":"members","value":[{"display":"Babs Jensen","$ref":"https://example.com/v2/Users/3919c223","value":"3919c223"}]}]`,
			want:       `{"members":[` + babs + `,` + mandy + `,{"value":"3919c223","$ref":"https://example.com/v2/Users/3919c223"}]}`,
		},
		{
			name: "add attributes without a path (section 3.5.2.1)", file: "rfc/user_full.json", rt: wholeUser(),
			operations: `[{"op":"add","value":{"emails":[{"value":"babs@jensen.org","type":"home"}],"nickName":"Babs"}}]`,
			want:       `{"emails":[` + work + `,` + home + `],"nickName":"Babs"}`,
		},
		{
			name: "remove a single member (section 3.5.2.2)", file: "rfc/group.json", rt: wholeGroup(),
			operations: `[{"op":"remove","path":"members[value eq \"2819c223-7f76-453a-919d-413861904646\"]"}]`,
			want:       `{"members":[` + mandy + `]}`,
		},
		{
			name: "remove all members (section 3.5.2.2)", file: "rfc/group.json", rt: wholeGroup(),
			operations: `[{"op":"remove","path":"members"}]`,
			want:       `{"members":[]}`,
		},
		{
			name: "remove a value from a complex multi-valued attribute (section 3.5.2.2)", file: "rfc/user_full.json", rt: wholeUser(),
			operations: `[{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}]`,
			want:       `{"emails":[` + home + `]}`,
		},
		{
			name: "remove one member and add another (section 3.5.2.2)", file: "rfc/group.json", rt: wholeGroup(),
			operations: `[{"op":"remove","path":"members[value eq \"2819c223-7f76-453a-919d-413861904646\"]"},
				{"op":"add","path":"members","value":[{"display":"James Smith","$ref":"https://example.com/v2/Users/08e1d05d","value":"08e1d05d"}]}]`,
			want: `{"members":[` + mandy + `,{"value":"08e1d05d","$ref":"https://example.com/v2/Users/08e1d05d"}]}`,
		},
		{
			name: "replace all members of a group (section 3.5.2.2)", file: "rfc/group.json", rt: wholeGroup(),
			operations: `[{"op":"replace","path":"members","value":[{"display":"Babs Jensen","value":"2819c223-7f76-453a-919d-413861904646"},{"display":"James Smith","value":"08e1d05d"}]}]`,
			want:       `{"members":[{"value":"2819c223-7f76-453a-919d-413861904646","display":"Babs Jensen"},{"value":"08e1d05d"}]}`,
		},
		{
			name: "replace a work address (section 3.5.2.3)", file: "rfc/user_full.json", rt: wholeUser(),
			operations: `[{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","primary":true}},
				{"op":"remove","path":"addresses[type eq \"home\"]"}]`,
			want: `{"addresses":[{"type":"work","streetAddress":"911 Universal City Plaza","locality":"Hollywood","region":"CA","postalCode":"91608","country":"US","primary":true}]}`,
		},
		{
			name: "replace one part of a work address (section 3.5.2.3)", file: "rfc/user_full.json", rt: wholeUser(),
			operations: `[{"op":"remove","path":"addresses[type eq \"home\"]"},{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}]`,
			want: `{"addresses":[{"type":"work","streetAddress":"1010 Broadway Ave","locality":"Hollywood","region":"CA","postalCode":"91608","country":"USA",
				"formatted":"100 Universal City Plaza\nHollywood, CA 91608 USA","primary":true}]}`,
		},
		{
			name: "replace attributes without a path (section 3.5.2.3)", file: "rfc/user_full.json", rt: wholeUser(),
			operations: `[{"op":"replace","value":{"emails":[{"value":"new@example.com","type":"work","primary":true},{"value":"babs@jensen.org","type":"home"}],"nickName":"Barbie"}}]`,
			want:       `{"emails":[{"value":"new@example.com","type":"work","primary":true},` + home + `],"nickName":"Barbie"}`,
		},
		{
			name: "replace the name: what is not given stays (section 3.5.2.3)", file: "rfc/user_enterprise.json", rt: wholeUser(),
			operations: `[{"op":"replace","path":"name","value":{"familyName":"Smith"}}]`,
			want:       `{"name":{"formatted":"Ms. Barbara J Jensen, III","familyName":"Smith","givenName":"Barbara"}}`,
		},
		{
			name: "a new primary value takes the rank of the old (section 3.5.2)", file: "rfc/user_full.json", rt: wholeUser(),
			operations: `[{"op":"add","path":"emails","value":{"value":"new@example.com","primary":true}}]`,
			want:       `{"emails":[{"value":"bjensen@example.com","type":"work","primary":false},` + home + `,{"value":"new@example.com","primary":true}]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			current := object(t, string(file(t, test.file)))
			got, err := patched(t, test.rt, current, test.operations)
			require.NoError(t, err)
			want := Resource(current).Clone()
			for name, value := range object(t, test.want) {
				want[name] = value
			}
			assert.Equal(t, want, got)
		})
	}
}
