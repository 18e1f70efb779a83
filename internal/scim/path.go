package scim

import (
	"regexp"
	"slices"
	"strings"
)

// An AttrPath names an attribute, or a sub-attribute, of a resource type
// (the attrPath of RFC 7644 §3.4.2.2). [ResourceType.Lookup] makes it.
type AttrPath struct {
	URN  string     // the extension's URN; "" for the core schema and the common attributes
	Attr *Attribute // the attribute, or one for a whole extension
	Sub  *Attribute // nil if the path names the attribute itself

	// Tolerated means that this provider does not store the attribute, whether
	// standard or unknown: writes to it are accepted and ignored.
	Tolerated bool

	unknown bool // no schema has it
}

// Lookup finds an attribute by its name in any letter case: "userName", "name.givenName",
// or with the URN of its schema in front and a colon between, for which some clients write
// a dot. A bare name is looked for in the core schema and its aliases, then among the
// common attributes, then in the tolerated schemas. The bare URN of an extension finds a
// complex attribute for all of it (see [AttrPath.WholeExtension]).
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
	for _, schema := range rt.core() {
		spaces = append(spaces, namespace{Schema: schema})
	}
	spaces = append(spaces, namespace{Schema: &Schema{ID: rt.Schema.ID, Attributes: CommonAttributes}})
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

// hasSchema reports whether resources of the type may list the schema.
func (rt *ResourceType) hasSchema(urn string) bool {
	return slices.ContainsFunc(rt.namespaces(), func(space namespace) bool {
		return strings.EqualFold(urn, space.ID) && (!space.tolerated || !rt.strict)
	})
}

func (s *Schema) asAttribute() *Attribute {
	return &Attribute{Name: s.ID, Type: Complex, SubAttributes: s.Attributes}
}

func attributeNamed(attributes []*Attribute, name string) *Attribute {
	for _, attribute := range attributes {
		if strings.EqualFold(attribute.Name, name) {
			return attribute
		}
	}
	return nil
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

// Sortable reports whether resources can be ordered by what the path names: the
// provider holds it, and it is the same for every client.
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

// A Path is the target of a PATCH operation (RFC 7644 §3.5.2): an attribute,
// a sub-attribute, or those of the elements that the filter selects.
type Path struct {
	AttrPath

	// Filter is the value filter of emails[type eq "work"], or nil. Only a multi-valued
	// attribute has one.
	Filter *Filter
}

// ParsePath parses a PATCH path on resources of type rt, with the bounds of a
// filter. A path with an attribute that this provider does not hold, even in the
// value filter, is tolerated as a whole, and so is one that names nothing known.
// But a value filter on an attribute that is held must name its sub-attributes:
// otherwise it would select nothing, unnoticed.
//
// The error is a *[Error] with [CodeInvalidPath] that names the place.
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
		filter := p.parseBrackets(attribute)
		path.Filter = &Filter{filterNode: filter, comparisons: p.terms}
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
