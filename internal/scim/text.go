package scim

import "unicode/utf8"

// Clip shortens s to at most limit bytes at a rune boundary, so that text from
// outside can stand in a message without flooding it.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit] + "…"
}
