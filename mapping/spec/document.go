// Package spec defines the language of the mapping file: its keys, fields, placeholders and
// rules. Start with [Parse], which reads a file into a [Document].
package spec

import (
	"cmp"
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"suger-scim-gateway/mapping/spec/strict"
)

// A Document is a mapping file. The JSON Schema of mapping files and the reference for
// users are generated from the tags of its fields.
type Document struct {
	Version    int        `yaml:"version" required:"true" doc:"Version of this file format: 1."`
	Operations Operations `yaml:"operations" required:"true" doc:"The calls of Suger's API, by what they do."`
	User       UserMap    `yaml:"user" required:"true" doc:"The fields of Suger's user, and the SCIM attributes that they hold."`
	Role       RoleMap    `yaml:"role" required:"true" doc:"The fields of Suger's role, and the standard roles."`
	Access     Access     `yaml:"access" required:"true" doc:"Who has access, and how access ends."`
	Errors     *ErrorMap  `yaml:"errors" doc:"How an answer reports a failure without the HTTP status."`
	Refusals   Refusals   `yaml:"refusals" doc:"How refusals of Suger are recognized: texts in the message, in any letter case, or the code; numbers are the HTTP status or the code."`
	Credential Credential `yaml:"credential" doc:"How the API key is sent."`

	Positions strict.Positions `yaml:"-"` // where the values are in the file
}

// UserMap maps the fields of Suger's user to SCIM.
type UserMap struct {
	ID           Field                `yaml:"id" required:"true" doc:"The user's id, a string or a number."`
	IDs          map[string]Field     `yaml:"ids" keys:"^[A-Za-z0-9]+$" doc:"Further ids of a user's record by names of letters and digits; use them as {user.NAME} in the operations on a user other than get user, add user and add member."`
	Organization Field                `yaml:"organization" doc:"The user's organization; an answer for another one is refused."`
	Attributes   map[string]Attribute `yaml:"attributes" required:"true" doc:"SCIM attributes and the fields that hold them. userName must be the e-mail address."`
	Created      Field                `yaml:"created" doc:"Time of creation: RFC 3339, or seconds or milliseconds since 1970."`
	Modified     Field                `yaml:"modified" doc:"Time of the last change, likewise."`
	Roles        UserRoles            `yaml:"roles" required:"true" doc:"The field that holds the user's role."`
}

// An Attribute ties a SCIM attribute to a field. The short form is just the field.
type Attribute struct {
	Field Field  `yaml:"field" required:"true" doc:"Where the value is in Suger's user."`
	Part  string `yaml:"part" enum:"first names,last name" doc:"The part of a full name, if the field holds one."`
	Write string `yaml:"write" enum:"always,create,never" default:"always" doc:"always. create: fixed once the user exists. never: accepted from clients and ignored."`
	Max   int    `yaml:"max" min:"0" doc:"Most characters that Suger accepts; 0 is no limit."`
}

// UnmarshalYAML reads an attribute, or the short form, just the field.
func (a *Attribute) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		type long Attribute
		return n.Decode((*long)(a))
	}
	return a.Field.UnmarshalYAML(n)
}

// SplitAttribute splits the name of an attribute into its object, "" for the resource
// itself, and its name in it.
func SplitAttribute(name string) (object, local string) {
	if strings.HasPrefix(name, "urn:") {
		at := strings.LastIndex(name, ":")
		return name[:at], name[at+1:]
	}
	if parent, sub, dotted := strings.Cut(name, "."); dotted {
		return parent, sub
	}
	return "", name
}

// When an attribute is written, if not always.
const (
	WriteCreate = "create" // fixed once the user exists
	WriteNever  = "never"  // accepted from clients and ignored
)

// Parts of a full name.
const (
	WholeField = ""
	FirstNames = "first names" // everything before the last blank
	LastName   = "last name"   // everything after the last blank
)

// UserRoles describes how a user's record holds roles.
type UserRoles struct {
	Field Field  `yaml:"field" required:"true" doc:"Where the role is: a string, a number, an object, or an array of them."`
	Hold  string `yaml:"hold" enum:"one,many" default:"one" doc:"one: a user has one role. many: any number."`
	By    string `yaml:"by" enum:"id,name" default:"id" doc:"Whether a plain string or number is the role's id or its name."`
	ID    Field  `yaml:"id" doc:"Where the id is, if the role is an object."`
	Name  Field  `yaml:"name" doc:"Where the name is, if the role is an object."`
}

// RoleMap describes Suger's roles.
type RoleMap struct {
	ID             Field        `yaml:"id" doc:"The role's id. A role that is a plain string is its own id and name."`
	Organization   Field        `yaml:"organization" doc:"The role's organization; a list with a role of another one is refused."`
	Name           Field        `yaml:"name" doc:"The role's name."`
	Created        Field        `yaml:"created" doc:"Time of creation, as of a user."`
	Modified       Field        `yaml:"modified" doc:"Time of the last change, likewise."`
	NameMax        int          `yaml:"name max" min:"0" doc:"Most characters of the name; 0 is no limit."`
	Description    Field        `yaml:"description" doc:"The role's description."`
	DescriptionMax int          `yaml:"description max" min:"0" doc:"Most characters of the description; 0 is no limit."`
	Permissions    Field        `yaml:"permissions" doc:"The role's permissions; a renaming with the whole object sends them back."`
	Known          []KnownRole  `yaml:"known" required:"true" doc:"The standard roles, which nobody renames or deletes."`
	Precedence     []string     `yaml:"precedence" required:"true" doc:"Names of roles, most powerful first. * is all others, by name."`
	Default        string       `yaml:"default" required:"true" doc:"The role of a user for whom the client sends none; GATEWAY_DEFAULT_ROLE replaces it."`
	Template       RoleTemplate `yaml:"new role" doc:"What a pushed group creates."`
}

// A KnownRole is a role that exists in every organization.
type KnownRole struct {
	Name          string `yaml:"name" required:"true" doc:"The role's name in Suger."`
	ID            any    `yaml:"id" types:"string,integer" doc:"The role's id. Leave it out if it differs between organizations and is in the role list."`
	Description   string `yaml:"description" doc:"Shown in Okta beside the role."`
	Administrator bool   `yaml:"administrator" doc:"May manage users. The last such user is never demoted or removed."`
}

// IDText returns the role's id as text, "" if the mapping does not say.
func (k *KnownRole) IDText() string {
	id, _ := Text(k.ID)
	return id
}

// A RoleTemplate is what a custom role made for a pushed group starts with.
type RoleTemplate struct {
	Description string `yaml:"description" doc:"The role's description."`
	Permissions []any  `yaml:"permissions" doc:"The role's permissions; empty grants nothing."`
}

// ErrorMap describes how an answer shows that its call failed.
type ErrorMap struct {
	Field   Path  `yaml:"field" required:"true" doc:"Path in a 2xx answer. A value other than null, false or empty is an error."`
	Success []any `yaml:"success" types:"string,integer,boolean" doc:"Values of field that mean success; then every other value is an error."`
	Message Path  `yaml:"message" doc:"Path of the error's message. Without it, message, error and detail are tried."`
	Code    Path  `yaml:"code" doc:"Path of the error's code. Without it, usual names are tried. In a 2xx answer a code from 400 to 599 counts as the status."`
}

// Refusals are words in Suger's error messages, and error codes.
type Refusals struct {
	Domain    []any `yaml:"domain" types:"string,integer,boolean" doc:"The e-mail domain is not the organization's."`
	Seats     []any `yaml:"seats" types:"string,integer,boolean" doc:"No seat is left."`
	Duplicate []any `yaml:"duplicate" types:"string,integer,boolean" doc:"The user exists."`
	NotThere  []any `yaml:"not there" types:"string,integer,boolean" doc:"The object does not exist, as with status 404."`
}

// Credential says how the API key is sent.
type Credential struct {
	Header string `yaml:"header" doc:"Header with the key; Authorization if left out."`
	Scheme string `yaml:"scheme" doc:"Word before the key, or none. If left out: Key in the header Authorization, none in others."`
}

// Access defines who has access, and how access ends and is restored.
type Access struct {
	End      End        `yaml:"end" required:"true" doc:"remove user: by that operation. set status: by update user, with {status}. Else the call that ends access."`
	Give     *Operation `yaml:"give" doc:"The call that restores access. Without it, update user does, with {status}, or add user."`
	Field    Field      `yaml:"field" doc:"The user's field that shows who has access. Without it, everybody in the list has."`
	Active   []any      `yaml:"active" types:"string,integer,boolean,null" doc:"Values that mean access. The first is written to restore access; null writes null, {now} the time."`
	Pending  []any      `yaml:"pending" types:"string,integer,boolean,null" doc:"Active values of people who never signed in. Such administrators do not count as the last one."`
	Inactive []any      `yaml:"inactive" types:"string,integer,boolean,null" doc:"Values that mean no access. The first is written to end access."`
	Absent   string     `yaml:"absent" enum:"active,inactive" doc:"What a missing, null or empty field means. If no value is listed for the opposite, every other value except false, 0 and a zero time means that, such as a time of removal."`
}

// Shows reports whether a field shows who has access.
func (a *Access) Shows() bool { return a.Field.Given() }

// An End is how access ends: by one of two keywords, or by its own call.
type End struct {
	Way string // ByRemoval, BySetStatus or ByDeactivate
	Operation
}

// Ways to end access. The first two are keywords of the file.
const (
	ByRemoval    = "remove user"
	BySetStatus  = "set status"
	ByDeactivate = "deactivate user"
)

func isWay(text string) bool { return text == ByRemoval || text == BySetStatus }

// UnmarshalYAML reads one of the words, or an operation.
func (e *End) UnmarshalYAML(n *yaml.Node) error {
	if isWay(n.Value) {
		e.Way = n.Value
		return nil
	}
	e.Way = ByDeactivate
	return e.Operation.UnmarshalYAML(n)
}

// OperationPath returns where an operation is in the file.
func OperationPath(name string) string {
	switch name {
	case OpDeactivateUser:
		return "access.end"
	case OpActivateUser:
		return "access.give"
	}
	return "operations." + name
}

// schemaFile describes a mapping file, for [Parse] and for editors.
//
//go:embed mapping.schema.json
var schemaFile []byte

// formats check strings of a mapping file that have their own syntax.
var formats = map[string]func(text string) error{
	"field": func(text string) error { return new(Field).AddScalar(text) },
	"end": func(text string) error {
		if isWay(text) || new(Request).UnmarshalText([]byte(text)) == nil {
			return nil
		}
		return fmt.Errorf("%q is not a way to end access; %s, or a call such as POST /people/{user}/suspend",
			text, strict.Suggest(text, []string{ByRemoval, BySetStatus}, "write"))
	},
	"call":   func(text string) error { return new(Request).UnmarshalText([]byte(text)) },
	"cursor": func(text string) error { return new(Cursor).UnmarshalText([]byte(text)) },
	"path":   checkPath,
	"time": func(text string) error {
		if wait, err := time.ParseDuration(text); err != nil || wait < 0 || wait > time.Minute {
			return fmt.Errorf("%q is not a time up to 1m, such as 30s", text)
		}
		return nil
	},
}

var schema = sync.OnceValue(func() *strict.Schema {
	compiled, err := strict.NewSchema(schemaFile, formats)
	if err != nil {
		panic(fmt.Sprintf("the schema of mapping files: %v", err)) // a test reads it
	}
	return compiled
})

// Parse reads and checks a mapping file; name is used in messages. The error is a
// [strict.Problems] that lists every problem.
func Parse(name string, data []byte) (*Document, error) {
	var doc Document
	report := schema().Read(name, data, &doc)
	if err := report.Err(); err != nil {
		return nil, err
	}
	doc.Positions = report.Positions
	doc.User.Roles.Hold = cmp.Or(doc.User.Roles.Hold, "one")
	doc.User.Roles.By = cmp.Or(doc.User.Roles.By, "id")
	doc.Operations.ActivateUser = doc.Access.Give
	if doc.Access.End.Way == ByDeactivate {
		doc.Operations.DeactivateUser = &doc.Access.End.Operation
	}
	c := &checker{&doc, report}
	for _, op := range doc.Operations.All() {
		if op.Operation != nil {
			c.checkOperation(op)
		}
	}
	c.checkAttributes()
	c.checkRoles()
	c.checkAccess()
	if err := report.Err(); err != nil {
		return nil, err
	}
	return &doc, nil
}

// WritesStatus reports whether the update operation sends the status.
func (d *Document) WritesStatus() bool {
	return d.Access.Shows() && BodySends(d.Operations.UpdateUser, "status")
}

// WritesRole reports whether the update operation is the one that changes roles.
func (d *Document) WritesRole() bool {
	ops := &d.Operations
	return ops.SetRole == nil && ops.GrantRole == nil && BodySends(ops.UpdateUser, roleValues...)
}

// ManyRoles reports whether a user may hold several roles.
func (d *Document) ManyRoles() bool { return d.User.Roles.Hold == "many" }
