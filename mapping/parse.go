package mapping

import (
	_ "embed"
	"fmt"
	"sync"

	"suger-scim-gateway/mapping/strict"
)

//go:embed suger.yaml
var defaultFile []byte

// DefaultName is what the embedded mapping is called in messages.
const DefaultName = "suger.yaml"

// DefaultSource is the embedded mapping as it is written.
func DefaultSource() []byte { return defaultFile }

// DefaultDocument is the embedded mapping.
var DefaultDocument = sync.OnceValue(func() *Document {
	doc, err := ParseDocument(DefaultName, defaultFile)
	if err != nil {
		panic(fmt.Sprintf("the embedded mapping: %v", err)) // a test reads it
	}
	return doc
})

// ParseDocument reads and checks a mapping file; name is used in messages. The
// error lists every problem, each with line, column and advice.
func ParseDocument(name string, data []byte) (*Document, error) {
	var doc Document
	positions, problems := strict.Decode(name, data, &doc)
	if len(problems) > 0 {
		return nil, problems
	}
	doc.complete()
	c := &checker{doc: &doc, file: name, positions: positions}
	c.check()
	if len(c.problems) > 0 {
		c.problems.Sort()
		return nil, c.problems
	}
	return &doc, nil
}

// complete fills what the file may leave out.
func (d *Document) complete() {
	for _, op := range d.Operations.all() {
		if op.Operation != nil && op.Sends == "" {
			op.Sends = SendsChanges
		}
	}
	if d.User.Roles.Hold == "" {
		d.User.Roles.Hold = "one"
	}
	if d.User.Roles.By == "" {
		d.User.Roles.By = "id"
	}
}

// A namedOperation is an operation under its name in the file.
type namedOperation struct {
	name string
	*Operation
}

// all lists the operations in the order of the file.
func (o *Operations) all() []namedOperation {
	return []namedOperation{
		{opListUsers, o.ListUsers}, {opGetUser, o.GetUser}, {opAddUser, o.AddUser}, {opUpdateUser, o.UpdateUser},
		{opRemoveUser, o.RemoveUser}, {opActivateUser, o.ActivateUser}, {opDeactivateUser, o.DeactivateUser},
		{opSetRole, o.SetRole}, {opGrantRole, o.GrantRole}, {opRevokeRole, o.RevokeRole},
		{opListRoles, o.ListRoles}, {opAddRole, o.AddRole}, {opUpdateRole, o.UpdateRole}, {opRemoveRole, o.RemoveRole},
	}
}
