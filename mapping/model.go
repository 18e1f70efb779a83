// Package mapping says what a SCIM User, Group and Role are in Suger, and
// carries out SCIM operations as calls of Suger's API.
//
// The calls, paths, fields and role names are in a mapping file
// (the embedded default is suger.yaml), so that a Suger that differs needs
// another file, not another program. Start with [spec.Document], which is that
// file, and [Service], which works by it.
package mapping

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

//go:embed suger.yaml
var defaultFile []byte

// DefaultName is what the embedded mapping is called in messages.
const DefaultName = "suger.yaml"

// DefaultSource returns the embedded mapping as it is written.
func DefaultSource() []byte { return defaultFile }

// DefaultDocument is the embedded mapping.
var DefaultDocument = sync.OnceValue(func() *spec.Document {
	doc, err := spec.Parse(DefaultName, defaultFile)
	if err != nil {
		panic(fmt.Sprintf("the embedded mapping: %v", err)) // a test reads it
	}
	return doc
})

// URNSuger is the extension for attributes that SCIM's core schema lacks.
const URNSuger = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"

// A model is a compiled mapping file.
type model struct {
	doc        *spec.Document
	attributes []attribute    // by name
	index      map[string]int // name -> position in attributes
	userName   int            // position of userName
	given      int            // position of name.givenName, below 0 if it is not held
	family     int            // position of name.familyName, too
	status     *statusModel   // nil if the mapping has no status
	many       bool           // whether a user may hold several roles
	precedence map[string]int // folded role name -> tier, 0 the most powerful
	others     int            // tier of a role that precedence does not name
	moreIDs    []string       // names of further ids, in order
	errors     *sugerclient.ErrorRule
}

// An attribute is one SCIM attribute and its field.
type attribute struct {
	name string // as in the schema: "name.givenName"
	spec.Attribute
}

func newModel(doc *spec.Document) *model {
	m := &model{doc: doc, index: make(map[string]int), many: doc.ManyRoles(), moreIDs: sortedKeys(doc.User.IDs)}
	for name, a := range doc.User.Attributes {
		m.attributes = append(m.attributes, attribute{name, a})
	}
	sort.Slice(m.attributes, func(i, j int) bool { return m.attributes[i].name < m.attributes[j].name })
	for i, a := range m.attributes {
		m.index[a.name] = i
	}
	m.userName, m.given, m.family = m.index["userName"], m.at("name.givenName"), m.at("name.familyName")
	if in := &doc.Access; in.Shows() {
		m.status = &statusModel{in, spec.WordsOf(in.Active), spec.WordsOf(in.Pending), spec.WordsOf(in.Inactive)}
	}
	m.precedence = make(map[string]int)
	m.others = len(doc.Role.Precedence)
	for tier, name := range doc.Role.Precedence {
		if name == "*" {
			m.others = tier
			continue
		}
		m.precedence[fold(name)] = tier
	}
	m.errors = errorRule(doc)
	return m
}

func errorRule(doc *spec.Document) *sugerclient.ErrorRule {
	rule := &sugerclient.ErrorRule{NotThere: doc.Refusals.NotThere}
	if e := doc.Errors; e != nil {
		rule.Field, rule.Success = string(e.Field), e.Success
		rule.Message, rule.Code = string(e.Message), string(e.Code)
	}
	return rule
}

func fold(s string) string { return strings.ToLower(s) }

// invisible matches characters without a glyph. The last one is the blank
// Braille pattern, which no Unicode property covers.
var invisible = []*unicode.RangeTable{
	unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector,
	{R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}}},
}

// cleanName normalizes a name of a role or group: NFKC, without invisible
// characters, with single blanks.
func cleanName(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && !unicode.IsSpace(r) || unicode.In(r, invisible...) {
			return -1
		}
		return r
	}, norm.NFKC.String(name))
	return strings.Join(strings.Fields(name), " ")
}

// at returns the position of an attribute, -1 if the mapping does not have it.
func (m *model) at(name string) int {
	if i, ok := m.index[name]; ok {
		return i
	}
	return -1
}

func (m *model) holds(name string) bool { return m.at(name) >= 0 }

func (m *model) writesStatus() bool { return m.status != nil && m.doc.WritesStatus() }

func (m *model) writesRole() bool { return m.doc.WritesRole() }

// statusValue returns what is written into the status to give or end access, nil if nothing
// can be.
func (m *model) statusValue(active bool, now string) any {
	values := m.status.Inactive
	if active {
		values = m.status.Active
	}
	if len(values) == 0 {
		return nil
	}
	switch word, _ := values[0].(string); {
	case values[0] == nil:
		return json.RawMessage("null")
	case spec.PlaceholderName(word) == spec.NowPlaceholder:
		return now
	}
	return values[0]
}

// endOfAccess returns how access ends. The mapping decides, not a record, so that
// an unexpected answer never turns a deactivation into a removal.
func (m *model) endOfAccess() string { return m.doc.Access.End.Way }

// knowsAdministrators reports whether the mapping has the ids of the administrator roles.
func (m *model) knowsAdministrators() bool {
	for _, known := range m.doc.Role.Known {
		if known.Administrator && known.IDText() == "" && m.doc.Operations.ListRoles != nil {
			return false
		}
	}
	return true
}

// attributeOf reads an attribute from a client's resource: "" and given if it is emptied.
func attributeOf(r scim.Resource, name string) (value string, given bool) {
	object, local := spec.SplitAttribute(name)
	if object == "" {
		value, given = r[local].(string)
		return value, given
	}
	inner, ok := r[object].(map[string]any)
	if !ok {
		return "", false
	}
	if len(inner) == 0 { // emptied as a whole, unless it is an extension without content
		return "", !strings.HasPrefix(object, "urn:")
	}
	return attributeOf(inner, local) // which is manager.value in the enterprise extension
}
