package scim

import (
	"regexp"
	"slices"
	"strings"
)

// An AttrPath names an attribute or a sub-attribute (RFC 7644 §3.4.2.2).
type AttrPath struct {
	URN  string     // the extension's URN; "" for the core schema and the common attributes
	Attr *Attribute // the attribute, or one for a whole extension
	Sub  *Attribute // nil if the path names the attribute itself

	Tolerated bool // this provider does not store it: writes are accepted and ignored
	unknown   bool // no schema has it
}

// Lookup finds an attribute by its name in any letter case: "userName", "name.givenName", or
// with its schema's URN and a colon in front, for which some clients write a dot. A bare name
// is one of the core schema or an alias, a common attribute, or a tolerated one. The URN of an
// extension finds a complex attribute for all of it (see [AttrPath.WholeExtension]).
func (rt *ResourceType) Lookup(name string) (AttrPath, bool) {
	for _, space := range rt.namespaces() {
		if space.urn != "" && strings.EqualFold(name, space.ID) {
			return AttrPath{URN: space.ID, Attr: space.asAttribute(), Tolerated: space.tolerated}, true
		}
		local, qualified := cutURN(name, space.ID)
		if !qualified && space.urn != "" && !space.tolerated {
			continue
		}
		attrName, subName, dotted := strings.Cut(local, ".")
		path := AttrPath{URN: space.urn, Attr: attributeNamed(space.Attributes, attrName)}
		if path.Attr == nil {
			continue
		}
		if dotted {
			path.Sub = attributeNamed(path.Attr.SubAttributes, subName)
			if path.Sub == nil && strings.EqualFold(subName, "displayName") { // RFC 7644 §3.5.2 itself writes members[...].displayName
				path.Sub = attributeNamed(path.Attr.SubAttributes, "display")
			}
			if path.Sub == nil {
				continue
			}
		}
		isSecret := path.Attr.Returned == Never || path.leaf().Returned == Never // a password is never kept
		isLacking := path.Sub != nil && path.Attr.Name == "meta" && slices.Contains(rt.Lacks, path.Sub.Name)
		path.Tolerated = space.tolerated || path.Attr == externalID || isSecret || isLacking
		return path, true
	}
	return AttrPath{}, false
}

// A namespace is a schema among whose attributes a name is looked for.
type namespace struct {
	*Schema
	urn       string // of the extension; "" for top-level attributes
	tolerated bool
}

// namespaces returns all schemas of the type, in the order of preference.
func (rt *ResourceType) namespaces() []namespace {
	spaces := make([]namespace, 0, 8)
	for _, schema := range append(rt.core(), &Schema{ID: rt.Schema.ID, Attributes: CommonAttributes}) {
		spaces = append(spaces, namespace{Schema: schema})
	}
	for _, schema := range rt.Extensions {
		spaces = append(spaces, namespace{schema, schema.ID, false})
	}
	for _, schema := range rt.Tolerated {
		space := namespace{schema, schema.ID, true}
		if schema.ID == rt.Schema.ID {
			space.urn = ""
		}
		spaces = append(spaces, space)
	}
	return spaces
}

// core lists the schemas whose attributes are top-level ones.
func (rt *ResourceType) core() []*Schema {
	return append([]*Schema{rt.Schema}, rt.Aliases...)
}

// hasSchema reports whether resources may list the schema.
func (rt *ResourceType) hasSchema(urn string) bool {
	return slices.ContainsFunc(rt.namespaces(), func(space namespace) bool {
		return strings.EqualFold(urn, space.ID) && (!space.tolerated || !rt.strict)
	})
}

func (s *Schema) asAttribute() *Attribute {
	return &Attribute{Name: s.ID, Type: Complex, SubAttributes: s.Attributes}
}

func attributeNamed(attributes []*Attribute, name string) *Attribute {
	i := slices.IndexFunc(attributes, func(a *Attribute) bool { return strings.EqualFold(a.Name, name) })
	if i < 0 {
		return nil
	}
	return attributes[i]
}

// cutURN removes the schema's URN and the colon or dot after it from the front of name.
func cutURN(name, urn string) (local string, found bool) {
	if len(name) > len(urn) && strings.IndexByte(":.", name[len(urn)]) >= 0 && strings.EqualFold(name[:len(urn)], urn) {
		return name[len(urn)+1:], true
	}
	return name, false
}

// attributeName matches what can be the path of an attribute (RFC 7644 §3.4.2.2).
var attributeName = regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*:[^\s"]*[:.])?[A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)*$`)

// Sortable reports whether resources can be sorted by the path: it is stored, and the same for
// every client.
func (p AttrPath) Sortable() bool {
	return !p.Tolerated && !p.leaf().Located
}

// WholeExtension reports whether the path is the bare URN of an extension.
func (p AttrPath) WholeExtension() bool {
	return p.URN != "" && p.Attr.Name == p.URN
}

// String returns the path in the schema's spelling, of an extension with its URN.
func (p AttrPath) String() string {
	name := p.Attr.Name
	if p.URN != "" && !p.WholeExtension() {
		name = p.URN + ":" + name
	}
	if p.Sub != nil {
		name += "." + p.Sub.Name
	}
	return name
}

// in returns the value of the attribute (not of its sub-attribute) in an object.
func (p AttrPath) in(object map[string]any) any {
	if p.URN != "" && !p.WholeExtension() {
		object, _ = object[p.URN].(map[string]any)
	}
	return object[p.Attr.Name]
}

// A Path is the target of a PATCH operation (RFC 7644 §3.5.2).
type Path struct {
	AttrPath
	Filter *Filter // of a multi-valued attribute, as in emails[type eq "work"]; or nil
}

// ParsePath parses a PATCH path. One with an attribute that this provider does not store, even
// in the value filter, is tolerated as a whole, and so is one that names nothing known. But the
// filter on a stored attribute must name its sub-attributes: it would select nothing, unnoticed.
// The error names the place.
func ParsePath(text string, rt *ResourceType) (*Path, error) {
	p := filterParser{rt: rt, code: CodeInvalidPath, noun: "path", tolerant: true}
	path := &Path{}
	err := p.parse(text, func() {
		attribute := p.parseName("")
		path.AttrPath = attribute
		if !p.token.is("[") {
			return
		}
		if !attribute.leaf().MultiValued {
			p.fail(p.token, "%s has one value only, so brackets cannot follow it", attribute)
		}
		path.Filter = &Filter{filterNode: p.parseBrackets(attribute), comparisons: p.terms}
		if strings.HasPrefix(p.token.raw, ".") {
			path.AttrPath = p.parseName(attribute.String())
		}
	}, "the end of the path")
	if err != nil {
		return nil, err
	}
	path.Tolerated = p.tolerated
	return path, nil
}
