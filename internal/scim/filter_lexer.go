package scim

import (
	"encoding/json"
	"strings"
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
