package scim

import "testing"

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

// extension is the extension of patchUser with members laid over it: of a name
// that comes twice, the later counts.
func extension(members string) string {
	return `{"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","status":"ACTIVE","seats":3,` +
		`"since":"2026-01-01T00:00:00Z","tags":["x","y"],` + members + `}}`
}
