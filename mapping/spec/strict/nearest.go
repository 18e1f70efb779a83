package strict

import (
	"fmt"
	"strings"
)

// Nearest returns the known word with the smallest edit distance from word, if that is at most a third of the
// longer word. Letter case does not count, nor which of blank, '-' and '_' is between words, nor a URN before
// the word. Of several, the first one in known is taken.
func Nearest(word string, known []string) (nearest string, ok bool) {
	const longest = 64 // nobody misspells longer words, and the cost is quadratic
	a, best := []rune(folded(word)), 0
	if len(a) > longest {
		return "", false
	}
	for _, candidate := range known {
		b := []rune(folded(candidate))
		distance := editDistance(a, b)
		if distance*3 > max(len(a), len(b)) || ok && distance >= best {
			continue
		}
		nearest, best, ok = candidate, distance, true
	}
	return nearest, ok
}

var separators = strings.NewReplacer("-", " ", "_", " ")

func folded(word string) string {
	return separators.Replace(strings.ToLower(word[strings.LastIndex(word, ":")+1:]))
}

// editDistance returns the optimal string alignment distance.
func editDistance(a, b []rune) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range a {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range b {
			changed := last[j]
			if a[i] != b[j] {
				changed++
			}
			row[j+1] = min(changed, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}

// Suggest returns the advice for an unknown word: the nearest known one, else
// all.
func Suggest(word string, known []string) string {
	if nearest, ok := Nearest(word, known); ok {
		return fmt.Sprintf("did you mean %q?", nearest)
	}
	all := make([]string, len(known))
	for i, word := range known {
		all[i] = fmt.Sprintf("%q", word)
	}
	return "there are " + strings.Join(all, ", ")
}
