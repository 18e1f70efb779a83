package scim

import (
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
			err := rt.CheckRequired(object(t, test.r))
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
