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
	returned []returnedPart // attributes of the resource, each extension as one
	all      bool           // nothing is left out
}

// A returnedPart is an attribute that is returned, with its sub-attributes that are.
type returnedPart struct {
	name  string
	parts []returnedPart
}

// A selection is what one of the two parameters names: the path of each name, as in
// "/name/givenName", and with false those above it.
type selection struct {
	asking bool // the parameter is attributes, not excludedAttributes
	named  map[string]bool
	all    bool // nothing was left out so far
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
	s := selection{asking: attributes != "", named: map[string]bool{}, all: true}
	for name := range strings.SplitSeq(attributes+excluded, ",") {
		if name = strings.TrimSpace(name); name != "" {
			s.name(rt, name)
		}
	}
	returned := s.returned(rt.attributes(), "", !s.asking)
	return &Projection{returned: returned, all: s.all}, nil
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
func (s *selection) name(rt *ResourceType, name string) {
	for _, schema := range rt.core() {
		if strings.EqualFold(name, schema.ID) {
			for _, attr := range schema.Attributes {
				s.add(attr.Name)
			}
			return
		}
	}
	path, ok := rt.Lookup(name)
	if !ok {
		return
	}
	names := []string{path.Attr.Name}
	if path.URN != "" && !path.WholeExtension() {
		names = []string{path.URN, path.Attr.Name}
	}
	if path.Sub != nil {
		names = append(names, path.Sub.Name)
	}
	s.add(names...)
}

func (s *selection) add(names ...string) {
	path := ""
	for i, name := range names {
		path += "/" + name
		s.named[path] = s.named[path] || i == len(names)-1
	}
}

// returned lists the attributes that are returned of the object at a path (RFC 7643
// §7, "returned"). whole says that all that is returned by default is wanted of
// the object, not only parts of it.
func (s *selection) returned(attributes []*Attribute, path string, whole bool) (kept []returnedPart) {
	if len(attributes) == 0 {
		return nil
	}
	kept = make([]returnedPart, 0, len(attributes))
	for _, attr := range attributes {
		inner := path
		if len(s.named) > 0 { // else nothing is looked up
			inner += "/" + attr.Name
		}
		wanted, named := s.named[inner]
		keep := true
		switch {
		case attr.Returned == Always:
		case attr.Returned == Never:
			keep = false
		case attr.Returned == OnRequest:
			keep = s.asking && named
		case s.asking:
			keep = whole || named
		default:
			keep = !wanted
		}
		if keep {
			parts := s.returned(attr.SubAttributes, inner, !s.asking || !named || wanted)
			kept = append(kept, returnedPart{attr.Name, parts})
		}
		s.all = s.all && keep
	}
	return kept
}

// Includes reports whether the answer can carry the top-level attribute, or the
// extension if attr is a URN, so that the caller can skip fetching it.
func (p *Projection) Includes(attr string) bool {
	return p == nil || slices.ContainsFunc(p.returned, func(part returnedPart) bool { return strings.EqualFold(part.name, attr) })
}

// KeepsAll reports whether nothing is left out.
func (p *Projection) KeepsAll() bool { return p == nil || p.all }

// Apply returns the resource with the attributes that the answer carries; id
// and schemas are always among them. The resource itself does not change.
func (p *Projection) Apply(r Resource) Resource {
	if p.KeepsAll() {
		return r
	}
	return projectObject(r, p.returned)
}

func projectObject(object map[string]any, parts []returnedPart) map[string]any {
	result := make(map[string]any, len(parts))
	for _, part := range parts {
		if value := project(object[part.name], part.parts); value != nil {
			result[part.name] = value
		}
	}
	return result
}

// project is what is returned of a value, or nil for nothing.
func project(value any, parts []returnedPart) any {
	switch value := value.(type) {
	case map[string]any:
		if projected := projectObject(value, parts); len(projected) > 0 {
			return projected
		}
		return nil
	case []any:
		projected := make([]any, 0, len(value))
		for _, element := range value {
			if kept := project(element, parts); kept != nil {
				projected = append(projected, kept)
			}
		}
		return projected
	}
	return value
}
