package scim

import (
	"fmt"
	"strings"
	"testing"

	filterparser "github.com/scim2/filter-parser/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Spellings of one filter are the same filter.
func TestFilterForms(t *testing.T) {
	tests := []struct {
		name string
		text string
		same string
	}{
		{"letter case and blanks", "\tUSERNAME  Eq \"Ada.sample@example.com\"  ", `userName eq "ada.sample@example.com"`},
		{"no blanks where none are needed", `active eq true and(title pr)or userName sw"ada"`, `active eq true and title pr or userName sw "ada"`},
		{"core URN", coreUser + `name.FAMILYNAME co "x"`, `name.familyName co "x"`},
		{"extension URN", strings.ToUpper(urnSuger) + `:ROLE eq "admin"`, urnSuger + `:role eq "admin"`},
		{"implied value", `emails co "home"`, `emails.value co "home"`},
		{"booleans as text", `active eq "True"`, `active eq true`},
		{"keywords in any letter case", `active eq TRUE AND title eq NULL`, `active eq true and title eq null`},
		{"needless parentheses", `((title pr)) and (userName pr and (active pr))`, `title pr and userName pr and active pr`},
		{"parentheses of an inner and", `title pr or (userName pr and active pr)`, `title pr or userName pr and active pr`},
		{"not", `NOT((title pr))`, `not (title pr)`},
		{"brackets", `emails [ TYPE eq "work" AND (value pr) ]`, `emails[type eq "work" and value pr]`},
		{"comparison after brackets", `emails[type eq "work"].VALUE eq "x"`, `emails[type eq "work"].value eq "x"`},
		{"numbers", urnSuger + `:score gt 0.25E+1`, urnSuger + `:score gt 2.5`},
		{"escapes", `userName sw "\u0041\u0044A"`, `userName sw "ada"`},
		{"doubly escaped quotes", `userName sw \"ada\"`, `userName sw "ada"`},
		{"displayName of an element", `roles.displayName pr`, `roles.display pr`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			one, err := ParseFilter(test.text, filterUserType())
			require.NoError(t, err)
			other, err := ParseFilter(test.same, filterUserType())
			require.NoError(t, err)
			for _, resource := range fuzzResources {
				assert.Equal(t, other.Match(resource), one.Match(resource))
			}
			assert.Equal(t, other.named, one.named)
			assert.Equal(t, other.equal == nil, one.equal == nil)
			for i, equal := range other.equal {
				assert.Equal(t, equal.path, one.equal[i].path)
			}
		})
	}
}

func TestFilterErrors(t *testing.T) {
	const operators = ": an operator is expected here (eq, ne, co, sw, ew, pr, gt, ge, lt or le)."
	const values = ": a value is expected here: a JSON string in double quotes, a number, true, false or null."
	tests := []struct {
		name   string
		text   string
		detail string
	}{
		{"empty", " ", `The filter is wrong at character 2: the name of an attribute is expected here.`},
		{"not UTF-8", "title eq \"\xff\"", `The filter is longer than 8192 bytes or not valid UTF-8.`},
		{"too long", `title eq "` + strings.Repeat("x", MaxFilterLength) + `"`, `The filter is longer than 8192 bytes or not valid UTF-8.`},

		{"unknown attribute", `shoeSize eq 5`, `The filter is wrong at character 1, "shoeSize": there is no such attribute.`},
		{"unknown sub-attribute", `name.x pr`, `The filter is wrong at character 1, "name.x": there is no such attribute.`},
		{"unknown attribute in brackets", `emails[size eq 5]`, `The filter is wrong at character 8, "size": there is no such attribute.`},
		{"full path in brackets", `emails[emails.type eq "work"]`, `The filter is wrong at character 8, "emails.type": there is no such attribute.`},
		{"extension attribute without its URN", `role eq "x"`, `The filter is wrong at character 1, "role": there is no such attribute.`},
		{"long names are clipped", strings.Repeat("x", 100) + ` pr`, `The filter is wrong at character 1, "` + strings.Repeat("x", 60) + `…": there is no such attribute.`},

		{"externalId", `externalId eq "x"`, `The filter is wrong at character 1, "externalId": this service does not store the attribute; filter on userName instead.`},
		{"password", `active eq true and password pr`, `The filter is wrong at character 20, "password": this service does not store the attribute; filter on userName instead.`},
		{"tolerated sub-attribute in brackets", `emails[display eq "x"]`, `The filter is wrong at character 8, "display": this service does not store the attribute; filter on userName instead.`},
		{"tolerated sub-attribute after brackets", `emails[type pr].display eq "x"`, `The filter is wrong at character 16, ".display": this service does not store the attribute; filter on userName instead.`},

		{"operator missing", `userName`, `The filter is wrong at character 9` + operators},
		{"operator unknown", `userName = "x"`, `The filter is wrong at character 10, "="` + operators},
		{"operator in quotes", `userName "eq" "x"`, `The filter is wrong at character 10, "\"eq\""` + operators},
		{"bare path with brackets is no condition", `roles[primary eq true].value`, `The filter is wrong at character 29` + operators},
		{"value missing", `userName eq`, `The filter is wrong at character 12` + values},
		{"value without quotes", `userName eq ada@example.com`, `The filter is wrong at character 13, "ada@example.com"` + values},
		{"value that is another kind of JSON", `userName eq {}`, `The filter is wrong at character 13, "{}"` + values},
		{"sub-attribute after brackets unknown", `emails[type pr].size pr`, `The filter is wrong at character 16, ".size": there is no such attribute.`},
		{"value in single quotes", `userName eq 'ada'`, `The filter is wrong at character 13, "'ada'"` + values},
		{"number not of JSON", urnSuger + `:seats eq 0x10`, `The filter is wrong at character 64, "0x10"` + values},
		{"number too large", urnSuger + `:seats eq 1e999`, `The filter is wrong at character 64, "1e999"` + values},
		{"value after pr", `userName pr "x"`, `The filter is wrong at character 13, "\"x\"": "and", "or" or the end is expected here.`},
		{"value instead of a name", `"ada" eq userName`, `The filter is wrong at character 1, "\"ada\"": the name of an attribute is expected here.`},
		{"text not closed", `userName eq "ada`, `The filter is wrong at character 13, "\"ada"` + values},
		{"backslash at the end", `userName eq "ada\`, `The filter is wrong at character 13, "\"ada"` + values},
		{"single backslash", `userName eq "CORP\ada"`, `The filter is wrong at character 13, "\"CORP\\ada\""` + values},
		{"control character", "userName eq \"a\tb\"", `The filter is wrong at character 13, "\"a\tb\""` + values},
		{"doubly escaped quote not closed", `userName eq \"ada"`, `The filter is wrong at character 13, "\\"` + values},
		{"position counts characters, not bytes", `title eq "éé" nad`, `The filter is wrong at character 15, "nad": "and", "or" or the end is expected here.`},

		{"and without a right side", `title pr and`, `The filter is wrong at character 13: the name of an attribute is expected here.`},
		{"parenthesis not closed", `(title pr`, `The filter is wrong at character 10: "and", "or" or ")" is expected here.`},
		{"parenthesis not opened", `title pr)`, `The filter is wrong at character 9, ")": "and", "or" or the end is expected here.`},
		{"parentheses empty", `()`, `The filter is wrong at character 2, ")": the name of an attribute is expected here.`},
		{"bracket not closed", `emails[type pr`, `The filter is wrong at character 15: "and", "or" or "]" is expected here.`},
		{"bracket closed by a parenthesis", `emails[type pr)`, `The filter is wrong at character 15, ")": "and", "or" or "]" is expected here.`},
		{"brackets in brackets", `emails[type[value pr]]`, `The filter is wrong at character 12, "[": brackets cannot be inside brackets.`},
		{"brackets on a simple attribute", `userName[value pr]`, `The filter is wrong at character 9, "[": userName has no sub-attributes, so brackets cannot follow it.`},
		{"not without parentheses", `not title pr`, `The filter is wrong at character 5, "title": "not" needs parentheses around what it negates.`},
		{"too deep", strings.Repeat("(", 17) + `title pr` + strings.Repeat(")", 17), `The filter is wrong at character 17, "(": there are more than 16 levels of parentheses.`},
		{"too many comparisons", strings.Repeat(`title pr or `, 200) + `title pr`, `The filter is wrong at character 2401, "title": there are more than 200 comparisons.`},

		{"order on a boolean", `active gt true`, `The filter is wrong at character 8, "gt": active is of type boolean, which has no operator gt.`},
		{"part of a boolean", `active co "t"`, `The filter is wrong at character 8, "co": active is of type boolean, which has no operator co.`},
		{"boolean with another text", `active eq "yes"`, `The filter is wrong at character 8, "eq": active can be compared with true or false only.`},
		{"boolean with a number", `active eq 1`, `The filter is wrong at character 8, "eq": active can be compared with true or false only.`},
		{"order on a binary", `x509Certificates.value gt "x"`, `The filter is wrong at character 24, "gt": x509Certificates.value is of type binary, which has no operator gt.`},
		{"part of a number", urnSuger + `:seats co "3"`, `The filter is wrong at character 61, "co": ` + urnSuger + `:seats is of type integer, which has no operator co.`},
		{"number in quotes", urnSuger + `:seats eq "3"`, `The filter is wrong at character 61, "eq": ` + urnSuger + `:seats can be compared with a whole number only.`},
		{"part of a time", `meta.created sw "2026"`, `The filter is wrong at character 14, "sw": meta.created is of type dateTime, which has no operator sw.`},
		{"not a time", `meta.created gt "yesterday"`, `The filter is wrong at character 14, "gt": meta.created can be compared with a time like 2026-01-31T09:30:00Z only.`},
		{"text with a number", `userName eq 5`, `The filter is wrong at character 10, "eq": userName can be compared with a string only.`},
		{"text with a boolean", `userName eq true`, `The filter is wrong at character 10, "eq": userName can be compared with a string only.`},
		{"order on null", `userName gt null`, `The filter is wrong at character 10, "gt": null can only be compared with eq and ne.`},
		{"complex attribute", `name eq "x"`, `The filter is wrong at character 6, "eq": name is complex; compare one of its sub-attributes.`},
		{"complex multi-valued attribute without value", `addresses eq "x"`, `The filter is wrong at character 11, "eq": addresses is complex; compare one of its sub-attributes.`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			filter, err := ParseFilter(test.text, filterUserType())
			assert.Nil(t, filter)
			assert.Equal(t, &Error{Status: 400, Type: "invalidFilter", Code: CodeInvalidFilter, Detail: test.detail}, err)
		})
	}
}

func TestFilterWithinTheBounds(t *testing.T) {
	for name, text := range map[string]string{
		"length":                    `title eq "` + strings.Repeat("x", MaxFilterLength-len(`title eq ""`)) + `"`,
		"depth":                     strings.Repeat("not (", MaxFilterDepth) + `title pr` + strings.Repeat(")", MaxFilterDepth),
		"comparisons":               strings.Repeat(`title pr or `, MaxFilterTerms-1) + `title pr`,
		"one level after the other": strings.Repeat(`(title pr) or `, 100) + `title pr`,
	} {
		_, err := ParseFilter(text, filterUserType())
		assert.NoError(t, err, name)
	}
}

func TestFilterEquality(t *testing.T) {
	tests := []struct {
		text  string
		path  string // "" means that it is not an equality
		value any
	}{
		{text: `USERNAME eq "Ada"`, path: "userName", value: "Ada"},
		{text: `(((id eq "u-1")))`, path: "id", value: "u-1"},
		{text: `emails eq "x"`, path: "emails.value", value: "x"},
		{text: `active eq "False"`, path: "active", value: false},
		{text: urnSuger + `:seats eq 3`, path: urnSuger + ":seats", value: float64(3)},
		{text: `userName ne "x"`},
		{text: `userName co "x"`},
		{text: `userName eq null`},
		{text: `userName pr`},
		{text: `not (userName eq "x")`},
		{text: `userName eq "x" and active eq true`},
		{text: `userName eq "x" or active eq true`},
		{text: `emails[VALUE eq "x"]`, path: "emails.value", value: "x"},
		{text: `emails[type eq "work"]`, path: "emails.type", value: "work"},
		{text: `emails[type eq "work" and value eq "x"]`},
		{text: `emails[type eq "work"].value eq "x"`},
		{text: `not (emails[value eq "x"])`},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			filter, err := ParseFilter(test.text, filterUserType())
			require.NoError(t, err)
			path, value, ok := filter.Equality()
			assert.Equal(t, test.path != "", ok)
			assert.Equal(t, test.path, path)
			assert.Equal(t, test.value, value)
		})
	}
}

// A filter on the server root names attributes of several types (RFC 7644
// §3.4.2.1). Each type is asked in its own words.
func TestFilterAmongSeveralTypes(t *testing.T) {
	user, group := filterUserType(), filterGroupType()
	group.Lacks = []string{"created"}
	someone := ada()
	team := Resource{
		"id": "g-1", "displayName": "Team",
		"members": []any{map[string]any{"value": "u-1", "type": "User"}},
	}
	tests := []struct {
		text          string
		someone, team bool
	}{
		{`userName sw "ada"`, true, false},
		{`members eq "u-1"`, false, true},
		{`members[value eq "u-1" and type eq "User"]`, false, true},
		{`not (members pr)`, true, false},
		{`userName eq null`, false, true},
		{URNGroup + `:displayName eq "team"`, false, true},
		{coreUser + `displayName eq "team"`, false, false},
		{urnSuger + `:role eq "admin"`, true, false},
		{`meta.created pr`, true, false},
		{`displayName eq "team" or id eq "u-1"`, true, true},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			ofUsers, err := ParseFilter(test.text, user, group)
			require.NoError(t, err)
			ofGroups, err := ParseFilter(test.text, group, user)
			require.NoError(t, err)
			assert.Equal(t, test.someone, ofUsers.Match(someone))
			assert.Equal(t, test.team, ofGroups.Match(team))
		})
	}
	for text, problem := range map[string]string{
		`shoeSize pr`:     `"shoeSize": there is no such attribute`,
		`externalId pr`:   `"externalId": this service does not store the attribute`,
		`members.size pr`: `"members.size": there is no such attribute`,
	} {
		t.Run("refused: "+text, func(t *testing.T) {
			_, err := ParseFilter(text, user, group)
			requireClientError(t, err, CodeInvalidFilter)
			assert.ErrorContains(t, err, problem)
		})
	}
}

// URLs of the service are made when an answer is sent, so a comparison with one
// would never hold, and a removal by one would do nothing.
func TestComparisonWithAURLOfTheServiceIsRefused(t *testing.T) {
	for _, text := range []string{
		`members.$ref eq "https://scim.example.com/Users/u1"`, `members[$ref co "u1"]`, `members.$ref pr`,
		`meta.location eq "https://scim.example.com/Groups/g1"`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := ParseFilter(text, wholeGroup())
			requireClientError(t, err, CodeInvalidFilter)
			assert.ErrorContains(t, err, "compare the identifier instead (id or value)")
		})
	}
	_, err := ParsePath(`members[$ref eq "https://scim.example.com/Users/u1"]`, wholeGroup())
	requireClientError(t, err, CodeInvalidPath)
}

func TestFilterOnWhatTheProviderDoesNotKnow(t *testing.T) {
	rt := wholeGroup()
	rt.Lacks = []string{"created", "lastModified"}
	for _, text := range []string{`meta.lastModified gt "2026-01-01T00:00:00Z"`, `meta.created pr`} {
		_, err := ParseFilter(text, rt)
		requireClientError(t, err, CodeInvalidFilter)
		assert.ErrorContains(t, err, "does not store the attribute")
	}
	_, err := ParseFilter(`meta.resourceType eq "Group"`, rt)
	require.NoError(t, err)
}

func TestFilterNames(t *testing.T) {
	filter, err := ParseFilter(`not (groups.display eq "x") and (name.givenName pr or emails[type eq "work"]) and `+urnSuger+`:role pr`, filterUserType())
	require.NoError(t, err)
	for _, attr := range []string{"groups", "Groups", "name", "emails", urnSuger} {
		assert.True(t, filter.Uses(attr), attr)
	}
	for _, attr := range []string{"members", "userName", "display", "type", "role", "givenName", ""} {
		assert.False(t, filter.Uses(attr), attr)
	}
}

// TestFilterCorpus takes each filter that real clients send on users or groups,
// unless it names what is not held.
func TestFilterCorpus(t *testing.T) {
	for _, text := range corpus(t, "filters.txt") {
		t.Run(text, func(t *testing.T) {
			_, err := ParseFilter(text, filterUserType())
			if err != nil && !strings.Contains(err.Error(), "does not store the attribute") {
				_, err = ParseFilter(text, filterGroupType())
				require.NoError(t, err)
			}
		})
	}
}

// BenchmarkParseFilter compares ParseFilter, which also looks up the attributes and
// checks the types, with a library that reads the grammar alone.
func BenchmarkParseFilter(b *testing.B) {
	for name, text := range map[string]string{
		"userName": `userName eq "ada.sample@example.com"`,
		"members":  `id eq "7d8cbf02-0d5e-4a7c-8b8a-8f2d3f0f9a11" and members eq "2819c223-7f76-453a-919d-413861904646"`,
		"brackets": `userType eq "Employee" and emails[type eq "work" and value co "@example.com"]`,
		"urn":      urnSuger + `:role eq "ADMIN" and meta.lastModified gt "2020-01-01T00:00:00Z"`,
	} {
		rt := filterUserType()
		if name == "members" {
			rt = filterGroupType()
		}
		for parser, parse := range map[string]func() error{
			"scim":         func() error { _, err := ParseFilter(text, rt); return err },
			"filterparser": func() error { _, err := filterparser.ParseFilter([]byte(text)); return err },
		} {
			b.Run(name+"/"+parser, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					require.NoError(b, parse())
				}
			})
		}
	}
}

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
	assert.False(t, filter.Uses("userName"))
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
