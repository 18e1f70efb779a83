package scim

import (
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

		{"externalId", `externalId eq "x"`, `The filter is wrong at character 1, "externalId": this service does not store the attribute.`},
		{"password", `active eq true and password pr`, `The filter is wrong at character 20, "password": this service does not store the attribute.`},
		{"tolerated sub-attribute in brackets", `emails[display eq "x"]`, `The filter is wrong at character 8, "display": this service does not store the attribute.`},
		{"tolerated sub-attribute after brackets", `emails[type pr].display eq "x"`, `The filter is wrong at character 16, ".display": this service does not store the attribute.`},

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
		assert.True(t, filter.Names(attr), attr)
	}
	for _, attr := range []string{"members", "userName", "display", "type", "role", "givenName", ""} {
		assert.False(t, filter.Names(attr), attr)
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
