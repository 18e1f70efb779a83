package scim

import (
	"context"
	"fmt"
	"strings"
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
	before := cloned(r)
	result, err := rt.ApplyPatch(t.Context(), r, parsed)
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
			want := cloned(current)
			for name, value := range object(t, test.want) {
				want[name] = value
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestPatchClients has the forms of real clients; bodies are made up after
// their documentation.
func TestPatchClients(t *testing.T) {
	tests := []patchCase{
		{name: "Okta deactivates without a path", operations: `[{"op":"replace","value":{"active":false}}]`, want: `{"active":false}`},
		{name: "Okta reactivates who is active", operations: `[{"op":"replace","value":{"active":true}}]`},
		{name: "Okta syncs a password, which is not kept", operations: `[{"op":"replace","value":{"password":"not-a-real-one"}}]`},
		{
			name: "Okta pushes a change of members together with a rename to the same name", group: true,
			operations: `[{"op":"replace","value":{"id":"g1","displayName":"Suger Admins"}},
				{"op":"remove","path":"members[value eq \"u1\"]"},
				{"op":"add","path":"members","value":[{"value":"u3","display":"cy@example.com"}]}]`,
			want: `{"members":[{"value":"u2","display":"bo@example.com"},{"value":"u3"}]}`,
		},
		{
			name: "Okta pushes all members", group: true,
			operations: `[{"op":"replace","path":"members","value":[{"value":"u2","display":"bo@example.com"},{"value":"u3","display":"cy@example.com"}]}]`,
			want:       `{"members":[{"value":"u2","display":"bo@example.com"},{"value":"u3"}]}`,
		},
		{name: "Okta adds a member who is one", group: true, operations: `[{"op":"add","path":"members","value":[{"value":"u1","display":"ada@example.com"}]}]`},
		{name: "Okta grants an entitlement", operations: `[{"op":"add","path":"roles","value":[{"value":"ADMIN","display":"Admin"}]}]`, want: `{"roles":[{"value":"EDITOR","display":"Editor","type":"suger","primary":true},{"value":"ADMIN"}]}`},
		{name: "Okta grants an entitlement as one object", operations: `[{"op":"add","path":"roles","value":{"value":"ADMIN"}}]`, want: `{"roles":[{"value":"EDITOR","display":"Editor","type":"suger","primary":true},{"value":"ADMIN"}]}`},
		{name: "Okta replaces entitlements", operations: `[{"op":"replace","path":"roles","value":[{"value":"ADMIN"}]}]`, want: `{"roles":[{"value":"ADMIN"}]}`},
		{name: "Okta revokes by a filter", operations: `[{"op":"remove","path":"roles[value eq \"EDITOR\"]"}]`, want: `{"roles":[]}`},
		{name: "Okta revokes by a value", operations: `[{"op":"remove","path":"roles","value":[{"value":"EDITOR","display":"Editor"}]}]`, want: `{"roles":[]}`},
		{name: "Okta revokes all", operations: `[{"op":"remove","path":"roles"}]`, want: `{"roles":[]}`},
		{name: "Okta sends the extension as an object", operations: `[{"op":"replace","value":{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"ADMIN"}}}]`, want: extension(`"role":"ADMIN"`)},

		{name: "Entra ID deactivates with a string", operations: `[{"op":"Replace","path":"active","value":"False"}]`, want: `{"active":false}`},
		{name: "Entra ID changes the work e-mail", operations: `[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"new@example.com"}]`, want: `{"emails":[{"value":"new@example.com","type":"work","primary":true}]}`},
		{name: "Entra ID sets an e-mail that is not there", operations: `[{"op":"Add","path":"emails[type eq \"other\"].value","value":"o@example.com"}]`, want: `{"emails":[{"value":"ada@example.com","type":"work","primary":true},{"value":"o@example.com","type":"other"}]}`},
		{name: "Entra ID sets the primary role", operations: `[{"op":"Add","path":"roles[primary eq \"True\"].value","value":"ADMIN"}]`, want: `{"roles":[{"value":"ADMIN","type":"suger","primary":true}]}`},
		{
			name:       "Entra ID sets a primary role that is not there",
			operations: `[{"op":"remove","path":"roles"},{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"ADMIN"}]`,
			want:       `{"roles":[{"value":"ADMIN","primary":true}]}`,
		},
		{name: "Entra ID sets what this provider derives", operations: `[{"op":"Replace","path":"displayName","value":"x"},{"op":"Replace","path":"name.formatted","value":"x"}]`},
		{name: "Entra ID sets what this provider does not hold", operations: `[{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"x"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"1"}]`},
		{
			name:       "Entra ID with its flag: names with dots and URNs",
			operations: `[{"op":"replace","value":{"displayName":"x","name.givenName":"New","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"x","urn:ietf:params:scim:schemas:extension:suger:2.0:User:role":"ADMIN","active":false}}]`,
			want:       `{"active":false,"name":{"givenName":"New","familyName":"Sample","formatted":"Ada Sample"},` + extension(`"role":"ADMIN"`)[1:],
		},
		{name: "Entra ID removes a member by value", group: true, operations: `[{"op":"Remove","path":"members","value":[{"$ref":null,"value":"u1"}]}]`, want: `{"members":[{"value":"u2","display":"bo@example.com"}]}`},
		{name: "Entra ID removes a member by filter", group: true, operations: `[{"op":"remove","path":"members[value eq \"u1\"]"}]`, want: `{"members":[{"value":"u2","display":"bo@example.com"}]}`},
		{name: "Entra ID sets the externalId of a group", group: true, operations: `[{"op":"Add","path":"externalId","value":"e1"}]`, want: `{"externalId":"e1"}`},

		{name: "JumpCloud sends the whole user", operations: `[{"op":"replace","value":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"u1","userName":"ada@example.com","active":false,"meta":{"resourceType":"User","location":"https://scim.example.com/Users/u1"}}}]`, want: `{"active":false}`},
		{name: "the core URN as a path", operations: `[{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User","value":{"active":"false"}}]`, want: `{"active":false}`},
		{name: "the core URN as a name", operations: `[{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"roles":["ADMIN"]}}}]`, want: `{"roles":[{"value":"ADMIN"}]}`},
	}
	for _, test := range tests {
		t.Run(test.name, test.run)
	}
}

// extension returns the extension of patchUser with members laid over it: of a
// name that comes twice, the later counts.
func extension(members string) string {
	return `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","status":"ACTIVE","seats":3,` +
		`"since":"2026-01-01T00:00:00Z","tags":["x","y"],` + members + `}}`
}

// largeGroup has n made-up members.
func largeGroup(n int) Resource {
	members := make([]any, n)
	for i := range members {
		members[i] = map[string]any{"value": fmt.Sprintf("user-%06d", i), "display": fmt.Sprintf("user%d@example.com", i), "type": "User"}
	}
	return Resource{"schemas": []any{URNGroup}, "id": "g1", "displayName": "Everybody", "members": members}
}

// memberChanges returns a PATCH that removes every other of the first n members
// and adds as many new ones, one operation each.
func memberChanges(n int) string {
	operations := make([]string, 0, n)
	for i := range n / 2 {
		operations = append(operations,
			fmt.Sprintf(`{"op":"remove","path":"members[value eq \"user-%06d\"]"}`, 2*i),
			fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":"new-%06d"}]}`, i))
	}
	return "[" + strings.Join(operations, ",") + "]"
}

func TestPatchOfManyMembers(t *testing.T) {
	group := largeGroup(5000)
	got, err := patched(t, wholeGroup(), group, memberChanges(MaxPatchOperations))
	require.NoError(t, err)
	want := cloned(group)
	members := []any{}
	for i, member := range want["members"].([]any) {
		if i%2 == 1 || i >= 1000 {
			members = append(members, member)
		}
	}
	for i := range 500 {
		members = append(members, map[string]any{"value": fmt.Sprintf("new-%06d", i)})
	}
	want["members"] = members
	require.Equal(t, want, got)
}

// TestPatchOfManyEqualValues has what an index by value alone would be slow on.
func TestPatchOfManyEqualValues(t *testing.T) {
	values := make([]string, 1000)
	for i := range values {
		values[i] = fmt.Sprintf(`{"value":"a@example.com","type":"%d","primary":true}`, i)
	}
	add := `{"op":"add","path":"emails","value":[` + strings.Join(values, ",") + `]}`
	got, err := patched(t, gatewayUser(), Resource{"id": "u1"}, "["+strings.Repeat(add+",", 20)+add+`,{"op":"remove","path":"emails","value":"a@example.com"}]`)
	require.NoError(t, err)
	require.Equal(t, []any{}, got["emails"])
}

// Elements without a type are the same as each of thousands with one. Only the first of
// these is looked at.
func TestListOfManyAlike(t *testing.T) {
	list := newElementList(AttrPath{Attr: attributeNamed(wholeGroup().Schema.Attributes, "members")}, nil)
	for i := range 10_000 {
		list.add(map[string]any{"value": "u1", "type": fmt.Sprint(i)})
	}
	require.Len(t, list.elements(), 10_000)
	var element any = map[string]any{"value": "u1"}
	allocations := testing.AllocsPerRun(10, func() { list.find(element) })
	require.Less(t, allocations, 10.0, "a list of all of them is more")
}

// How much the filters of one PATCH compare is bounded: terms times entries. The
// first term of this filter decides for every member, so the test is quick.
func TestPatchComparesWithinBounds(t *testing.T) {
	const members = 10_000
	terms := "value pr" + strings.Repeat(" or display sw \\\"z\\\"", MaxFilterTerms-1)
	operation := `{"op":"remove","path":"members[not (` + terms + `)]"}`
	group := largeGroup(members)
	allowed := MaxPatchComparisons / (MaxFilterTerms * members)
	require.Greater(t, allowed, 1)
	_, err := patched(t, wholeGroup(), group, "["+strings.Repeat(operation+",", allowed-1)+operation+"]")
	require.NoError(t, err, "as many as the bound")
	_, err = patched(t, wholeGroup(), group, "["+strings.Repeat(operation+",", allowed)+operation+"]")
	requireClientError(t, err, CodeTooLarge)
	require.ErrorContains(t, err, "too many comparisons")
}

// A disconnected client, or the end of a request's time, stops the evaluation
// of its filters.
func TestPatchStopsWithItsContext(t *testing.T) {
	group := largeGroup(10_000)
	for _, test := range []struct {
		name   string
		leave  int // at which look at a member the client leaves
		within int
	}{
		{name: "before it begins", leave: 0, within: 1_000},
		{name: "within the first operation", leave: 5_000, within: 6_000},
		{name: "within the second operation", leave: 15_000, within: 16_000},
	} {
		t.Run(test.name, func(t *testing.T) {
			operations, err := ParsePatch(object(t, `{"Operations":[
				{"op":"remove","path":"members[display eq \"x\"]"},
				{"op":"remove","path":"members[display eq \"x\"]"}]}`), wholeGroup())
			require.NoError(t, err)
			ctx, leaves := context.WithCancel(t.Context())
			defer leaves()
			looks := 0
			for i := range operations {
				filter := operations[i].Path.Filter
				match := filter.match
				filter.match = func(element map[string]any) bool {
					if looks++; looks == test.leave {
						leaves()
					}
					return match(element)
				}
			}
			if test.leave == 0 {
				leaves()
			}
			_, err = wholeGroup().ApplyPatch(ctx, group, operations)
			require.ErrorIs(t, err, context.Canceled)
			require.Less(t, looks, test.within)
		})
	}
}

// A list that nobody waits for is not compared to its end.
func TestSelectStops(t *testing.T) {
	filter, err := ParseFilter(`displayName eq "x"`, wholeGroup())
	require.NoError(t, err)
	asked := 0
	q := &Query{Filter: filter, Stopped: func() bool { return true }}
	q.Select(10_000, func(int) Resource {
		asked++
		return largeGroup(0)
	})
	require.Less(t, asked, 1000)
}
