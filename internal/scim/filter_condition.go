package scim

import (
	"encoding/json"
	"strconv"
	"strings"
)

// parseCondition reads "path op value" or "path[filter]".
func (p *filterParser) parseCondition() (filterNode, error) {
	name := p.token
	path, err := p.parseName()
	if err != nil {
		return nil, err
	}
	if !p.token.is("[") {
		return p.parseComparison(path, name)
	}
	match := &elementMatch{path: path}
	if match.filter, err = p.parseBrackets(path); err != nil {
		return nil, err
	}
	sub := p.token
	if !strings.HasPrefix(sub.raw, ".") {
		return match, nil
	}
	subPath, err := p.parseSub(path)
	if err != nil {
		return nil, err
	}
	match.comparison, err = p.parseComparison(subPath, sub)
	return match, err
}

// parseBrackets reads the value filter on the elements of an attribute.
func (p *filterParser) parseBrackets(path AttrPath) (filterNode, error) {
	if p.element != nil {
		return nil, p.fail(p.token, "brackets cannot stand inside brackets")
	}
	if path.leaf().Type != Complex {
		return nil, p.fail(p.token, "%s has no sub-attributes, so brackets cannot follow it", path)
	}
	p.element = &path
	node, err := p.parseGroup("]")
	p.element = nil
	return node, err
}

// parseSub reads the ".sub" after brackets. The path that it returns starts at
// an element of the parent.
func (p *filterParser) parseSub(parent AttrPath) (AttrPath, error) {
	name := p.token
	p.element = &parent
	path, ok := p.lookup(name.raw[1:])
	err := p.checkName(name, path, ok)
	p.element = nil
	if err != nil {
		return AttrPath{}, err
	}
	return path, p.next()
}

// parseName reads an attribute path.
func (p *filterParser) parseName() (AttrPath, error) {
	name := p.token
	if name.kind != tokenWord {
		return AttrPath{}, p.fail(name, "the name of an attribute is expected here")
	}
	path, ok := p.lookup(name.raw)
	if err := p.checkName(name, path, ok); err != nil {
		return AttrPath{}, err
	}
	return path, p.next()
}

// lookup finds an attribute of the resource or, inside brackets, of the element.
func (p *filterParser) lookup(name string) (AttrPath, bool) {
	switch {
	case p.element == nil:
		return p.lookupAmong(name)
	case p.element.WholeExtension():
		path, ok := p.lookupAmong(p.element.URN + ":" + name)
		path.URN = ""
		return path, ok
	default:
		path, ok := p.lookupAmong(p.element.String() + "." + name)
		return AttrPath{Attr: path.Sub, Tolerated: path.Tolerated}, ok
	}
}

// lookupAmong finds an attribute that the type has or, failing that, one of the
// others. The URN of the other's schema keeps that apart: no resource of the
// type has a value under it.
func (p *filterParser) lookupAmong(name string) (AttrPath, bool) {
	path, ok := p.rt.Lookup(name)
	if ok && !path.Tolerated {
		return path, true
	}
	for _, other := range p.others {
		foreign, found := other.Lookup(name)
		if !found || foreign.Tolerated {
			continue
		}
		if foreign.URN == "" {
			foreign.URN = other.Schema.ID
		}
		return foreign, true
	}
	return path, ok
}

// checkName refuses an attribute that does not exist and, in a filter, one that
// is not held: no resource would match, which would be a lie.
func (p *filterParser) checkName(name filterToken, path AttrPath, found bool) error {
	switch {
	case !found && p.element != nil:
		return p.fail(name, "%s has no such sub-attribute", p.element)
	case !found && len(p.others) > 0:
		return p.fail(name, "no resource has such an attribute")
	case !found:
		return p.fail(name, "%s has no such attribute", p.rt.Name)
	case path.Tolerated && !p.tolerant:
		return p.fail(name, "this service does not keep the attribute, so filter on %s instead", p.rt.identifier())
	}
	p.tolerated = p.tolerated || path.Tolerated
	return nil
}

// identifier is the attribute by which clients best look a resource up.
func (rt *ResourceType) identifier() string {
	for _, attribute := range rt.Schema.Attributes {
		unique := attribute.Uniqueness == UniqueServer || attribute.Uniqueness == UniqueGlobal
		if attribute.Type == String && (attribute.Required || unique) {
			return attribute.Name
		}
	}
	return "id"
}

// parseComparison reads the operator and the value after a path.
func (p *filterParser) parseComparison(path AttrPath, name filterToken) (*comparison, error) {
	if p.terms++; p.terms > MaxFilterTerms {
		return nil, p.fail(name, "there are more than %d comparisons", MaxFilterTerms)
	}
	if path.leaf().Located {
		return nil, p.fail(name, "this URL depends on how the service is reached, so compare the identifier instead (id or value)")
	}
	at := p.token
	op, err := p.parseOperator()
	if err != nil {
		return nil, err
	}
	var value any
	if op != opPresent {
		if value, err = p.parseValue(); err != nil {
			return nil, err
		}
	}
	c, problem := newComparison(path, op, value)
	if problem != "" {
		return nil, p.fail(at, problem)
	}
	return c, nil
}

func (p *filterParser) parseOperator() (operator, error) {
	op := operator(strings.ToLower(p.token.raw))
	switch {
	case p.token.kind != tokenWord:
	case op == opPresent, hasOperator(String, op):
		return op, p.next()
	}
	return "", p.fail(p.token, "an operator is expected here (eq, ne, co, sw, ew, pr, gt, ge, lt or le)")
}

// parseValue reads a JSON string, number, true, false or null.
func (p *filterParser) parseValue() (any, error) {
	token := p.token
	var value any
	switch {
	case token.kind == tokenString:
		value = token.text
	case token.isWord("null"):
	case token.isWord("true"), token.isWord("false"):
		value = token.isWord("true")
	case isNumber(token):
		number, err := strconv.ParseFloat(token.raw, 64)
		if err != nil {
			return nil, p.fail(token, "the number is too large")
		}
		value = number
	default:
		return nil, p.fail(token, "a value is expected here: a text in double quotes, a number, true, false or null")
	}
	return value, p.next()
}

func isNumber(token filterToken) bool {
	return token.kind == tokenWord && strings.Contains("-0123456789", token.raw[:1]) && json.Valid([]byte(token.raw))
}
