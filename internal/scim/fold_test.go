package scim

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// foldWords holds ASCII, letters with three cases (k and the Kelvin sign, the
// two small sigmas), letters of other sizes in the other case, and bytes that
// are not UTF-8.
var foldWords = []string{
	"", "a", "A", "ab", "Ab", "abc", "b", "Z", "_", "k", "\u212a", "K\u212ak", "straße", "STRASSE",
	"Σίσυφος", "σίσυφοσ", "é", "É", "Åse", "åSE", "\xff", "a\xffb", "\ufffd", "😀", "ada@EXAMPLE.com",
}

func TestFoldAgreesWithEqualFold(t *testing.T) {
	for _, s := range foldWords {
		for _, part := range foldWords {
			folded := foldText(part)
			assert.Equal(t, strings.EqualFold(s, part), compareFold(s, folded) == 0, "%q %q", s, part)
			assert.Equal(t, strings.HasPrefix(foldText(s), folded), hasPrefixFold(s, folded), "%q starts with %q", s, part)
			assert.Equal(t, strings.HasSuffix(foldText(s), folded), hasSuffixFold(s, folded), "%q ends with %q", s, part)
			assert.Equal(t, strings.Contains(foldText(s), folded), containsFold(s, folded), "%q contains %q", s, part)
			assert.Equal(t, cmp.Compare(compareFold(s, folded), 0), -cmp.Compare(compareFold(part, foldText(s)), 0), "%q %q", s, part)
		}
	}
}
