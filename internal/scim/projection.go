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
	rt     *ResourceType
	asking bool      // attributes was given
	named  selection // what either parameter names
	all    bool      // nothing is ever left out
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
	p := &Projection{rt: rt, asking: attributes != ""}
	for name := range strings.SplitSeq(attributes+excluded, ",") {
		if name = strings.TrimSpace(name); name != "" {
			p.add(name)
		}
	}
	p.all = !p.asking && len(p.named.parts) == 0 && !rt.returnsSelectively()
	return p, nil
}

func (p *Projection) add(name string) {
	for _, schema := range p.rt.core() {
		if !strings.EqualFold(name, schema.ID) {
			continue
		}
		for _, attr := range schema.Attributes {
			p.named.at(attr.Name).whole = true
		}
		return
	}
	path, ok := p.rt.Lookup(name)
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
func (rt *ResourceType) returnsSelectively() bool {
	return slices.ContainsFunc(slices.Concat(rt.core(), rt.Extensions), func(schema *Schema) bool {
		return returnsSelectively(schema.Attributes)
	})
}

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
	part := p.named.part(attr)
	for _, schema := range append(p.rt.core(), &Schema{Attributes: CommonAttributes}) {
		if found := attributeNamed(schema.Attributes, attr); found != nil {
			return p.keeps(found, part, !p.asking)
		}
	}
	if p.asking {
		return part != nil
	}
	return part == nil || !part.whole
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
	p.object(result, CommonAttributes, r, &p.named, !p.asking)
	for _, schema := range p.rt.core() {
		p.object(result, schema.Attributes, r, &p.named, !p.asking)
	}
	for _, extension := range p.rt.Extensions {
		object, ok := r[extension.ID].(map[string]any)
		if !ok {
			continue
		}
		part := p.named.part(extension.ID)
		projected := map[string]any{}
		p.object(projected, extension.Attributes, object, part, p.takesWhole(part))
		if len(projected) > 0 {
			result[extension.ID] = projected
		}
	}
	return result
}

// takesWhole reports whether an extension is taken with all that is returned by
// default.
func (p *Projection) takesWhole(part *selection) bool {
	named := part != nil && part.whole
	return named == p.asking
}

// object copies the attributes that are returned. whole says that the object is
// taken with all that is returned by default, not for parts of it.
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
	if attr.Type != Complex {
		return value
	}
	whole := !p.asking || part == nil || part.whole
	elements, multi := value.([]any)
	if !multi {
		return p.element(attr, value, part, whole)
	}
	projected := make([]any, 0, len(elements))
	for _, element := range elements {
		if kept := p.element(attr, element, part, whole); kept != nil {
			projected = append(projected, kept)
		}
	}
	return projected
}

func (p *Projection) element(attr *Attribute, value any, part *selection, whole bool) any {
	object, ok := value.(map[string]any)
	if !ok {
		return value
	}
	projected := make(map[string]any, len(object))
	p.object(projected, attr.SubAttributes, object, part, whole)
	if len(projected) == 0 {
		return nil
	}
	return projected
}
