package mapping

import (
	"slices"
	"sort"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// URNSuger is the extension that carries what SCIM's core schema has no place for.
const URNSuger = "urn:ietf:params:scim:schemas:extension:suger:2.0:User"

// A model is a mapping file in the form that the engine works with.
type model struct {
	doc        *spec.Document
	attributes []attribute    // by name
	index      map[string]int // name -> position in attributes
	userName   int            // position of userName
	given      int            // position of name.givenName, below 0 if it is not held
	family     int            // position of name.familyName, too
	enterprise []int          // positions of what is in the enterprise extension
	layout     layout         // of a user's resource
	status     *statusModel   // nil if the mapping has no status
	many       bool           // may a user hold several roles
	precedence map[string]int // folded role name -> tier, 0 the most powerful
	others     int            // tier of a role that precedence does not name
}

// An attribute is one SCIM attribute and its field.
type attribute struct {
	name       string // as in the schema: "name.givenName"
	field      spec.Field
	part       spec.Part
	createOnly bool
}

// newModel compiles a checked document.
func newModel(doc *spec.Document) *model {
	m := &model{doc: doc, index: make(map[string]int), many: doc.ManyRoles()}
	for name, a := range doc.User.Attributes {
		m.attributes = append(m.attributes, attribute{
			name: spec.CanonicalAttribute(name), field: a.Field, part: a.Part, createOnly: a.Write == "create",
		})
	}
	sort.Slice(m.attributes, func(i, j int) bool { return m.attributes[i].name < m.attributes[j].name })
	for i, a := range m.attributes {
		m.index[a.name] = i
		if object, _ := spec.SplitAttribute(a.name); object == scim.URNEnterpriseUser {
			m.enterprise = append(m.enterprise, i)
		}
	}
	m.userName, m.given, m.family = m.index["userName"], m.at("name.givenName"), m.at("name.familyName")
	if doc.User.Status != nil {
		m.status = newStatusModel(doc.User.Status)
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
	m.layout = m.newLayout()
	return m
}

// fold makes text comparable without regard to letter case.
func fold(s string) string { return strings.ToLower(s) }

// holds reports whether the mapping has a field for the attribute.
func (m *model) holds(name string) bool {
	_, ok := m.index[name]
	return ok
}

// splitsName reports whether given and family name are parts of one field, so
// that only the two together can be compared with what Suger holds.
func (m *model) splitsName() bool {
	return slices.ContainsFunc(m.attributes, func(a attribute) bool { return a.part != spec.WholeField })
}

// statusValue is what the update operation writes into the status.
func (m *model) statusValue(active bool, now string) any {
	value := m.status.toInactive
	if active {
		value = m.status.toActive
	}
	if word, isText := value.(string); isText && spec.PlaceholderName(word) == spec.NowPlaceholder {
		return now
	}
	return value
}

// endOfAccess is the way in which a plan ends a user's access, or "" if it does
// not. A status can only be set on a user that has one.
func (m *model) endOfAccess(u *user, p *plan) spec.Strategy {
	if !p.deactivates() {
		return ""
	}
	ops := &m.doc.Operations
	for _, strategy := range m.doc.EndAccess {
		switch {
		case strategy == spec.BySetStatus && m.doc.WritesStatus() && m.status.toInactive != nil && !u.standing.missing():
			return strategy
		case strategy == spec.ByDeactivate && ops.DeactivateUser != nil:
			return strategy
		case strategy == spec.ByRemoval && ops.RemoveUser != nil:
			return strategy
		}
	}
	return ""
}
