package sugerclient

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"unicode"
)

const (
	maxMessage = 512 // bytes
	minSecret  = 8   // bytes; anything shorter may be an ordinary word
)

// readMessage finds Suger's words in an error body. Suger's specification has a
// bare JSON string there (suger-sdk-ts, api/openapi.yaml); its other answers,
// and the proxies before it, have an object, HTML or plain text.
// path is where a mapping says that the words are, "" for the usual names.
func readMessage(body []byte, path string, secrets []string) string {
	text := string(body)
	var document any
	if value := lookup(body, path); path != "" && len(value) > 0 {
		text = string(value)
		body = value
	}
	if json.Unmarshal(body, &document) == nil {
		if words := wordsIn(document); words != "" {
			text = words
		}
	}
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			text = strings.ReplaceAll(text, secret, Credential(secret).String())
		}
	}
	return cleanText(text)
}

// wordsIn is the text of an error document, "" if it has none of a known form.
func wordsIn(document any) string {
	switch value := document.(type) {
	case string:
		return value
	case map[string]any:
		for _, name := range []string{"message", "error", "detail"} {
			if words := wordsIn(value[name]); words != "" {
				return words
			}
		}
	}
	return ""
}

var (
	hidden  = regexp.MustCompile(`(?is)<(script|style)\b.*?</(script|style)\s*>|<!--.*?-->`)
	tag     = regexp.MustCompile(`</?[A-Za-z!?][^<>]*>`)
	opening = regexp.MustCompile(`<+([A-Za-z!?/])`) // of a tag that has no end
)

// cleanText makes text fit for a log line or an administrator's screen: one
// line, no tags, no control or formatting characters, at most maxMessage bytes.
func cleanText(text string) string {
	text = withoutTags(onOneLine(text))
	if strings.ContainsRune(text, '&') { // an entity may spell a tag
		text = withoutTags(onOneLine(html.UnescapeString(text)))
	}
	text = onOneLine(text)
	return strings.TrimSpace(strings.ToValidUTF8(text[:min(len(text), maxMessage)], "")) // cut between characters
}

func withoutTags(text string) string {
	if !strings.ContainsRune(text, '<') {
		return text
	}
	text = tag.ReplaceAllString(hidden.ReplaceAllString(text, " "), " ")
	return opening.ReplaceAllString(text, "$1")
}

func onOneLine(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r) || unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // could turn the direction of the text around
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return strings.Join(strings.Fields(text), " ")
}
