package scim

import (
	"cmp"
	"slices"
	"strings"
)

// A Projection selects the attributes of an answer (RFC 7644 §3.4.2.5 and §3.9) by the
// parameters attributes and excludedAttributes and the returned characteristic. nil selects all.
type Projection struct {
	attributes []*Attribute        // of the resource, each extension as one
	asking     bool                // the parameter is attributes, not excludedAttributes
	named      map[*Attribute]bool // what the parameter names and, with false, what that is a part of
	all        bool                // nothing is left out
}

// ParseProjection reads the two parameters, of which only one may be given (RFC 7644 §3.9).
// Unknown names are ignored, as clients send them to every provider.
func ParseProjection(rt *ResourceType, attributes, excluded string) (*Projection, error) {
	attributes, excluded = strings.TrimSpace(attributes), strings.TrimSpace(excluded)
	if attributes != "" && excluded != "" {
		return nil, NewError(CodeInvalidValue, "Only one of attributes and excludedAttributes can be given.")
	}
	p := &Projection{asking: attributes != "", named: map[*Attribute]bool{}}
	for _, space := range rt.namespaces() {
		switch {
		case space.tolerated:
		case space.urn != "":
			p.attributes = append(p.attributes, space.asAttribute())
		default:
			p.attributes = append(p.attributes, space.Attributes...)
		}
	}
	for name := range strings.SplitSeq(attributes+excluded, ",") {
		p.name(rt, strings.TrimSpace(name))
	}
	p.all = !p.asking && len(p.named) == 0 && !slices.ContainsFunc(p.attributes, (*Attribute).hides)
	return p, nil
}

// hides reports whether a part of the attribute is not returned by default.
func (a *Attribute) hides() bool {
	return a.Returned == Never || a.Returned == OnRequest || slices.ContainsFunc(a.SubAttributes, (*Attribute).hides)
}

// name adds the attribute to what is named.
func (p *Projection) name(rt *ResourceType, name string) {
	path, ok := rt.Lookup(name)
	if !ok {
		return
	}
	top, exactly := attributeNamed(p.attributes, cmp.Or(path.URN, path.Attr.Name)), path.leaf()
	if path.WholeExtension() {
		exactly = top
	}
	for _, attr := range []*Attribute{top, path.Attr, path.Sub} {
		if attr != nil {
			p.named[attr] = p.named[attr] || attr == exactly
		}
	}
}

// keeps reports whether the attribute is returned (RFC 7643 §7), and whether all of it, not
// only named parts. whole says the same of what the attribute is a part of.
func (p *Projection) keeps(attr *Attribute, whole bool) (keep, all bool) {
	wanted, named := p.named[attr]
	switch {
	case attr.Returned == Always:
		keep = true
	case attr.Returned == Never:
	case attr.Returned == OnRequest:
		keep = p.asking && named
	case p.asking:
		keep = whole || named
	default:
		keep = !wanted
	}
	return keep, !p.asking || !named || wanted
}

// Includes reports whether the answer can carry the top-level attribute, or extension by
// its URN, so that the caller can skip fetching it.
func (p *Projection) Includes(attr string) bool {
	return p == nil || slices.ContainsFunc(p.attributes, func(a *Attribute) bool {
		keep, _ := p.keeps(a, !p.asking)
		return keep && strings.EqualFold(a.Name, attr)
	})
}

// Apply returns a resource with the attributes that the answer carries.
func (p *Projection) Apply(r Resource) Resource {
	if p == nil || p.all {
		return r
	}
	return p.object(r, p.attributes, !p.asking)
}

func (p *Projection) object(object map[string]any, attributes []*Attribute, whole bool) map[string]any {
	result := make(map[string]any, len(object))
	for _, attr := range attributes {
		if keep, all := p.keeps(attr, whole); keep {
			if value := p.value(object[attr.Name], attr.SubAttributes, all); value != nil {
				result[attr.Name] = value
			}
		}
	}
	return result
}

// value returns what is returned of a value, or nil for nothing.
func (p *Projection) value(value any, attributes []*Attribute, whole bool) any {
	switch value := value.(type) {
	case map[string]any:
		if value = p.object(value, attributes, whole); len(value) == 0 {
			return nil
		}
		return value
	case []any:
		projected := make([]any, 0, len(value))
		for _, element := range value {
			if kept := p.value(element, attributes, whole); kept != nil {
				projected = append(projected, kept)
			}
		}
		return projected
	}
	return value
}
