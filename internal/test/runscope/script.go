package runscope

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// scripts holds the inline scripts of Okta's suites in Go, by the SHA-256 of their
// text with each run of white space as one blank. A changed script is not found.
var scripts = map[string]func(answer *response) error{
	"3566c59eaf4266b1c8240165ece33681459d1b11f81dfec3cec00cc41b93b516": groupsAreAnArray,
}

// groupsAreAnArray is the script of the SPEC suite's step on /Groups: if there
// are groups, Resources is an array.
func groupsAreAnArray(answer *response) error {
	list, ok := answer.body.(map[string]any)
	if !ok {
		return fmt.Errorf("the body is not a JSON object")
	}
	total, ok := list["totalResults"].(json.Number)
	if !ok {
		return fmt.Errorf("totalResults is not a number")
	}
	if _, ok := list["Resources"].([]any); !ok && total != "0" {
		return fmt.Errorf("there are %s groups, but Resources is not an array", total)
	}
	return nil
}

func (r *run) script(text string, answer *response) {
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return
	}
	r.report.Assertions++
	sum := sha256.Sum256([]byte(text))
	check, ok := scripts[hex.EncodeToString(sum[:])]
	if !ok {
		r.fail("the script with the digest %x is not understood: %.60s…", sum, text)
		return
	}
	if err := check(answer); err != nil {
		r.fail("script: %w", err)
	}
}
