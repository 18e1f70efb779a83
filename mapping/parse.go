package mapping

import (
	_ "embed"
	"fmt"
	"sync"

	"suger-scim-gateway/mapping/spec/strict"
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
// error is a [strict.Problems] that lists every problem, each with line, column
// and advice. How the parts of a file fit together is looked at once each part
// can be read.
func ParseDocument(name string, data []byte) (*Document, error) {
	var doc Document
	positions, problems := strict.Decode(name, data, &doc)
	c := &checker{doc: &doc, file: name, positions: positions}
	c.checkParts()
	if len(problems) == 0 {
		c.checkWhole()
	}
	problems = append(problems, c.beside(problems)...)
	problems.Sort()
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return &doc, nil
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
