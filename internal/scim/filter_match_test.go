package scim

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFilterMatch(t *testing.T) {
	tests := []struct {
		rule    string
		matches []string
		misses  []string
	}{
		{
			rule:    "text is compared without letter case",
			matches: []string{`userName eq "ada.SAMPLE@example.com"`, `userName co "A.S"`, `userName sw "aDA"`, `userName ew ".COM"`, `name.familyName co "ÅNGSTRÖM"`, `userName co ""`},
			misses:  []string{`userName eq "ada"`, `userName co "adam"`, `userName sw "da"`, `userName ew ".co"`, `userName ne "ADA.SAMPLE@EXAMPLE.COM"`},
		},
		{
			rule:    "unless the attribute is caseExact",
			matches: []string{`id eq "u-1"`, `groups eq "g-1"`, urnSuger + `:organizationId eq "ORG1"`, `meta.version sw "W/"`, `id ge "u-1"`},
			misses:  []string{`id eq "U-1"`, `groups eq "G-1"`, urnSuger + `:organizationId eq "org1"`, `meta.version sw "w/"`, `id co "U"`, `id gt "u-1"`},
		},
		{
			rule:    "texts have an order",
			matches: []string{`userName gt "ACE"`, `userName ge "ADA.sample@EXAMPLE.com"`, `userName lt "B"`, `userName le "ada.sample@example.com"`},
			misses:  []string{`userName gt "b"`, `userName lt "ADA.sample@EXAMPLE.com"`, `title gt ""`, `title lt "z"`},
		},
		{
			rule:    "booleans compare with true and false, in quotes too",
			matches: []string{`active eq true`, `active eq "true"`, `active eq "True"`, `active EQ TRUE`, `active ne false`, `active ne "False"`},
			misses:  []string{`active eq false`, `active eq "False"`, `active ne "TRUE"`},
		},
		{
			rule:    "numbers",
			matches: []string{urnSuger + `:seats eq 3`, urnSuger + `:seats gt 2.5`, urnSuger + `:seats le 3e0`, urnSuger + `:score lt 1e+2`, urnSuger + `:seats ne -3`, urnSuger + `:score ge 2.5`},
			misses:  []string{urnSuger + `:seats eq 4`, urnSuger + `:seats lt 3`, urnSuger + `:score gt 2.5`},
		},
		{
			rule: "times are instants", // lastModified is 2026-03-01T10:00:00.5Z
			matches: []string{
				`meta.lastModified eq "2026-03-01T10:00:00.500Z"`, `meta.lastModified gt "2026-03-01T10:00:00Z"`, `meta.lastModified lt "2026-03-01T05:00:01-05:00"`,
				`meta.lastModified le "2026-03-01T10:00:00.5"`, `meta.created lt "2026-01-01T00:00:00Z"`, `meta.created ge "2026-01-01T00:30:00+01:00"`,
			},
			misses: []string{`meta.lastModified gt "2026-03-01T11:00:00Z"`, `meta.lastModified ne "2026-03-01T12:00:00.5+02:00"`, `meta.lastModified lt "2026-03-01T11:00:00+01:00"`},
		},
		{
			rule:    "binaries are compared exactly",
			matches: []string{`x509Certificates eq "TUlJ"`},
			misses:  []string{`x509Certificates eq "tulj"`},
		},
		{
			rule:    "an operator holds on a multi-valued attribute if it holds for one element",
			matches: []string{`emails co "home"`, `emails.value ew "example.com"`, `emails.type eq "HOME"`, `emails.primary eq true`, `emails.primary eq false`, `roles eq "admin"`, `schemas eq "` + urnSuger + `"`, urnSuger + `:tags eq "RED"`},
			misses:  []string{`emails eq "x@example.com"`, `roles.primary eq false`, `ims.primary eq false`, `schemas eq "` + URNEnterpriseUser + `"`, urnSuger + `:tags eq "green"`},
		},
		{
			rule:    "ne is the negation of eq",
			matches: []string{`title ne "x"`, `emails ne "x@example.com"`, `emails.type ne "other"`, `emails[type ne "work"]`, `emails[type eq "work"].value ne "ada@home.example.org"`, `emails[type eq "other"].value ne "x"`},
			misses:  []string{`emails ne "ada@home.example.org"`, `emails.type ne "work"`, `emails[type eq "work"].value ne "ada.sample@example.com"`},
		},
		{
			rule:    "pr is false for absent and empty",
			matches: []string{`userName pr`, `active pr`, `emails pr`, `emails.primary pr`, `name pr`, `meta.version pr`, urnSuger + ` pr`, `emails[type eq "home"].value pr`},
			misses:  []string{`title pr`, `displayName pr`, `name.formatted pr`, `ims pr`, `ims.value pr`, `emails[type eq "home"].primary pr`},
		},
		{
			rule:    "null is absent",
			matches: []string{`title eq null`, `displayName eq null`, `userName ne null`, `ims eq null`, `name ne null`, `emails[primary eq null]`, `emails[type eq "home"].primary eq null`},
			misses:  []string{`userName eq null`, `title ne null`, `emails eq null`, `emails[value eq null]`, `emails[type eq "work"].primary eq null`},
		},
		{
			rule:    "brackets look at one element at a time",
			matches: []string{`emails[type eq "work" and value co "@example.com"]`, `emails[(type eq "work" or primary eq true) and value ew "@example.com"]`, `emails[not (type eq "work")]`, `emails[type eq "home" and primary eq false]`, `name[givenName eq "ada"]`, `emails[type eq "work"].value eq "ada.sample@example.com"`},
			misses:  []string{`emails[type eq "home" and primary eq true]`, `ims[type eq "xmpp"]`, `name[givenName eq "Bob"]`, `emails[type eq "home"].value eq "ada.sample@example.com"`},
		},
		{
			rule:    "and binds before or, not before and",
			matches: []string{`active eq true or title pr and title pr`, `not (title pr) and active eq true`, `not (title pr and active eq true)`, `NOT (title pr) AND (title pr OR active pr)`},
			misses:  []string{`(active eq true or title pr) and title pr`, `not (title pr or active eq true)`, `not (active eq true) or title pr`},
		},
		{
			rule:    "URNs in front",
			matches: []string{coreUser + `userName eq "ada.sample@example.com"`, urnSuger + `:role eq "ADMIN"`, coreUser + `emails[type eq "work"]`},
			misses:  []string{coreUser + `userName eq "x"`, urnSuger + `:role eq "VIEWER"`},
		},
		{
			rule:    "escapes in a value",
			matches: []string{`userName eq "\u0041da.Sample\u0040example.com"`, `meta.version eq "W/\"abc\""`, `meta.resourceType eq \"User\"`},
			misses:  []string{`meta.version eq "W/\\abc"`},
		},
	}
	rt := filterUserType()
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			for want, filters := range map[bool][]string{true: test.matches, false: test.misses} {
				for _, text := range filters {
					filter, err := ParseFilter(text, rt)
					require.NoError(t, err)
					assert.Equal(t, want, filter.Match(ada()), text)
				}
			}
		})
	}
}

func TestFilterOnAnEmptyResource(t *testing.T) {
	for text, want := range map[string]bool{
		`userName eq ""`: false, `userName ne "x"`: true, `userName eq null`: true, `userName pr`: false, `userName lt "x"`: false,
		`emails[type eq "work"]`: false, `emails[type eq "work"].value ne "x"`: true, urnSuger + `:role ne "x"`: true,
	} {
		filter, err := ParseFilter(text, filterUserType())
		require.NoError(t, err)
		assert.Equal(t, want, filter.Match(Resource{}), text)
	}
}

func TestNothingButEmptyValuesIsAbsent(t *testing.T) {
	user := Resource{
		"title":   "",
		"name":    map[string]any{"givenName": ""},
		"emails":  []any{map[string]any{"value": ""}, map[string]any{}},
		"ims":     []any{},
		"schemas": []any{""},
		urnSuger:  map[string]any{"tags": []any{}},
	}
	for _, path := range []string{"title", "name", "name.givenName", "emails", "emails.value", "ims", "schemas", urnSuger, urnSuger + ":tags"} {
		present, err := ParseFilter(path+" pr", filterUserType())
		require.NoError(t, err)
		absent, err := ParseFilter(path+" eq null", filterUserType())
		require.NoError(t, err)
		assert.False(t, present.Match(user), path)
		assert.True(t, absent.Match(user), path)
	}
}

func TestNilFilterMatchesEverything(t *testing.T) {
	var filter *Filter
	assert.True(t, filter.Match(ada()))
	assert.False(t, filter.Names("userName"))
	_, _, ok := filter.Equality()
	assert.False(t, ok)
}

func BenchmarkMatch(b *testing.B) {
	users := make([]Resource, 10_000)
	for i := range users {
		user := ada()
		user["id"] = fmt.Sprintf("u-%d", i)
		user["userName"] = fmt.Sprintf("Person.%d@example.com", i)
		users[i] = user
	}
	for name, text := range map[string]string{
		"userName": `userName eq "person.9999@EXAMPLE.com"`,
		"contains": `userName co "9999@" or emails.value co "9999@"`,
		"brackets": `emails[(type eq "work" or primary eq true) and value ew "@nowhere.example"]`,
		"time":     `meta.lastModified gt "2026-06-01T00:00:00Z"`,
	} {
		b.Run(name, func(b *testing.B) {
			filter, err := ParseFilter(text, filterUserType())
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				for _, user := range users {
					filter.Match(user)
				}
			}
		})
	}
}
