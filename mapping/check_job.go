package mapping

import (
	"fmt"
	"slices"
	"strings"
)

// checkMainJob makes sure that the mapping can do what the gateway is for: list
// users, add one, change a role and end access.
func (c *checker) checkMainJob() {
	ops := &c.doc.Operations
	if ops.ListUsers == nil {
		c.problem("operations", "add it", "%q is missing: without it users cannot be found", opListUsers)
	}
	if ops.AddUser == nil {
		c.problem("operations", "add it", "%q is missing: without it nobody can be given access", opAddUser)
	} else if !sends(ops.AddUser, "userName") {
		c.problem("operations."+opAddUser, "add it to the body", "%q does not send {userName}", opAddUser)
	}
}

// checkRoleChange makes sure that there is one way to change a role.
func (c *checker) checkRoleChange(m *model) {
	ops := &c.doc.Operations
	single := ops.GrantRole != nil || ops.RevokeRole != nil
	switch {
	case (ops.GrantRole == nil) != (ops.RevokeRole == nil):
		c.problem("operations", "add the other one", "%q and %q belong together", opGrantRole, opRevokeRole)
	case ops.SetRole != nil && single:
		c.problem("operations."+opSetRole, "remove one of the two ways", "%q, and %q and %q, do the same", opSetRole, opGrantRole, opRevokeRole)
	case ops.SetRole != nil && m.many:
		c.problem("operations."+opSetRole, fmt.Sprintf("use %q and %q", opGrantRole, opRevokeRole), "users hold many roles, and %q is for one", opSetRole)
	case ops.SetRole == nil && !single && !m.writesRole():
		c.problem("operations", fmt.Sprintf("let %q send {role} or {role.name}, or add %q", opUpdateUser, opSetRole), "no operation changes a role")
	case m.many && !single && !sends(ops.UpdateUser, rolesPlaceholder, roleNamesPlaceholder) && !listsRoles(ops.UpdateUser.Body):
		c.problem("operations."+opUpdateUser, fmt.Sprintf("send {roles} or {roles.names}, or a list of {role}, or add %q and %q", opGrantRole, opRevokeRole), "users hold many roles, and %q sends one", opUpdateUser)
	}
}

// sends reports whether an operation's body has one of the placeholders.
func sends(op *Operation, names ...string) bool {
	if op == nil {
		return false
	}
	found := placeholdersOf(op.Body)
	return slices.ContainsFunc(names, func(name string) bool { _, ok := found[name]; return ok })
}

// listsRoles reports whether a body has a list with an element for each role.
func listsRoles(part any) bool {
	switch p := part.(type) {
	case map[string]any:
		for _, inner := range p {
			if listsRoles(inner) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(p, func(inner any) bool { return aboutRole(inner) || listsRoles(inner) })
	}
	return false
}

// checkEndOfAccess makes sure that every way to end access exists and can come
// to be used.
func (c *checker) checkEndOfAccess(m *model) {
	ops, ways := &c.doc.Operations, c.doc.EndAccess
	if len(ways) == 0 {
		c.problem("end access", "list set status, deactivate user or remove user", "no way to end access is given")
	}
	for i, way := range ways {
		at := fmt.Sprintf("end access[%d]", i)
		switch {
		case slices.Index(ways, way) != i:
			c.problem(at, "remove one of them", "%q is given twice", way)
		case way == BySetStatus && (!m.writesStatus() || m.status.toInactive == nil):
			c.problem(at, fmt.Sprintf("give user.status an inactive value and let %q send {status}, or remove it here", opUpdateUser), "%q cannot be done", way)
		case way == ByDeactivate && ops.DeactivateUser == nil, way == ByRemoval && ops.RemoveUser == nil:
			c.problem(at, "add it, or remove it here", "there is no operation %q", way)
		case way == ByDeactivate && m.status == nil:
			c.problem(at, "add user.status", "%q would not show: nothing tells who has access", way)
		case i > 0 && c.always(m, ways[i-1]):
			c.problem(at, "remove it, or put it first", "%q is never reached: %q always works", way, ways[i-1])
		}
	}
	if ops.DeactivateUser != nil && !slices.Contains(ways, ByDeactivate) {
		c.problem("operations."+opDeactivateUser, "add it to end access, or remove it", "%q is never called", opDeactivateUser)
	}
}

// always reports whether a way to end access has no precondition. A status can
// only be set on a user who has one.
func (c *checker) always(m *model, way Strategy) bool {
	return way != BySetStatus || m.status != nil && m.status.absent != ""
}

// checkGivenBack makes sure that access that was ended by a status can be given
// back, in one way.
func (c *checker) checkGivenBack(m *model) {
	ops := &c.doc.Operations
	byStatus := m.status != nil && m.writesStatus() && m.status.toActive != nil
	switch {
	case ops.ActivateUser != nil && m.writesStatus():
		c.problem("operations."+opActivateUser, "remove it, or {status} there", "%q is never called: %q sends {status}", opActivateUser, opUpdateUser)
	case ops.ActivateUser != nil && m.status == nil:
		c.problem("operations."+opActivateUser, "add user.status", "%q is never called: nothing tells who has access", opActivateUser)
	case m.status != nil && ops.ActivateUser == nil && !byStatus && !slices.Equal(c.doc.EndAccess, []Strategy{ByRemoval}):
		c.problem("user.status", fmt.Sprintf("give it an active value and let %q send {status}, or add %q", opUpdateUser, opActivateUser), "access could be ended but not given back")
	}
}

// checkWritable makes sure that an attribute can be sent when it may change.
func (c *checker) checkWritable(m *model) {
	ops := &c.doc.Operations
	for _, name := range sortedKeys(c.doc.User.Attributes) {
		names := []string{canonicalAttribute(name)}
		if strings.HasPrefix(names[0], "name.") {
			names = append(names, "name.formatted")
			if !m.holds("displayName") {
				names = append(names, "displayName")
			}
		}
		at := "user.attributes." + name
		fixed := c.doc.User.Attributes[name].Write == "create"
		switch {
		case c.reported(at):
		case fixed && sends(ops.UpdateUser, names...):
			c.problem(at, "remove one of the two", "%s is fixed once the user exists, but %q sends it", name, opUpdateUser)
		case fixed && ops.AddUser != nil && !sends(ops.AddUser, names...):
			c.problem(at, fmt.Sprintf("add {%s} to the body of %q", names[0], opAddUser), "no operation sends %s", name)
		case !fixed && !sends(ops.UpdateUser, names...):
			c.problem(at, fmt.Sprintf("add {%s} to its body; if it is fixed once the user exists, say write: create", names[0]), "%q does not send %s", opUpdateUser, name)
		}
	}
}
