package conversation

import "strings"

// CompareJSON compares a JSON text with a pattern, which is JSON that may hold
// the patterns of a story's response. It answers the differences.
func CompareJSON(pattern, got string) []string {
	want, err := decode(pattern)
	if err != nil {
		return []string{"the pattern is not JSON: " + err.Error()}
	}
	value, err := decode(got)
	if err != nil {
		return []string{"not JSON: " + err.Error() + ": " + got}
	}
	return newValues("", "").match("answer", want, value)
}

// CompareText compares a text with a pattern. Blanks at the end do not count.
func CompareText(pattern, got string) []string {
	pattern, got = strings.TrimSpace(pattern), strings.TrimSpace(got)
	if wrong := newValues("", "").text(pattern, got); wrong != "" {
		return []string{wrong}
	}
	return nil
}
