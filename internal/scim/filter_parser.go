package scim

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

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
