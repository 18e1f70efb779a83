package check

import (
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/mapping/spec"
)

// Bounds of the samples kept for each field.
const (
	sampledUsers = 1000
	maxLeaves    = 200
	maxWords     = 12 // more different values than this are not a set of statuses or roles
)

// Kinds of values.
const (
	isText   = "text"
	isNumber = "a number"
	isFlag   = "true or false"
	isObject = "an object"
	isList   = "a list"
	isNull   = "null"
)

// A use is a field that the mapping names, counted in all users.
type use struct {
	name  string // what it is for: "id", "name.givenName", "status"
	entry string // of the mapping file
	field spec.Field
	leaf
}

// A leaf counts the users that have a field.
type leaf struct {
	present int
	filled  int    // neither null nor empty
	is      string // kind of the first value that is not null
	times   int    // values that are times
	emails  int
	several int            // lists of more than one
	words   map[string]int // different values, at most sampledUsers of them
}

// fieldCounts are the fields of the users in a list: those that the mapping names, in
// all users, and by their paths all that there are, in the first ones.
type fieldCounts struct {
	uses    []*use
	sampled int
	leaves  map[string]*leaf
}

func newFieldCounts(doc *spec.Document) *fieldCounts {
	c := &fieldCounts{leaves: make(map[string]*leaf)}
	add := func(name, entry string, field spec.Field) {
		if field.Given() {
			c.uses = append(c.uses, &use{name: name, entry: entry, field: field})
		}
	}
	add("id", "user.id", doc.User.ID)
	for _, name := range sortedNames(doc.User.IDs) {
		add("id "+name, "user.ids."+name, doc.User.IDs[name])
	}
	add("organization", "user.organization", doc.User.Organization)
	others := slices.DeleteFunc(sortedNames(doc.User.Attributes), func(name string) bool { return name == "userName" })
	for _, name := range slices.Concat([]string{"userName"}, others) {
		add(name, "user.attributes."+name+".field", doc.User.Attributes[name].Field)
	}
	add("created", "user.created", doc.User.Created)
	add("modified", "user.modified", doc.User.Modified)
	add("status", "access.field", doc.Access.Field)
	add("role", "user.roles.field", doc.User.Roles.Field)
	return c
}

func countFields(rows []any) *fieldCounts {
	c := newFieldCounts(&spec.Document{})
	for _, row := range rows {
		c.take(row)
	}
	return c
}

func (c *fieldCounts) take(user any) {
	for _, u := range c.uses {
		if value, there := u.field.In(user); there {
			u.count(value)
		}
	}
	if c.sampled == sampledUsers {
		return
	}
	c.sampled++
	for _, s := range spotsIn(user, true)[1:] {
		if c.leaves[s.path] == nil && len(c.leaves) < maxLeaves {
			c.leaves[s.path] = &leaf{}
		}
		if l := c.leaves[s.path]; l != nil {
			l.count(s.value)
		}
	}
}

func (l *leaf) count(value any) {
	if l.words == nil {
		l.words = make(map[string]int)
	}
	l.present++
	if l.kind() == isNull {
		l.is = kindOf(value)
	}
	if list, is := value.([]any); is && len(list) > 1 {
		l.several++
	}
	if isEmpty(value) {
		return
	}
	l.filled++
	word, scalar := spec.Text(value)
	if scalar && (l.words[word] > 0 || len(l.words) < sampledUsers) {
		l.words[word]++
	}
	if isAddress(word) {
		l.emails++
	}
	if isTime(value) {
		l.times++
	}
}

func kindOf(value any) string {
	switch value.(type) {
	case string:
		return isText
	case json.Number:
		return isNumber
	case bool:
		return isFlag
	case map[string]any:
		return isObject
	case []any:
		return isList
	}
	return isNull
}

func (l *leaf) kind() string { return cmp.Or(l.is, isNull) }

func (l *leaf) isScalar() bool { return l.kind() == isText || l.kind() == isNumber }

// isSet reports whether the field has few different values, so that they may be
// statuses or roles rather than personal data.
func (l *leaf) isSet() bool { return wordsAreSet(l.words, l.filled) }

func wordsAreSet(words map[string]int, users int) bool {
	if len(words) > maxWords || 2*len(words) <= users {
		return len(words) <= maxWords
	}
	for word := range words { // of few users each; names have capital and small letters
		if word != strings.ToUpper(word) && word != strings.ToLower(word) {
			return false
		}
	}
	return len(words) <= 4
}

func isEmpty(value any) bool {
	switch v := reflect.ValueOf(value); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	}
	return false
}

// isTime says that a value is a time as the mapping reads it: RFC 3339, or a
// number of seconds or milliseconds since 1970 that is of this century.
func isTime(value any) bool {
	switch v := value.(type) {
	case string:
		_, err := time.Parse(time.RFC3339, v)
		return err == nil
	case json.Number:
		n, err := v.Int64()
		return err == nil && (n > 946684800 && n < 4102444800 || n > 946684800000 && n < 4102444800000)
	}
	return false
}

// isUsed reports whether the mapping reads a field, something in it, or a role of which
// it is a part.
func (c *fieldCounts) isUsed(path string) bool {
	return slices.ContainsFunc(c.uses, func(u *use) bool {
		return u.present > 0 && slices.ContainsFunc(u.field.Scalars(), func(used string) bool {
			return path == used || within(used, path) || u.name == "role" && within(path, used)
		})
	})
}

// within reports whether a path leads into what another names.
func within(path, outer string) bool {
	rest, ok := strings.CutPrefix(path, outer)
	return ok && rest != "" && (rest[0] == '.' || rest[0] == '[')
}

func (c *fieldCounts) use(name string) *use {
	if i := slices.IndexFunc(c.uses, func(u *use) bool { return u.name == name }); i >= 0 {
		return c.uses[i]
	}
	return nil
}
