package scim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

type tokenKind int

const (
	tokenEnd    tokenKind = iota
	tokenWord             // an attribute path, operator, keyword, number, true, false or null
	tokenString           // a text in quotes
	tokenPunct            // one of ( ) [ ]
)

// A filterToken is a piece of a filter or path.
type filterToken struct {
	kind tokenKind
	pos  int    // byte offset of its beginning
	raw  string // as written
	text string // of a string: what it stands for
}

func (t filterToken) is(punct string) bool { return t.kind == tokenPunct && t.raw == punct }

// isWord says whether the token is the keyword, in any letter case.
func (t filterToken) isWord(keyword string) bool {
	return t.kind == tokenWord && strings.EqualFold(t.raw, keyword)
}

const (
	filterBlanks = " \t\r\n"
	filterPuncts = "()[]"
)

// scanToken reads the token at or after pos. A word is all up to the next
// blank, punctuation or quote, so that a message can show the whole of
// something that is out of place.
func scanToken(text string, pos int) (token filterToken, problem string) {
	rest := strings.TrimLeft(text[pos:], filterBlanks)
	token.pos = len(text) - len(rest)
	switch {
	case rest == "":
		return token, ""
	case strings.HasPrefix(rest, `"`):
		return scanString(token, rest)
	case strings.HasPrefix(rest, `\"`):
		return scanEscapedString(token, rest)
	case strings.ContainsRune(filterPuncts, rune(rest[0])):
		token.kind, token.raw = tokenPunct, rest[:1]
		return token, ""
	}
	token.kind, token.raw = tokenWord, rest
	if end := strings.IndexAny(rest, filterBlanks+filterPuncts+`"`); end >= 0 {
		token.raw = rest[:end]
	}
	return token, ""
}

// scanString reads a JSON string.
func scanString(token filterToken, rest string) (filterToken, string) {
	token.kind = tokenString
	escaped := false
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\':
			escaped = true
			i++
		case rest[i] == '"':
			token.raw, token.text = rest[:i+1], rest[1:i]
			if escaped && json.Unmarshal([]byte(token.raw), &token.text) != nil {
				return token, `the text holds a backslash that escapes nothing; write it twice (\\)`
			}
			return token, ""
		case rest[i] < ' ':
			token.raw = rest[:i]
			return token, `the text holds a control character; write it as \u and four digits`
		}
	}
	token.raw = rest
	return token, "the closing double quote is missing"
}

// scanEscapedString reads a text whose quotes kept the backslash of a JSON
// string around the filter, as clients that escape twice send it:
// emails[type eq \"work\"].
func scanEscapedString(token filterToken, rest string) (filterToken, string) {
	token.kind, token.raw = tokenString, rest
	text, _, closed := strings.Cut(rest[2:], `\"`)
	if !closed || strings.ContainsAny(text, `\"`) {
		return token, "a value begins and ends with a plain double quote"
	}
	token.raw, token.text = rest[:len(text)+4], text
	return token, ""
}

// A filterParser reads a filter or a PATCH path by recursive descent, one token
// ahead, and checks names and types as it goes.
type filterParser struct {
	rt     *ResourceType
	others []*ResourceType // may be named, too
	code   Code            // of its errors
	noun   string          // what it reads, for its errors

	text  string
	token filterToken // the one to look at next
	depth int
	terms int

	element   *AttrPath // inside brackets: the attribute before them
	tolerant  bool      // take tolerated attributes (a path), else refuse them (a filter)
	tolerated bool      // one was taken
}

// start checks the text as a whole and reads the first token.
func (p *filterParser) start(text string) error {
	switch {
	case len(text) > MaxFilterLength:
		return NewError(p.code, "The %s is longer than %d bytes.", p.noun, MaxFilterLength)
	case !utf8.ValidString(text):
		return NewError(p.code, "The %s is not valid UTF-8.", p.noun)
	case strings.Trim(text, filterBlanks) == "":
		return NewError(p.code, "The %s is empty.", p.noun)
	}
	p.text = text
	return p.next()
}

func (p *filterParser) next() error {
	token, problem := scanToken(p.text, p.token.pos+len(p.token.raw))
	if problem != "" {
		return p.fail(token, problem)
	}
	p.token = token
	return nil
}

// fail makes the error that names the place of a token. The problem is the end
// of a sentence.
func (p *filterParser) fail(at filterToken, problem string, args ...any) error {
	place := utf8.RuneCountInString(p.text[:at.pos]) + 1
	if len(args) > 0 {
		problem = fmt.Sprintf(problem, args...)
	}
	if at.kind == tokenEnd {
		return NewError(p.code, "The %s is wrong at its end, character %d: %s.", p.noun, place, problem)
	}
	return NewError(p.code, "The %s is wrong at character %d, %q: %s.", p.noun, place, Clip(at.raw, 60), problem)
}

func (p *filterParser) parseOr() (filterNode, error) {
	var alternatives anyOf
	for {
		node, err := p.parseAnd()
		if err != nil {
			return nil, err
		}
		if inner, ok := node.(anyOf); ok {
			alternatives = append(alternatives, inner...)
		} else {
			alternatives = append(alternatives, node)
		}
		if !p.token.isWord("or") {
			break
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if len(alternatives) == 1 {
		return alternatives[0], nil
	}
	return alternatives, nil
}

func (p *filterParser) parseAnd() (filterNode, error) {
	var conditions allOf
	for {
		node, err := p.parseTerm()
		if err != nil {
			return nil, err
		}
		if inner, ok := node.(allOf); ok {
			conditions = append(conditions, inner...)
		} else {
			conditions = append(conditions, node)
		}
		if !p.token.isWord("and") {
			break
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
	if len(conditions) == 1 {
		return conditions[0], nil
	}
	return conditions, nil
}

func (p *filterParser) parseTerm() (filterNode, error) {
	if p.token.isWord("not") {
		if err := p.next(); err != nil {
			return nil, err
		}
		if !p.token.is("(") {
			return nil, p.fail(p.token, "\"not\" needs parentheses around what it negates")
		}
		node, err := p.parseGroup(")")
		return negation{node}, err
	}
	if p.token.is("(") {
		return p.parseGroup(")")
	}
	return p.parseCondition()
}

// parseGroup reads what stands between the bracket at hand and its partner.
func (p *filterParser) parseGroup(closing string) (filterNode, error) {
	opening := p.token
	if p.depth++; p.depth > MaxFilterDepth {
		return nil, p.fail(opening, "there are more than %d levels of parentheses", MaxFilterDepth)
	}
	if err := p.next(); err != nil {
		return nil, err
	}
	node, err := p.parseOr()
	if err != nil {
		return nil, err
	}
	if !p.token.is(closing) {
		return nil, p.fail(p.token, "\"and\", \"or\" or %q is expected here", closing)
	}
	p.depth--
	return node, p.next()
}

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
	if !ok && p.tolerant && attributeName.MatchString(name.raw[1:]) {
		path, ok = unknownPath(name.raw[1:]), true
	}
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
	if !ok && p.tolerant && (p.element == nil || p.element.unknown) && attributeName.MatchString(name.raw) {
		path, ok = unknownPath(name.raw), true
	}
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
	if path.unknown {
		return &comparison{path: path, op: op, value: value, test: func(any) bool { return false }}, nil
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
	return token.kind == tokenWord && strings.ContainsAny(token.raw[:1], "-0123456789") && json.Valid([]byte(token.raw))
}
