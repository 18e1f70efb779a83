package scim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A filterToken is a piece of a filter or path, as written: a text in quotes, one of ( ) [ ],
// or a word; "" at the end.
type filterToken struct {
	pos int // byte offset of its beginning
	raw string
}

// filterTokens finds the tokens. Clients that escape twice send emails[type eq \"work\"].
var filterTokens = regexp.MustCompile(`(?s)"(?:[^"\\]|\\.)*"?|\\"[^"\\]*\\"|[()\[\]]|[^ \t\r\n()\[\]"]+`)

// is reports whether the token is the punctuation or keyword, in any letter case.
func (t filterToken) is(word string) bool { return strings.EqualFold(t.raw, word) }

// A filterParser reads a filter or a PATCH path by recursive descent, and checks names and types
// as it goes. Its methods panic with an *Error, which parse returns.
type filterParser struct {
	rt       *ResourceType
	others   []*ResourceType // whose attributes can be named, too
	code     Code            // of its errors
	noun     string          // what it reads, for its errors
	tolerant bool            // accept unknown and tolerated attributes (a path), else refuse them (a filter)

	text   string
	tokens [][]int     // offsets of those that are left
	token  filterToken // the one to look at next
	depth  int
	terms  int

	element   *AttrPath // inside brackets: the attribute before them
	named     []string  // outside brackets: top-level attributes and URNs of extensions
	tolerated bool      // a tolerated attribute was named
}

// parse reads all of the text. expected is what can follow what was read.
func (p *filterParser) parse(text string, read func(), expected string) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = problem.(*Error) // else it is a defect, and goes on as a panic
		}
	}()
	if len(text) > MaxFilterLength || !utf8.ValidString(text) {
		return NewError(p.code, "The %s is longer than %d bytes or not valid UTF-8.", p.noun, MaxFilterLength)
	}
	p.text, p.tokens = text, filterTokens.FindAllStringIndex(text, -1)
	p.next()
	read()
	if p.token.raw != "" {
		p.fail(p.token, "%s is expected here", expected)
	}
	return nil
}

func (p *filterParser) next() {
	p.token = filterToken{pos: len(p.text)}
	if len(p.tokens) > 0 {
		begin, end := p.tokens[0][0], p.tokens[0][1]
		p.token, p.tokens = filterToken{begin, p.text[begin:end]}, p.tokens[1:]
	}
}

// fail panics with the error that names the place of a token. problem is the end of a sentence.
func (p *filterParser) fail(at filterToken, problem string, args ...any) {
	place := fmt.Sprintf("character %d", utf8.RuneCountInString(p.text[:at.pos])+1)
	if at.raw != "" {
		place += fmt.Sprintf(", %q", Clip(at.raw, 60))
	}
	panic(NewError(p.code, "The %s is wrong at %s: %s.", p.noun, place, fmt.Sprintf(problem, args...)))
}

func (p *filterParser) parseOr() filterNode {
	return p.parseChain("or", func() filterNode { return p.parseChain("and", p.parseTerm) })
}

func (p *filterParser) parseChain(word string, parsePart func() filterNode) filterNode {
	nodes := []filterNode{parsePart()}
	for p.token.is(word) {
		p.next()
		nodes = append(nodes, parsePart())
	}
	return join(nodes, word == "or")
}

func (p *filterParser) parseTerm() filterNode {
	switch {
	case p.token.is("("):
		return p.parseGroup(")")
	case !p.token.is("not"):
		return p.parseCondition()
	}
	p.next()
	if !p.token.is("(") {
		p.fail(p.token, `"not" needs parentheses around what it negates`)
	}
	node := p.parseGroup(")")
	return filterNode{match: func(object map[string]any) bool { return !node.match(object) }}
}

// parseGroup reads what is between a bracket and its partner.
func (p *filterParser) parseGroup(closing string) filterNode {
	if p.depth++; p.depth > MaxFilterDepth {
		p.fail(p.token, "there are more than %d levels of parentheses", MaxFilterDepth)
	}
	p.next()
	node := p.parseOr()
	if !p.token.is(closing) {
		p.fail(p.token, `"and", "or" or %q is expected here`, closing)
	}
	p.depth--
	p.next()
	return node
}

// parseCondition reads "path op value", "path[filter]" or "path[filter].sub op value".
func (p *filterParser) parseCondition() filterNode {
	name := p.token
	path := p.parseName("")
	if p.element == nil {
		p.named = append(p.named, cmp.Or(path.URN, path.Attr.Name))
	}
	if !p.token.is("[") {
		return p.parseComparison(name, path, nil)
	}
	filter := p.parseBrackets(path)
	if sub := p.token; strings.HasPrefix(sub.raw, ".") {
		return p.parseComparison(sub, p.parseName(path.String()), filter.match)
	}
	node := filterNode{match: path.hasElement(filter.match, nil)}
	if len(filter.equal) == 1 {
		equal := filter.equal[0]
		equal.path = path.String() + "." + equal.path
		node.equal = []equality{equal}
	}
	return node
}

// parseBrackets reads the value filter on the elements of an attribute.
func (p *filterParser) parseBrackets(path AttrPath) filterNode {
	switch {
	case p.element != nil:
		p.fail(p.token, "brackets cannot be inside brackets")
	case path.leaf().Type != Complex, path.WholeExtension():
		p.fail(p.token, "%s has no sub-attributes, so brackets cannot follow it", path)
	}
	p.element = &path
	node := p.parseGroup("]")
	p.element = nil
	return node
}

// identifier returns the best attribute for looking up a resource.
func (rt *ResourceType) identifier() string {
	i := slices.IndexFunc(rt.Schema.Attributes, func(a *Attribute) bool { return a.Type == String && (a.Required || a.Uniqueness == UniqueServer) })
	if i < 0 {
		return "id"
	}
	return rt.Schema.Attributes[i].Name
}

// parseName reads an attribute path, which starts at what the prefix names or, inside brackets,
// at an element. An attribute of another type gets the URN of its schema, under which resources
// of this type have no value. In a filter an attribute that is not stored is an error: the client
// would conclude that nobody has the value.
func (p *filterParser) parseName(prefix string) AttrPath {
	if p.token.raw == "" || strings.ContainsAny(p.token.raw[:1], `()[]"`) {
		p.fail(p.token, "the name of an attribute is expected here")
	}
	name := prefix + p.token.raw
	if p.element != nil {
		name = p.element.String() + "." + name
	}
	path, found := p.rt.Lookup(name)
	for _, other := range p.others {
		if foreign, ok := other.Lookup(name); ok && !foreign.Tolerated && (!found || path.Tolerated) {
			path, found = foreign, true
			path.URN = cmp.Or(path.URN, other.Schema.ID)
		}
	}
	switch {
	case found && p.element != nil:
		path = AttrPath{Attr: path.Sub, Tolerated: path.Tolerated}
	case !found && p.tolerant && (p.element == nil || p.element.unknown) && attributeName.MatchString(name):
		// Anything may follow it.
		path = AttrPath{Attr: &Attribute{Name: name, Type: Complex, MultiValued: true}, Tolerated: true, unknown: true}
	case !found:
		p.fail(p.token, "there is no such attribute")
	}
	if path.Tolerated && !p.tolerant {
		p.fail(p.token, "this service does not store the attribute; filter on %s instead", p.rt.identifier())
	}
	p.tolerated = p.tolerated || path.Tolerated
	p.next()
	return path
}

// parseComparison reads the operator and the value after a path. within is the filter in
// brackets before it, or nil.
func (p *filterParser) parseComparison(name filterToken, path AttrPath, within func(map[string]any) bool) filterNode {
	switch p.terms++; {
	case p.terms > MaxFilterTerms:
		p.fail(name, "there are more than %d comparisons", MaxFilterTerms)
	case path.leaf().Located:
		p.fail(name, "this URL depends on how the service is reached; compare the identifier instead (id or value)")
	}
	at := p.token
	op := strings.ToLower(at.raw)
	if op != "pr" && operators[op] == nil {
		p.fail(at, "an operator is expected here (eq, ne, co, sw, ew, pr, gt, ge, lt or le)")
	}
	p.next()
	var value any
	if op != "pr" {
		value = p.parseValue()
	}
	isNull := value == nil && op != "pr"
	test := isPresent
	switch {
	case isNull && op != "eq" && op != "ne":
		p.fail(at, "null can only be compared with eq and ne")
	case path.unknown:
		test = func(any) bool { return false }
	case value != nil:
		if leaf := path.leaf(); leaf.MultiValued && path.Sub == nil {
			path.Sub = attributeNamed(leaf.SubAttributes, "value") // which a complex one means
		}
		if boolean, ok := asBoolean(value); ok && path.leaf().Type == Boolean {
			value = boolean
		}
		var problem string
		if test, problem = path.leaf().newTest(op, value); problem != "" {
			p.fail(at, "%s %s", path, problem)
		}
	}
	match := path.hasElement(within, test)
	node := filterNode{match: match}
	if (op == "ne") != isNull {
		node.match = func(object map[string]any) bool { return !match(object) }
	}
	if op == "eq" && !isNull && within == nil {
		node.equal = []equality{{path.String(), path.leaf(), value}}
	}
	return node
}

// parseValue reads a JSON string, number, true, false or null.
func (p *filterParser) parseValue() (value any) {
	text := p.token.raw
	switch {
	case strings.HasPrefix(text, `\"`):
		text = strings.ReplaceAll(text, `\"`, `"`)
	case !strings.HasPrefix(text, `"`):
		text = strings.ToLower(text) // the keywords and E in any letter case
	}
	err := json.Unmarshal([]byte(text), &value)
	if err != nil || value != nil && !isScalar(value) {
		p.fail(p.token, "a value is expected here: a JSON string in double quotes, a number, true, false or null")
	}
	p.next()
	return value
}
