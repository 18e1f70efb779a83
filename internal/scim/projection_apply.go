package scim

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
	p.object(result, p.rt.Schema.Attributes, r, &p.named, !p.asking)
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
