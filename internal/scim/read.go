package scim

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxNestingDepth is the most levels of objects and arrays in a body.
const MaxNestingDepth = 32

// DecodeObject decodes a request body that must be one JSON object. It refuses what two
// readers could understand differently: text that is not UTF-8, a name that occurs twice in
// one object (SCIM ignores letter case, RFC 7643 §2.1), and anything after the object.
// The error never repeats a value of the body, which may hold a password.
func DecodeObject(data []byte) (map[string]any, error) {
	data = bytes.Trim(bytes.TrimPrefix(data, []byte("\ufeff")), " \t\r\n") // RFC 8259 §8.1 allows the mark
	if len(data) == 0 || data[0] != '{' {
		return nil, NewError(CodeInvalidSyntax, "The body must be a JSON object.")
	}
	var object map[string]any
	err := json.Unmarshal(data, &object)
	var syntactic *jsontext.SyntacticError
	switch {
	case err == nil:
		return object, checkNames(object, 1)
	// The decoder's own error can quote the body, so it is not wrapped.
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntactic):
		return nil, duplicateName(syntactic.JSONPointer.LastToken())
	case errors.As(err, &syntactic):
		return nil, NewError(CodeInvalidSyntax, "The body is not valid JSON in UTF-8 near byte %d of %d.", syntactic.ByteOffset, len(data))
	}
	return nil, NewError(CodeInvalidSyntax, "The body has a value that is out of range.")
}

func duplicateName(name string) error {
	return NewError(CodeInvalidSyntax, "The body has the name %q twice in one object (ignoring letter case).", Clip(name, 80))
}

// checkNames checks the nesting of a value, and for names that differ in letter case only.
func checkNames(value any, depth int) error {
	object, isObject := value.(map[string]any)
	list, isList := value.([]any)
	switch {
	case !isObject && !isList:
		return nil
	case depth > MaxNestingDepth:
		return NewError(CodeInvalidSyntax, "The body nests objects and arrays more than %d levels deep.", MaxNestingDepth)
	}
	seen := make(map[string]string, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) { // sorted, so that the error is always the same
		folded := foldText(name)
		if first, twice := seen[folded]; twice {
			return duplicateName(first)
		}
		seen[folded] = name
		if err := checkNames(object[name], depth+1); err != nil {
			return err
		}
	}
	for _, element := range list {
		if err := checkNames(element, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// Normalize reads what a client sent as a resource, from [DecodeObject], with the
// tolerance that real clients need (docs/protocol.md).
//
// Unknown and tolerated attributes are dropped, and so are a password and read-only ones
// (RFC 7644 §3.3 and §3.5.1) that are not [Attribute].Echoed; externalId is kept. If an
// attribute occurs more than once, a name with a URN or a dot wins over a plain one, since
// Okta adds what is mapped to a copy of the resource that it has read. The result's schemas
// are the URNs whose attributes are there. The error names the attribute, never a value.
func (rt *ResourceType) Normalize(raw map[string]any) (Resource, error) {
	if err := rt.checkOwn(raw); err != nil {
		return nil, err
	}
	e := newEdit(context.Background(), rt, Resource{})
	if err := e.applyObject(patchReplace, raw, ""); err != nil {
		return nil, err
	}
	return e.finish(), nil
}

// MaxStringLength is the most Unicode code points of one attribute value.
const MaxStringLength = 1024

// A valueReader turns decoded JSON into the normal form of an attribute. What empties it
// becomes "", an empty map or list, or nil for a boolean or number. An object in which nothing
// is known becomes nil, too.
type valueReader struct {
	keepEchoed bool // keep read-only sub-attributes that are [Attribute].Echoed, if they are well-formed
	adding     bool // skip nulls
	strict     bool // refuse unknown sub-attributes
}

// read reads the value of the attribute at the end of the path, of a list also a single one.
func (vr valueReader) read(path AttrPath, raw any) (any, error) {
	if !path.leaf().MultiValued {
		return vr.readOne(path, raw)
	}
	items := listOf(raw)
	if isNothing(raw) {
		items = nil
	}
	list := make([]any, 0, len(items))
	for _, item := range items {
		if vr.adding && item == nil {
			continue
		}
		element, err := vr.readElement(path, item)
		if err != nil {
			return nil, err
		}
		if element != nil {
			list = append(list, element)
		}
	}
	return list, nil
}

// readElement reads one element of a list; nil if it is empty. In place of a missing value it
// accepts the name in a Named list, and the $ref of a resource of this service (RFC 7643 §2.4).
// An object without any value is empty, too; but a role or a member without one is an error.
func (vr valueReader) readElement(path AttrPath, raw any) (any, error) {
	attr := path.leaf()
	value := attributeNamed(attr.SubAttributes, "value")
	identifies := attr.Named || value != nil && (value.Required || value.Mutability == Immutable)
	if IsEmpty(raw) && (raw == "" && attr.Named || !identifies) {
		return nil, nil
	}
	element, err := vr.readOne(path, raw)
	if err != nil || attr.Type != Complex {
		return element, err
	}
	object, _ := element.(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	maps.DeleteFunc(object, func(_ string, value any) bool { return IsEmpty(value) })
	members, _ := raw.(map[string]any)
	sent, given := Member(members, "value") // Okta sends an empty one for a mapped attribute that has become empty
	given = given && (sent != nil || !vr.adding)
	reference, link := MemberText(members, "$ref"), attributeNamed(attr.SubAttributes, "$ref")
	substitute := ""
	switch {
	case value == nil || object["value"] != nil:
	case attr.Named && !given:
		substitute = cmp.Or(MemberText(members, "display"), MemberText(members, "name"))
	case reference != "" && link != nil && link.Located:
		if substitute = link.identifierIn(reference); substitute == "" {
			return nil, NewError(CodeInvalidValue, "The $ref of an entry of %s is not the URL of a %s of this service. Send its id as the value.",
				path, strings.Join(link.ReferenceTypes, " or "))
		}
	}
	if substitute != "" {
		if object["value"], err = vr.readOne(AttrPath{URN: path.URN, Attr: path.Attr, Sub: value}, substitute); err != nil {
			return nil, err
		}
	}
	switch {
	case len(object) > 0 && (value == nil || object["value"] != nil):
		return object, nil
	case identifies && (!attr.Named || !given):
		return nil, NewError(CodeInvalidValue, "An entry of %s has no value.", path)
	}
	return nil, nil
}

// identifierIn returns the id in the URL, absolute or relative, of a resource to which the
// attribute can refer, or "". Hosts are not compared: a service can be reached under several.
func (a *Attribute) identifierIn(reference any) string {
	text, _ := reference.(string)
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	parts := strings.Split(u.EscapedPath(), "/")
	id, err := url.PathUnescape(parts[len(parts)-1])
	isOurs := func(kind string) bool { return len(parts) > 1 && strings.EqualFold(parts[len(parts)-2], kind+"s") }
	if err != nil || !slices.ContainsFunc(a.ReferenceTypes, isOurs) {
		return ""
	}
	return id
}

// readOne reads one value. A boolean may be a list of one, and an object with a value.
func (vr valueReader) readOne(path AttrPath, raw any) (any, error) {
	attr := path.leaf()
	var empty any // booleans and numbers have no empty value
	switch attr.Type {
	case Complex:
		return vr.readObject(path, raw)
	case Boolean:
		if list, isList := raw.([]any); isList && len(list) == 1 {
			raw = list[0]
		}
		if object, isObject := raw.(map[string]any); isObject && len(object) == 1 {
			raw, _ = Member(object, "value")
		}
		if boolean, ok := asBoolean(raw); ok {
			raw = boolean
		}
	case Integer, Decimal:
	default:
		empty = ""
	}
	text, _ := raw.(string)
	number, _ := raw.(float64)
	switch {
	case isNothing(raw):
		return empty, nil
	case attr.key(raw) == nil, attr.Type == Integer && number != math.Trunc(number):
		return nil, wrongType(path)
	case len(text) > MaxStringLength && utf8.RuneCountInString(text) > MaxStringLength:
		return nil, NewError(CodeInvalidValue, "The attribute %s is longer than %d characters.", path, MaxStringLength)
	}
	return raw, nil
}

// readObject accepts a scalar as the "value" of an object, and a list of one object, as Entra
// ID sends a manager.
func (vr valueReader) readObject(path AttrPath, raw any) (any, error) {
	for list, isList := raw.([]any); isList && len(list) == 1; list, isList = raw.([]any) {
		raw = list[0]
	}
	attr := path.leaf()
	members, isObject := raw.(map[string]any)
	switch {
	case isObject:
	case IsEmpty(raw):
		return map[string]any{}, nil
	case isScalar(raw) && attributeNamed(attr.SubAttributes, "value") != nil:
		members = map[string]any{"value": raw}
	default:
		return nil, wrongType(path)
	}
	object := make(map[string]any, len(members))
	for key, value := range members {
		sub := attributeNamed(attr.SubAttributes, key)
		switch isUnknown := sub == nil || sub.Returned == Never; {
		case isUnknown && vr.strict:
			return nil, NewError(CodeInvalidSyntax, "The attribute %s has no sub-attribute %q.", path, Clip(key, 120))
		case isUnknown, vr.adding && value == nil:
			continue
		}
		if sub.Mutability == ReadOnly && (!vr.keepEchoed || !attr.Echoed && !sub.Echoed) {
			continue
		}
		read, err := vr.read(AttrPath{URN: path.URN, Attr: path.Attr, Sub: sub}, value)
		if err == nil {
			object[sub.Name] = read
		} else if !vr.keepEchoed || !sub.Echoed {
			return nil, err
		}
	}
	if len(object) == 0 && len(members) > 0 {
		return nil, nil
	}
	return object, nil
}

func wrongType(path AttrPath) error {
	return NewError(CodeInvalidValue, "The attribute %s must be %s.", path, path.leaf().form())
}

// IsEmpty reports whether the value is an explicitly emptied one (see [Resource]).
func IsEmpty(value any) bool {
	list, isList := value.([]any)
	object, isObject := value.(map[string]any)
	return isNothing(value) || isList && len(list) == 0 || isObject && len(object) == 0
}
