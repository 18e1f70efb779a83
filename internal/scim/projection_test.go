package scim

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// projectedType has attributes of every kind of "returned".
func projectedType() *ResourceType {
	rt := gatewayUser()
	rt.Schema.Attributes = append(rt.Schema.Attributes,
		returned(attribute("badge", String), Always),
		returned(attribute("notes", String), OnRequest),
		returned(attribute("secret", String), Never),
		attribute("office", Complex,
			attribute("room", String),
			returned(attribute("key", String), Never),
			returned(attribute("desk", String), OnRequest),
			returned(attribute("site", String), Always),
		),
	)
	return rt
}

const projected = `{
	"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:suger:2.0:User"],
	"id":"u1","externalId":"e1","userName":"ada","badge":"7","notes":"n","secret":"s",
	"name":{"givenName":"Ada","familyName":"Sample"},
	"office":{"room":"r","key":"k","desk":"d","site":"s"},
	"emails":[{"value":"a","type":"work"},{"value":"b"}],
	"meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z"},
	"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","status":"ACTIVE"}}`

func TestProjection(t *testing.T) {
	const (
		always  = `"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:suger:2.0:User"],"id":"u1","badge":"7"`
		name    = `,"name":{"givenName":"Ada","familyName":"Sample"}`
		emails  = `,"emails":[{"value":"a","type":"work"},{"value":"b"}]`
		meta    = `,"meta":{"resourceType":"User","created":"2026-01-01T00:00:00Z"}`
		office  = `,"office":{"room":"r","site":"s"}`
		suger   = `,"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR","status":"ACTIVE"}`
		common  = `,"externalId":"e1"` + meta
		sparing = `,"userName":"ada"`
	)
	tests := []struct {
		name       string
		attributes string
		excluded   string
		want       string
	}{
		{name: "by default", want: always + common + sparing + name + office + emails + suger},
		{name: "attributes", attributes: "userName,emails", want: always + sparing + emails},
		{name: "any letter case, blanks and empty names", attributes: " USERNAME, ,eMails ,", want: always + sparing + emails},
		{name: "a sub-attribute", attributes: "name.givenName", want: always + `,"name":{"givenName":"Ada"}`},
		{name: "a sub-attribute of a list", attributes: "emails.type", want: always + `,"emails":[{"type":"work"}]`},
		{name: "a sub-attribute and the attribute", attributes: "name.givenName,name", want: always + name},
		{name: "a core URN", attributes: "urn:ietf:params:scim:schemas:core:2.0:User:userName", want: always + sparing},
		{name: "a whole extension", attributes: "urn:ietf:params:scim:schemas:extension:suger:2.0:User", want: always + suger},
		{name: "an attribute of an extension", attributes: "urn:ietf:params:scim:schemas:extension:suger:2.0:User:role", want: always + `,"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"role":"EDITOR"}`},
		{name: "a common attribute", attributes: "meta.created,externalId", want: always + `,"externalId":"e1","meta":{"created":"2026-01-01T00:00:00Z"}`},
		{name: "unknown names are ignored", attributes: "shoeSize,name.shoeSize,urn:example:x,title", want: always},
		{name: "on request", attributes: "notes", want: always + `,"notes":"n"`},
		{name: "never, even on request", attributes: "secret", want: always},
		{name: "parts by default", attributes: "office", want: always + office},
		{name: "parts on request", attributes: "office.desk,office.key", want: always + `,"office":{"desk":"d","site":"s"}`},

		{name: "excluded", excluded: "emails,name,office,meta,externalId", want: always + sparing + suger},
		{name: "what is always returned cannot be excluded", excluded: "id,schemas,badge,office.site", want: always + common + sparing + name + office + emails + suger},
		{name: "an excluded sub-attribute", excluded: "name.givenName", want: always + common + sparing + `,"name":{"familyName":"Sample"}` + office + emails + suger},
		{name: "an excluded sub-attribute of a list", excluded: "emails.value", want: always + common + sparing + name + office + `,"emails":[{"type":"work"}]` + suger},
		{name: "an excluded extension", excluded: "urn:ietf:params:scim:schemas:extension:suger:2.0:User", want: always + common + sparing + name + office + emails},
		{name: "an excluded attribute of an extension", excluded: "urn:ietf:params:scim:schemas:extension:suger:2.0:User:ROLE", want: always + common + sparing + name + office + emails + `,"urn:ietf:params:scim:schemas:extension:suger:2.0:User":{"status":"ACTIVE"}`},
		{name: "unknown names excluded", excluded: "shoeSize", want: always + common + sparing + name + office + emails + suger},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := ParseProjection(projectedType(), test.attributes, test.excluded)
			require.NoError(t, err)
			r := Resource(object(t, projected))
			assert.Equal(t, Resource(object(t, "{"+test.want+"}")), p.Apply(r))
			assert.Equal(t, Resource(object(t, projected)), r, "the resource must not change")
		})
	}
}

func TestProjectionOfBothParameters(t *testing.T) {
	_, err := ParseProjection(gatewayUser(), "userName", "emails")
	requireClientError(t, err, CodeInvalidValue)
}

func TestNilProjection(t *testing.T) {
	var p *Projection
	r := Resource(object(t, projected))
	assert.Equal(t, r, p.Apply(r))
	assert.True(t, p.Includes("members"))
}

func TestProjectionIncludes(t *testing.T) {
	tests := []struct {
		name       string
		attributes string
		excluded   string
		includes   []string
		lacks      []string
	}{
		{name: "by default", includes: []string{"id", "emails", "meta", urnSuger}, lacks: []string{"notes", "secret"}},
		{name: "asked for", attributes: "emails.value,notes," + urnSuger + ":role", includes: []string{"id", "badge", "emails", "notes", urnSuger}, lacks: []string{"name", "meta"}},
		{name: "excluded", excluded: "emails,name.givenName," + urnSuger, includes: []string{"id", "name", "meta"}, lacks: []string{"emails", urnSuger}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := ParseProjection(projectedType(), test.attributes, test.excluded)
			require.NoError(t, err)
			for _, name := range test.includes {
				assert.True(t, p.Includes(name), name)
			}
			for _, name := range test.lacks {
				assert.False(t, p.Includes(name), name)
			}
		})
	}
}
