package conversation

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rewrite returns the expected response with the parts that do not match replaced by
// the answer's.
func (v *values) rewrite(want message, got *answer) message {
	written := message{first: strconv.Itoa(got.status), body: v.rewriteBody(want.body, got.body)}
	for _, line := range want.header {
		if value := got.header.Get(line.name); v.text(line.value, value) != "" {
			line.value = v.generalize(value)
		}
		written.header = append(written.header, line)
	}
	return written
}

func (v *values) rewriteBody(want, got string) string {
	value, err := decode(got)
	if err != nil {
		return got
	}
	pattern, err := decode(want)
	if err == nil && v.fits(pattern, value) {
		return want
	}
	return layout(v.merge(pattern, value), "")
}

// fits compares like match, but stores captured values only if everything matches.
func (v *values) fits(want, got any) bool {
	trial := v.clone()
	if trial.match("", want, got) != nil {
		return false
	}
	*v = *trial
	return true
}

// merge keeps the parts of a pattern that match a value, and takes the rest from the
// value.
func (v *values) merge(want, got any) any {
	if want != nil && v.fits(want, got) {
		return want
	}
	switch got := got.(type) {
	case map[string]any:
		wanted, _ := want.(map[string]any)
		merged := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(got)) {
			merged[key] = v.merge(wanted[key], got[key])
		}
		return merged
	case []any:
		wanted, _ := want.([]any)
		merged := make([]any, len(got))
		for i, element := range got {
			var pattern any
			if i < len(wanted) {
				pattern = wanted[i]
			}
			merged[i] = v.merge(pattern, element)
		}
		return merged
	case string:
		return v.generalize(got)
	default:
		return got
	}
}

var (
	whenRead    = regexp.MustCompile(`^` + utcTime + `$`)
	weakETag    = regexp.MustCompile(`^W/".+"$`)
	errorEnding = regexp.MustCompile(`\[(\w+), [^\]]+\]$`) // of a SCIM error's detail: code and request id
)

// shortestName is the minimum length of a captured value to search for in other
// strings; shorter values would match by chance.
const shortestName = 4

// generalize replaces a string that differs between runs by a pattern.
func (v *values) generalize(text string) string {
	switch {
	case whenRead.MatchString(text):
		return "<time>"
	case weakETag.MatchString(text):
		return `W/"<string>"`
	}
	names := slices.DeleteFunc(slices.Collect(maps.Keys(v.named)), func(name string) bool {
		return len(v.named[name]) < shortestName
	})
	slices.SortFunc(names, func(a, b string) int { // longest first, since a value can be part of another
		return cmp.Or(len(v.named[b])-len(v.named[a]), strings.Compare(a, b))
	})
	for _, name := range names {
		text = strings.ReplaceAll(text, v.named[name], "{{"+name+"}}")
	}
	return errorEnding.ReplaceAllString(text, "[$1, <string>]")
}
