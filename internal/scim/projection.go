package scim

import (
	"slices"
	"strings"
)

// A Projection says which attributes an answer carries (RFC 7644 §3.9 and
// §3.4.2.5): the query parameters attributes and excludedAttributes together
// with the "returned" characteristic of each attribute. A nil *Projection is
// the answer as it is. It never changes, so that goroutines can share it.
type Projection struct {
	attributes []*Attribute // of the resource, each extension as one
	asking     bool         // the parameter attributes was given
	named      selection    // what either parameter names
	all        bool         // nothing is ever left out
}

// A selection is a tree of names: extensions, attributes and sub-attributes.
type selection struct {
	whole bool // the name itself stood in the list, not only parts of it
	parts map[string]*selection
}

// ParseProjection reads the two query parameters, lists of attribute paths with
// commas between. Names that the resource type does not have are ignored, as
// clients send them to every provider.
//
// The error is a *[Error] with [CodeInvalidValue]: only one of the two may be
// given (RFC 7644 §3.9).
func ParseProjection(rt *ResourceType, attributes, excluded string) (*Projection, error) {
	attributes, excluded = strings.TrimSpace(attributes), strings.TrimSpace(excluded)
	if attributes != "" && excluded != "" {
		return nil, NewError(CodeInvalidValue, "Only one of attributes and excludedAttributes can be given.")
	}
	p := &Projection{attributes: rt.attributes(), asking: attributes != ""}
	for name := range strings.SplitSeq(attributes+excluded, ",") {
		if name = strings.TrimSpace(name); name != "" {
			p.name(rt, name)
		}
	}
	p.all = !p.asking && len(p.named.parts) == 0 && !returnsSelectively(p.attributes)
	return p, nil
}

// attributes lists all attributes of a resource, each extension as one.
func (rt *ResourceType) attributes() []*Attribute {
	all := CommonAttributes
	for _, schema := range rt.core() {
		all = slices.Concat(all, schema.Attributes)
	}
	for _, extension := range rt.Extensions {
		all = append(all, extension.asAttribute())
	}
	return all
}

// name adds the attribute, or all those of the core schema, to what is named.
func (p *Projection) name(rt *ResourceType, name string) {
	for _, schema := range rt.core() {
		if strings.EqualFold(name, schema.ID) {
			for _, attr := range schema.Attributes {
				p.named.at(attr.Name).whole = true
			}
			return
		}
	}
	path, ok := rt.Lookup(name)
	if !ok {
		return
	}
	node := &p.named
	if path.URN != "" {
		node = node.at(path.URN)
	}
	if !path.WholeExtension() {
		node = node.at(path.Attr.Name)
	}
	if path.Sub != nil {
		node = node.at(path.Sub.Name)
	}
	node.whole = true
}

// at finds or makes the part with the name.
func (s *selection) at(name string) *selection {
	part := s.parts[name]
	if part == nil {
		if s.parts == nil {
			s.parts = map[string]*selection{}
		}
		part = &selection{}
		s.parts[name] = part
	}
	return part
}

// part is the part with the name, or nil.
func (s *selection) part(name string) *selection {
	if s == nil {
		return nil
	}
	return s.parts[name]
}

// returnsSelectively reports whether some attribute is not returned by default.
func returnsSelectively(attributes []*Attribute) bool {
	for _, attr := range attributes {
		if attr.Returned == Never || attr.Returned == OnRequest || returnsSelectively(attr.SubAttributes) {
			return true
		}
	}
	return false
}

// Includes reports whether the answer can carry the top-level attribute, or the
// extension if attr is a URN, so that it need not be fetched for nothing.
func (p *Projection) Includes(attr string) bool {
	if p == nil {
		return true
	}
	found := attributeNamed(p.attributes, attr)
	return found != nil && p.keeps(found, p.named.part(attr), !p.asking)
}

// KeepsAll reports whether nothing is left out.
func (p *Projection) KeepsAll() bool { return p == nil || p.all }

// Apply returns the resource with the attributes that the answer carries; id
// and schemas are always among them. The resource itself does not change.
func (p *Projection) Apply(r Resource) Resource {
	if p.KeepsAll() {
		return r
	}
	result := Resource{}
	p.object(result, p.attributes, r, &p.named, !p.asking)
	return result
}

// object copies the attributes that are returned. whole says that all that is
// returned by default is wanted of the object, not only parts of it.
func (p *Projection) object(result map[string]any, attributes []*Attribute, object map[string]any, named *selection, whole bool) {
	for _, attr := range attributes {
		value, ok := object[attr.Name]
		part := named.part(attr.Name)
		if !ok || !p.keeps(attr, part, whole) {
			continue
		}
		if projected := p.value(attr, value, part); projected != nil {
			result[attr.Name] = projected
		}
	}
}

// keeps reports whether an attribute is returned (RFC 7643 §7, "returned").
func (p *Projection) keeps(attr *Attribute, part *selection, whole bool) bool {
	switch attr.Returned {
	case Never:
		return false
	case Always:
		return true
	case OnRequest:
		return p.asking && part != nil
	}
	if p.asking {
		return whole || part != nil
	}
	return whole && (part == nil || !part.whole)
}

// value is what is returned of a value, or nil for nothing.
func (p *Projection) value(attr *Attribute, value any, part *selection) any {
	switch value := value.(type) {
	case map[string]any:
		projected := make(map[string]any, len(value))
		p.object(projected, attr.SubAttributes, value, part, !p.asking || part == nil || part.whole)
		if len(projected) == 0 {
			return nil
		}
		return projected
	case []any:
		projected := make([]any, 0, len(value))
		for _, element := range value {
			if kept := p.value(attr, element, part); kept != nil {
				projected = append(projected, kept)
			}
		}
		return projected
	}
	return value
}
