package conversation

import (
	"fmt"
	"mime"
	"strconv"
)

// check compares an answer with the step's response section; if the player
// updates, it rewrites the section where they differ.
func (p *player) check(step step, got *answer) []string {
	if step.response < 0 && !p.update {
		return []string{"there is no -- response -- to compare with"}
	}
	before := p.values.clone()
	wrong := p.compare(step.want, got, p.shown)
	if own := p.deviation(step).response; own != nil {
		if wrong == nil {
			return []string{"the response of this contract is the usual one and need not be written"}
		}
		p.values = before
		return p.compare(*own, got, asWritten)
	}
	if wrong == nil || !p.update {
		return wrong
	}
	written := before.clone().rewrite(step.want, got)
	p.values = before
	if step.response < 0 {
		p.added[step.section] = written
	} else {
		p.sections[step.response].text = written.String()
	}
	return p.compare(written, got, asWritten)
}

// asWritten is a pattern that no contract changes.
func asWritten(pattern any) any { return pattern }

// compare answers the differences between a response and what was wanted.
// shown changes the pattern of the body before it is compared.
func (p *player) compare(want message, got *answer, shown func(any) any) (wrong []string) {
	if want.first != strconv.Itoa(got.status) {
		wrong = append(wrong, fmt.Sprintf("status: want %s, got %d", want.first, got.status))
	}
	wrong = append(wrong, p.compareBody(want.body, got, shown)...) // first, since a Location holds the id
	for _, line := range want.header {
		if text := p.values.text(line.value, got.header.Get(line.name)); text != "" {
			wrong = append(wrong, "header "+line.name+": "+text)
		}
	}
	if wrong != nil {
		wrong = append(wrong, "the whole answer: "+got.body)
	}
	return wrong
}

func (p *player) compareBody(want string, got *answer, shown func(any) any) []string {
	if want == "" || got.body == "" {
		if want != got.body {
			return []string{fmt.Sprintf("body: want %q, got %q", want, got.body)}
		}
		return nil
	}
	// Each body of SCIM is labelled as such (RFC 7644 §3.1), so stories need not say it.
	if media, _, err := mime.ParseMediaType(got.header.Get("Content-Type")); err != nil || media != "application/scim+json" {
		return []string{fmt.Sprintf("header Content-Type: want application/scim+json, got %q", got.header.Get("Content-Type"))}
	}
	pattern, err := decode(want)
	if err != nil {
		return []string{"the wanted body is not JSON: " + err.Error()}
	}
	value, err := decode(got.body)
	if err != nil {
		return []string{"the body is not JSON: " + err.Error()}
	}
	return p.values.match("body", shown(pattern), value)
}
