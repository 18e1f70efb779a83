package check

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// emailPattern finds e-mail addresses, generously.
var emailPattern = regexp.MustCompile(`[^\s"'<>(),;:=]+@[^\s"'<>(),;:=]*[^\s"'<>(),;:=.]`)

// masked returns a text without e-mail addresses, which come from Suger's own messages,
// except for one.
func masked(text, except string) string {
	return emailPattern.ReplaceAllStringFunc(text, func(found string) string {
		if except != "" && strings.EqualFold(found, except) {
			return found
		}
		return "(an e-mail address)"
	})
}

func isAddress(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(text, " \t,;<>")
}

func fold(text string) string { return strings.ToLower(text) }

func lowerFirst(text string) string { return strings.ToLower(text[:1]) + text[1:] }

// plain makes names comparable that differ only in style: first_name and firstName.
func plain(name string) string { return strings.NewReplacer("_", "", "-", "").Replace(fold(name)) }

// count returns a number and its noun: "1 user", "2 users".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// ofUsers returns how many of all users: "all 25 users", "3 of 25 users".
func ofUsers(n, all int) string {
	if n == all && all > 1 {
		return "all " + count(all, "user")
	}
	return fmt.Sprintf("%d of %s", n, count(all, "user"))
}

// series lists words, at most 20 of them.
func series(words []string) string {
	const most = 20
	if len(words) <= most {
		return strings.Join(words, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(words[:most], ", "), len(words)-most)
}

func tally(words map[string]int) string {
	keys := sortedNames(words)
	slices.SortStableFunc(keys, func(a, b string) int { return words[b] - words[a] })
	for i, word := range keys {
		keys[i] = fmt.Sprintf("%s %d", cmp.Or(word, "(none)"), words[word])
	}
	return series(keys)
}
