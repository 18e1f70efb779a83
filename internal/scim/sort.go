package scim

import (
	"cmp"
	"strings"
)

// maxSortText is how many bytes of a text decide the order, so that a cursor,
// which carries them, stays short. Beyond them age decides.
const maxSortText = 512

// A sortKey is what a resource is sorted by, comparable within one attribute.
type sortKey struct {
	Kind   keyKind `json:"k,omitempty"`
	Text   string  `json:"t,omitempty"`
	Number float64 `json:"n,omitempty"`
}

type keyKind int

const (
	keyNone keyKind = iota // the resource has no value
	keyNumber
	keyText
)

// sortKeyOf is the key of a resource: of a multi-valued attribute the primary
// element counts, else the first (RFC 7644 §3.4.2.3); of a complex one its
// "value".
func (p *AttrPath) sortKeyOf(r Resource) sortKey {
	value, attr := p.in(r), p.Attr
	if elements, ok := value.([]any); ok {
		value = nil
		for i, element := range elements {
			if i == 0 || isPrimary(element) {
				value = element
			}
			if isPrimary(element) {
				break
			}
		}
	}
	if object, ok := value.(map[string]any); ok {
		if attr = p.Sub; attr == nil {
			attr = attributeNamed(p.Attr.SubAttributes, "value")
		}
		if attr == nil {
			return sortKey{}
		}
		value = object[attr.Name]
	}
	return attr.sortKeyOf(value)
}

// sortKeyOf is the key of a value, so that instants sort as such, false sorts
// before true, and letter case counts only if the attribute is case exact.
func (a *Attribute) sortKeyOf(value any) sortKey {
	switch value := value.(type) {
	case bool:
		if value {
			return sortKey{Kind: keyNumber, Number: 1}
		}
		return sortKey{Kind: keyNumber}
	case float64:
		return sortKey{Kind: keyNumber, Number: value}
	case string:
		if value == "" {
			return sortKey{}
		}
		return sortKey{Kind: keyText, Text: clipBytes(a.sortText(value), maxSortText)}
	}
	return sortKey{}
}

func (a *Attribute) sortText(text string) string {
	if a.Type == DateTime {
		if instant, ok := parseInstant(text); ok {
			return instant.UTC().Format("2006-01-02T15:04:05.000000000Z")
		}
	}
	if a.CaseExact {
		return text
	}
	return foldText(text)
}

// clipBytes cuts at a character's beginning, so that the text survives JSON.
func clipBytes(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "")
}

// compare orders keys ascending; no value comes last.
func (k sortKey) compare(other sortKey) int {
	if k.Kind == keyNone || other.Kind == keyNone {
		return cmp.Compare(other.Kind, k.Kind)
	}
	return cmp.Or(
		cmp.Compare(k.Kind, other.Kind),
		cmp.Compare(k.Number, other.Number),
		strings.Compare(k.Text, other.Text),
	)
}
