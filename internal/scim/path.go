package scim

import "strings"

// A Path is the target of a PATCH operation (RFC 7644 §3.5.2): an attribute,
// a sub-attribute, or those of the elements that the filter selects.
type Path struct {
	AttrPath

	// Filter is the value filter of emails[type eq "work"], to be asked with
	// [Filter.MatchElement]; nil if there is none. Only a multi-valued
	// attribute has one. [AttrPath.Values] does not regard it.
	Filter *Filter
}

// ParsePath reads a PATCH path on resources of type rt, with the bounds of a
// filter. A path that meets an attribute this provider does not hold, be it in
// the value filter, is tolerated as a whole.
//
// The error is a *[Error] with [CodeInvalidPath] that names the place.
func ParsePath(text string, rt *ResourceType) (*Path, error) {
	p := filterParser{rt: rt, code: CodeInvalidPath, noun: "path", tolerant: true}
	if err := p.start(text); err != nil {
		return nil, err
	}
	path, err := p.parsePath()
	if err != nil {
		return nil, err
	}
	if p.token.kind != tokenEnd {
		return nil, p.fail(p.token, "the end of the path is expected here")
	}
	path.Tolerated = p.tolerated
	return path, nil
}

func (p *filterParser) parsePath() (*Path, error) {
	attribute, err := p.parseName()
	if err != nil {
		return nil, err
	}
	path := &Path{AttrPath: attribute}
	if !p.token.is("[") {
		return path, nil
	}
	if !attribute.leaf().MultiValued {
		return nil, p.fail(p.token, "%s has one value only, so brackets cannot follow it", attribute)
	}
	node, err := p.parseBrackets(attribute)
	if err != nil {
		return nil, err
	}
	path.Filter = &Filter{node}
	if !strings.HasPrefix(p.token.raw, ".") {
		return path, nil
	}
	sub, err := p.parseSub(attribute)
	path.Sub = sub.Attr
	return path, err
}

// String is the path in canonical spelling. Parsing it gives the same path.
func (p *Path) String() string {
	if p.Filter == nil {
		return p.AttrPath.String()
	}
	attribute := p.AttrPath
	attribute.Sub = nil
	text := attribute.String() + "[" + p.Filter.String() + "]"
	if p.Sub != nil {
		text += "." + p.Sub.Name
	}
	return text
}
