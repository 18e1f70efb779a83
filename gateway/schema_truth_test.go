package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// An attempt writes one attribute that /Schemas describes.
type attempt struct {
	value string // JSON
	shown string // path at which the value shows once it is written; "" is the attribute's own
	want  any    // the value there; nil is the value itself
}

const sugerUser = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"

// attempts has a row for every attribute of the user's and the group's schemas.
// VIEWER, FINANCE stand for ids.
var attempts = map[string]map[string]attempt{
	"User": {
		"userName":                    {value: `"renamed@example.com"`},
		"name":                        {value: `{"givenName":"Changed"}`, shown: "name.givenName", want: "Changed"},
		"name.formatted":              {value: `"Somebody Else"`},
		"name.familyName":             {value: `"Changed"`},
		"name.givenName":              {value: `"Changed"`},
		"displayName":                 {value: `"Somebody Else"`},
		"active":                      {value: `false`},
		"emails":                      {value: `[{"value":"other@example.com","type":"home"}]`},
		"emails.value":                {value: `"other@example.com"`},
		"emails.type":                 {value: `"home"`},
		"emails.primary":              {value: `false`},
		"groups":                      {value: `[{"value":"ADMIN"}]`},
		"groups.value":                {value: `"ADMIN"`},
		"groups.display":              {value: `"ADMIN"`},
		"groups.$ref":                 {value: `"https://example.com/Groups/ADMIN"`},
		"roles":                       {value: `[{"value":"EDITOR"}]`, shown: "roles.value", want: "EDITOR"},
		"roles.value":                 {value: `"EDITOR"`},
		"roles.display":               {value: `"Somebody"`},
		"roles.type":                  {value: `"another"`},
		"roles.primary":               {value: `false`},
		sugerUser + ":role":           {value: `"EDITOR"`},
		sugerUser + ":status":         {value: `"INACTIVE"`},
		sugerUser + ":organizationId": {value: `"another"`},
	},
	"Group": {
		"displayName":     {value: `"Renamed"`},
		"members":         {value: `[{"value":"VIEWER"}]`, shown: "members.value", want: "VIEWER"},
		"members.value":   {value: `"VIEWER"`},
		"members.$ref":    {value: `"https://example.com/Users/1"`},
		"members.type":    {value: `"Group"`},
		"members.display": {value: `"Somebody"`},
	},
}

// described lists the attributes of a schema with their paths.
func described(prefix string, attributes []any, found map[string]map[string]any) {
	for _, element := range attributes {
		attribute := element.(map[string]any)
		path := prefix + attribute["name"].(string)
		found[path] = attribute
		subs, _ := attribute["subAttributes"].([]any)
		described(path+".", subs, found)
	}
}

// shownAt returns the value at a path, in the first element of a list.
func shownAt(body map[string]any, path string) any {
	var value any = body
	if local, extended := strings.CutPrefix(path, sugerUser+":"); extended {
		value, path = body[sugerUser], local
	}
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
		if list, ok := value.([]any); ok && len(list) > 0 {
			value = list[0]
		}
	}
	return value
}

// Writing, reading, omitting and filtering an attribute agrees with its
// description in /Schemas (RFC 7643 §7).
func TestSchemasMatchBehavior(t *testing.T) {
	discovery := newStack(t)
	found := map[string]map[string]map[string]any{"User": {}, "Group": {}}
	for kind, urns := range map[string][]string{"User": {"urn:ietf:params:scim:schemas:core:2.0:User", sugerUser}, "Group": {"urn:ietf:params:scim:schemas:core:2.0:Group"}} {
		for _, urn := range urns {
			prefix := ""
			if urn == sugerUser {
				prefix = urn + ":"
			}
			described(prefix, discovery.get("/scim/v2/Schemas/" + urn).body["attributes"].([]any), found[kind])
		}
		for path, attribute := range found[kind] {
			require.Contains(t, attempts[kind], path, "an attribute that nobody tries to write")
			t.Run(kind+" "+path, func(t *testing.T) { truthOf(newStack(t), kind, path, attribute).check(t) })
		}
		for path := range attempts[kind] {
			assert.Contains(t, found[kind], path, "an attempt to write what is not described")
		}
	}
}

// A truth tests one attribute of one resource.
type truth struct {
	s         *stack
	kind      string // resource type
	endpoint  string
	id        string
	path      string
	attribute map[string]any // as described
	attempt   attempt
	before    map[string]any
}

func truthOf(s *stack, kind, path string, attribute map[string]any) truth {
	tr := truth{s: s, kind: kind, endpoint: "/scim/v2/Users", path: path, attribute: attribute, attempt: attempts[kind][path]}
	viewer := s.id("viewer")
	if tr.id = viewer; kind == "Group" {
		tr.endpoint, tr.id = "/scim/v2/Groups", s.group("Finance")
	}
	tr.attempt.value = strings.ReplaceAll(tr.attempt.value, "VIEWER", viewer)
	if tr.attempt.want == "VIEWER" {
		tr.attempt.want = viewer
	}
	tr.before = s.get(tr.endpoint + "/" + tr.id).body
	return tr
}

func (tr truth) check(t *testing.T) {
	require.NotNil(t, shownAt(tr.before, tr.path), "it is returned by default")
	tr.checkType(t)
	tr.checkReturned(t)
	tr.checkLetterCase(t)
	tr.checkUniqueAndRequired(t)
	tr.checkMutability(t)
}

func (tr truth) checkType(t *testing.T) {
	value := shownAt(tr.before, tr.path)
	switch tr.attribute["type"] {
	case "boolean":
		assert.IsType(t, true, value)
	case "complex":
		assert.IsType(t, map[string]any{}, value)
	case "reference":
		assert.True(t, strings.HasPrefix(value.(string), tr.s.url), value)
	default:
		assert.Equal(t, "string", tr.attribute["type"])
		assert.IsType(t, "", value)
	}
	_, isList := tr.before[tr.path].([]any)
	assert.Equal(t, tr.attribute["multiValued"], isList)
	if canonical, ok := tr.attribute["canonicalValues"].([]any); ok {
		assert.Contains(t, canonical, value)
	}
}

func (tr truth) checkReturned(t *testing.T) {
	require.Equal(t, "default", tr.attribute["returned"])
	asked := tr.s.get(tr.endpoint + "/" + tr.id + "?attributes=" + url.QueryEscape(tr.path)).body
	assert.Equal(t, shownAt(tr.before, tr.path), shownAt(asked, tr.path))
	assert.Nil(t, shownAt(tr.s.get(tr.endpoint+"/"+tr.id+"?attributes=id").body, tr.path))
	excluded := tr.s.get(tr.endpoint + "/" + tr.id + "?excludedAttributes=" + url.QueryEscape(tr.path)).body
	assert.Nil(t, shownAt(excluded, tr.path))
}

func (tr truth) checkLetterCase(t *testing.T) {
	value, isText := shownAt(tr.before, tr.path).(string)
	if !isText {
		return
	}
	swapped := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, value)
	require.NotEqual(t, value, swapped)
	for text, exact := range map[string]bool{value: true, swapped: false} {
		filter := url.QueryEscape(fmt.Sprintf("%s eq %q and id eq %q", tr.path, text, tr.id))
		a := tr.s.do(http.MethodGet, tr.endpoint+"?filter="+filter, "")
		if tr.attribute["type"] == "reference" {
			assertError(t, a, http.StatusBadRequest, "invalidFilter", scim.CodeInvalidFilter)
			continue
		}
		require.Equal(t, http.StatusOK, a.status, a.text)
		assert.Equal(t, exact || tr.attribute["caseExact"] == false, len(a.names()) == 1, text)
	}
}

func (tr truth) checkUniqueAndRequired(t *testing.T) {
	if strings.Contains(tr.path, ".") {
		assert.Equal(t, false, tr.attribute["required"])
		return
	}
	full := map[string]any{"userName": "nova.sample@example.com", "displayName": "Sample crew"}
	delete(full, tr.path)
	without, err := json.Marshal(full)
	require.NoError(t, err)
	a := tr.s.do(http.MethodPost, tr.endpoint, string(without))
	if tr.attribute["required"] == true {
		assertError(t, a, http.StatusBadRequest, "invalidValue", scim.CodeInvalidValue)
		assert.Contains(t, a.body["detail"], tr.path)
	} else {
		assert.Equal(t, http.StatusCreated, a.status, a.text)
	}
	if tr.attribute["uniqueness"] == "server" {
		same, err := json.Marshal(map[string]any{tr.path: shownAt(tr.before, tr.path)})
		require.NoError(t, err)
		a := tr.s.do(http.MethodPost, tr.endpoint, string(same))
		assert.Equal(t, http.StatusConflict, a.status, a.text)
		assert.Equal(t, "uniqueness", a.body["scimType"])
	}
}

func (tr truth) checkMutability(t *testing.T) {
	target := tr.path
	if parent, sub, nested := strings.Cut(tr.path, "."); nested && tr.kind == "Group" {
		target = fmt.Sprintf(`%s[value eq \"%s\"].%s`, parent, shownAt(tr.before, parent+".value"), sub)
	}
	a := tr.s.do(http.MethodPatch, tr.endpoint+"/"+tr.id, `{"Operations":[{"op":"replace","path":"`+target+`","value":`+tr.attempt.value+`}]}`)
	after := tr.s.get(tr.endpoint + "/" + tr.id).body
	switch tr.attribute["mutability"] {
	case "readWrite":
		require.Equal(t, http.StatusOK, a.status, a.text)
		var written any
		require.NoError(t, json.Unmarshal([]byte(tr.attempt.value), &written))
		if tr.attempt.shown != "" {
			tr.path, written = tr.attempt.shown, tr.attempt.want
		}
		assert.Equal(t, written, shownAt(after, tr.path))
	case "immutable":
		assertError(t, a, http.StatusBadRequest, "mutability", scim.CodeMutability)
		assert.Equal(t, tr.before, after)
	default:
		require.Equal(t, "readOnly", tr.attribute["mutability"])
		if a.status != http.StatusOK { // what is made of other attributes is accepted and has no effect
			assertError(t, a, http.StatusBadRequest, "mutability", scim.CodeMutability)
		}
		assert.Equal(t, tr.before, after)
	}
}
