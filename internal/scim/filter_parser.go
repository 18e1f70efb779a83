package scim

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A filterToken is a piece of a filter or path: a text in quotes, one of ( ) [ ], or a
// word, which is an attribute path, operator, keyword, number, true, false or null.
type filterToken struct {
	pos    int    // byte offset of its beginning
	raw    string // as written; "" at the end
	quoted bool
	text   string // the text in quotes
}

// is reports whether the token is the punctuation or keyword, in any letter case.
func (t filterToken) is(word string) bool { return strings.EqualFold(t.raw, word) }

func (t filterToken) isWord() bool {
	return t.raw != "" && !t.quoted && !strings.Contains(filterPuncts, t.raw[:1])
}

const (
	filterBlanks = " \t\r\n"
	filterPuncts = "()[]"
)

// scanToken reads the token at or after pos. A word ends at the next blank,
// punctuation or quote, so that a message can quote it as a whole.
func scanToken(text string, pos int) (token filterToken, problem string) {
	rest := strings.TrimLeft(text[pos:], filterBlanks)
	token.pos = len(text) - len(rest)
	switch {
	case rest == "":
	case rest[0] == '"', strings.HasPrefix(rest, `\"`):
		token.quoted = true
		token.raw, token.text, problem = scanString(rest)
	case strings.Contains(filterPuncts, rest[:1]):
		token.raw = rest[:1]
	default:
		token.raw = rest
		if end := strings.IndexAny(rest, filterBlanks+filterPuncts+`"`); end >= 0 {
			token.raw = rest[:end]
		}
	}
	return token, problem
}

// scanString reads a JSON string. It also accepts a text whose quotes kept the
// backslash of a JSON string around the filter, as clients that escape twice send it:
// emails[type eq \"work\"].
func scanString(rest string) (raw, text, problem string) {
	if rest[0] == '\\' {
		text, _, closed := strings.Cut(rest[2:], `\"`)
		if !closed || strings.ContainsAny(text, `\"`) {
			return rest, "", "a value starts and ends with a plain double quote"
		}
		return rest[:len(text)+4], text, ""
	}
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '\\':
			i++
		case rest[i] < ' ':
			return rest[:i], "", `the text has a control character; write it as \u and four digits`
		case rest[i] == '"':
			raw = rest[:i+1]
			if json.Unmarshal([]byte(raw), &text) != nil {
				problem = `the text has an invalid backslash escape; write it twice (\\)`
			}
			return raw, text, problem
		}
	}
	return rest, "", "the closing double quote is missing"
}

// A filterParser reads a filter or a PATCH path by recursive descent, one token
// ahead, and checks names and types as it goes. Its methods panic with the *Error of
// what is wrong, which parse returns.
type filterParser struct {
	rt     *ResourceType
	others []*ResourceType // whose attributes can be named, too
	code   Code            // of its errors
	noun   string          // what it reads, for its errors

	text  string
	token filterToken // the one to look at next
	depth int
	terms int
	named []string // outside brackets: top-level attributes and URNs of extensions

	element   *AttrPath // inside brackets: the attribute before them
	tolerant  bool      // accept tolerated attributes (a path), else refuse them (a filter)
	tolerated bool      // one was accepted
}

// parse checks the text as a whole and reads all of it. expected is the problem if there
// is more than that.
func (p *filterParser) parse(text string, read func(), expected string) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = problem.(*Error) // else it is a defect, and goes on as a panic
		}
	}()
	switch {
	case len(text) > MaxFilterLength:
		return NewError(p.code, "The %s is longer than %d bytes.", p.noun, MaxFilterLength)
	case !utf8.ValidString(text):
		return NewError(p.code, "The %s is not valid UTF-8.", p.noun)
	case strings.Trim(text, filterBlanks) == "":
		return NewError(p.code, "The %s is empty.", p.noun)
	}
	p.text = text
	p.next()
	read()
	if p.token.raw != "" {
		p.fail(p.token, "%s", expected)
	}
	return nil
}

func (p *filterParser) next() {
	token, problem := scanToken(p.text, p.token.pos+len(p.token.raw))
	if problem != "" {
		p.fail(token, "%s", problem)
	}
	p.token = token
}

// fail panics with the error that names the place of a token. problem is the end of
// a sentence.
func (p *filterParser) fail(at filterToken, problem string, args ...any) {
	place := utf8.RuneCountInString(p.text[:at.pos]) + 1
	problem = fmt.Sprintf(problem, args...)
	if at.raw == "" {
		panic(NewError(p.code, "The %s is wrong at its end, character %d: %s.", p.noun, place, problem))
	}
	panic(NewError(p.code, "The %s is wrong at character %d, %q: %s.", p.noun, place, Clip(at.raw, 60), problem))
}

func (p *filterParser) parseOr() filterNode { return p.parseChain("or", p.parseAnd) }

func (p *filterParser) parseAnd() filterNode { return p.parseChain("and", p.parseTerm) }

func (p *filterParser) parseChain(word string, parsePart func() filterNode) filterNode {
	nodes := []filterNode{parsePart()}
	for p.token.is(word) {
		p.next()
		nodes = append(nodes, parsePart())
	}
	return join(nodes, word)
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
	return filterNode{match: node.holds, negated: true, text: "not (" + node.text + ")"}
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

// parseCondition reads "path op value" or "path[filter]".
func (p *filterParser) parseCondition() filterNode {
	name := p.token
	path := p.parseName()
	if p.element == nil {
		p.named = append(p.named, cmp.Or(path.URN, path.Attr.Name))
	}
	if !p.token.is("[") {
		return p.parseComparison(path, name)
	}
	filter := p.parseBrackets(path)
	if sub := p.token; strings.HasPrefix(sub.raw, ".") {
		and := p.parseComparison(p.parseSub(path), sub)
		return selects(path, filter, &and)
	}
	return selects(path, filter, nil)
}

// parseBrackets reads the value filter on the elements of an attribute.
func (p *filterParser) parseBrackets(path AttrPath) filterNode {
	switch {
	case p.element != nil:
		p.fail(p.token, "brackets cannot be inside brackets")
	case path.leaf().Type != Complex:
		p.fail(p.token, "%s has no sub-attributes, so brackets cannot follow it", path)
	}
	p.element = &path
	node := p.parseGroup("]")
	p.element = nil
	return node
}

// parseSub reads the ".sub" after brackets. The path that it returns starts at
// an element of the parent.
func (p *filterParser) parseSub(parent AttrPath) AttrPath {
	p.element = &parent
	path := p.resolve(p.token.raw[1:], p.tolerant)
	p.element = nil
	return path
}

// parseName reads an attribute path.
func (p *filterParser) parseName() AttrPath {
	if !p.token.isWord() {
		p.fail(p.token, "the name of an attribute is expected here")
	}
	return p.resolve(p.token.raw, p.tolerant && (p.element == nil || p.element.unknown))
}

// resolve finds the attribute that the token names. It refuses one that does not
// exist, unless unknown ones are accepted, and, in a filter, one that is not held:
// no resource would match, and the client would conclude that there is none.
func (p *filterParser) resolve(name string, acceptUnknown bool) AttrPath {
	path, found := p.lookup(name)
	if !found && acceptUnknown && attributeName.MatchString(name) {
		// Anything may follow it.
		path, found = AttrPath{Attr: &Attribute{Name: name, Type: Complex, MultiValued: true}, Tolerated: true, unknown: true}, true
	}
	switch {
	case !found && p.element != nil:
		p.fail(p.token, "%s has no such sub-attribute", p.element)
	case !found && len(p.others) > 0:
		p.fail(p.token, "no resource has such an attribute")
	case !found:
		p.fail(p.token, "%s has no such attribute", p.rt.Name)
	case path.Tolerated && !p.tolerant:
		p.fail(p.token, "this service does not store the attribute; filter on %s instead", p.rt.identifier())
	}
	p.tolerated = p.tolerated || path.Tolerated
	p.next()
	return path
}

// lookup finds an attribute of the resource or, inside brackets, of the element. What the
// type does not have may be an attribute of one of the others. The URN of the other's
// schema keeps that apart: no resource of the type has a value under it.
func (p *filterParser) lookup(name string) (AttrPath, bool) {
	switch {
	case p.element == nil:
	case p.element.WholeExtension():
		name = p.element.URN + ":" + name
	default:
		name = p.element.String() + "." + name
	}
	path, ok := p.rt.Lookup(name)
	for _, other := range p.others {
		if ok && !path.Tolerated {
			break
		}
		if foreign, found := other.Lookup(name); found && !foreign.Tolerated {
			path, ok = foreign, true
			path.URN = cmp.Or(path.URN, other.Schema.ID)
		}
	}
	switch {
	case p.element == nil:
	case p.element.WholeExtension():
		path.URN = ""
	default:
		path = AttrPath{Attr: path.Sub, Tolerated: path.Tolerated}
	}
	return path, ok
}

// identifier returns the best attribute for looking up a resource.
func (rt *ResourceType) identifier() string {
	for _, attribute := range rt.Schema.Attributes {
		if attribute.Type == String && (attribute.Required || attribute.Uniqueness == UniqueServer) {
			return attribute.Name
		}
	}
	return "id"
}

// parseComparison reads the operator and the value after a path.
func (p *filterParser) parseComparison(path AttrPath, name filterToken) filterNode {
	switch p.terms++; {
	case p.terms > MaxFilterTerms:
		p.fail(name, "there are more than %d comparisons", MaxFilterTerms)
	case path.leaf().Located:
		p.fail(name, "this URL depends on how the service is reached; compare the identifier instead (id or value)")
	}
	at := p.token
	op := operator(strings.ToLower(at.raw))
	if _, ok := operators[op]; !ok {
		p.fail(at, "an operator is expected here (eq, ne, co, sw, ew, pr, gt, ge, lt or le)")
	}
	p.next()
	var value any
	if op != opPresent {
		value = p.parseValue()
	}
	node, problem := newComparison(path, op, value)
	if problem != "" {
		p.fail(at, "%s", problem)
	}
	return node
}

// parseValue reads a JSON string, number, true, false or null.
func (p *filterParser) parseValue() (value any) {
	token := p.token
	switch {
	case token.quoted:
		value = token.text
	case token.is("null"):
	case token.is("true"), token.is("false"):
		value = token.is("true")
	case token.isWord() && strings.ContainsAny(token.raw[:1], "-0123456789") && json.Valid([]byte(token.raw)):
		number, err := strconv.ParseFloat(token.raw, 64)
		if err != nil {
			p.fail(token, "the number is too large")
		}
		value = number
	default:
		p.fail(token, "a value is expected here: a text in double quotes, a number, true, false or null")
	}
	p.next()
	return value
}
