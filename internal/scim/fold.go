package scim

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The functions below compare text without regard to letter case, by the same
// rule as strings.EqualFold, and allocate nothing: a filter runs them on every
// resource of an organization. A folded text is one that foldText returned.

// foldText replaces each letter by the one that stands for all its cases.
func foldText(s string) string {
	return strings.Map(foldRune, s)
}

// foldRune maps all letters that Unicode's simple case folding makes equal to
// one of them; for ASCII, to the lower-case letter.
func foldRune(r rune) rune {
	if r < utf8.RuneSelf {
		return lowerASCII(r)
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return lowerASCII(least)
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + ('a' - 'A')
	}
	return r
}

// firstFold is the first letter of s, folded, and its size in bytes. It is the
// fast way for ASCII; s is not empty.
func firstFold(s string) (rune, int) {
	if s[0] < utf8.RuneSelf {
		return lowerASCII(rune(s[0])), 1
	}
	r, size := utf8.DecodeRuneInString(s)
	return foldRune(r), size
}

// compareFold orders s against a folded text.
func compareFold(s, folded string) int {
	for s != "" && folded != "" {
		a, sizeA := firstFold(s)
		b, sizeB := utf8.DecodeRuneInString(folded)
		if a != b {
			return int(a - b)
		}
		s, folded = s[sizeA:], folded[sizeB:]
	}
	return len(s) - len(folded)
}

// hasPrefixFold reports whether s begins with a folded text.
func hasPrefixFold(s, folded string) bool {
	for folded != "" {
		if s == "" {
			return false
		}
		a, sizeA := firstFold(s)
		b, sizeB := utf8.DecodeRuneInString(folded)
		if a != b {
			return false
		}
		s, folded = s[sizeA:], folded[sizeB:]
	}
	return true
}

// hasSuffixFold reports whether s ends with a folded text.
func hasSuffixFold(s, folded string) bool {
	for folded != "" {
		if s == "" {
			return false
		}
		a, sizeA := utf8.DecodeLastRuneInString(s)
		b, sizeB := utf8.DecodeLastRuneInString(folded)
		if foldRune(a) != b {
			return false
		}
		s, folded = s[:len(s)-sizeA], folded[:len(folded)-sizeB]
	}
	return true
}

// containsFold reports whether a folded text occurs in s.
func containsFold(s, folded string) bool {
	if folded == "" {
		return true
	}
	want, _ := utf8.DecodeRuneInString(folded)
	for s != "" {
		first, size := firstFold(s)
		if first == want && hasPrefixFold(s, folded) {
			return true
		}
		s = s[size:]
	}
	return false
}
