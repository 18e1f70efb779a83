package mapping

import "slices"

// checkMainJob makes sure that the mapping can do what the gateway is for: list
// users, add one, change a role and end access.
func (c *checker) checkMainJob() {
	ops, m := &c.doc.Operations, newModel(c.doc)
	if ops.ListUsers == nil {
		c.problem("operations", "%q is missing: without it users cannot be found", opListUsers)
	}
	if ops.AddUser == nil {
		c.problem("operations", "%q is missing: without it nobody can be given access", opAddUser)
	} else if _, ok := placeholdersOf(ops.AddUser.Body)["userName"]; !ok {
		c.problem("operations."+opAddUser, "the body does not send {userName}")
	}
	grants := ops.GrantRole != nil && ops.RevokeRole != nil
	switch {
	case (ops.GrantRole == nil) != (ops.RevokeRole == nil):
		c.problem("operations", "%q and %q belong together", opGrantRole, opRevokeRole)
	case ops.SetRole != nil && m.many:
		c.problem("operations."+opSetRole, "where users hold many roles, use %q and %q", opGrantRole, opRevokeRole)
	case ops.SetRole == nil && !grants && !m.writesRole():
		c.problem("operations", "no operation changes a role: %q must send {role}, {role.name}, {roles} or {roles.names}, or there must be %q", opUpdateUser, opSetRole)
	case m.many && !grants && !m.updates("roles") && !m.updates("roles.names"):
		c.problem("operations", "users hold many roles, but nothing writes {roles} and there is no %q", opGrantRole)
	}
	c.checkEndOfAccess(m)
}

// checkEndOfAccess makes sure that every way to end access exists, and that
// what is ended by a status can be given back.
func (c *checker) checkEndOfAccess(m *model) {
	ops := &c.doc.Operations
	if len(c.doc.EndAccess) == 0 {
		c.problem("end access", "no way to end access is given")
	}
	for i, strategy := range c.doc.EndAccess {
		at := "end access"
		switch {
		case slices.Index(c.doc.EndAccess, strategy) != i:
			c.problem(at, "%q is given twice", strategy)
		case strategy == BySetStatus && (!m.writesStatus() || m.status.toInactive == nil):
			c.problem(at, "%q needs user.status with an inactive value, and %q that sends {status}", strategy, opUpdateUser)
		case strategy == ByDeactivate && ops.DeactivateUser == nil:
			c.problem(at, "%q needs the operation of that name", strategy)
		case strategy == ByRemoval && ops.RemoveUser == nil:
			c.problem(at, "%q needs the operation of that name", strategy)
		case strategy == ByDeactivate && m.status == nil:
			c.problem(at, "%q needs user.status, to see that access has ended", strategy)
		}
	}
	if m.status != nil && !slices.Equal(c.doc.EndAccess, []Strategy{ByRemoval}) &&
		ops.ActivateUser == nil && !(m.writesStatus() && m.status.toActive != nil) {
		c.problem("user.status", "access could be ended but not given back: %q must send {status} with an active value, or there must be %q", opUpdateUser, opActivateUser)
	}
}

// checkStatus makes sure that the status can be read.
func (c *checker) checkStatus() {
	s := c.doc.User.Status
	if s == nil {
		return
	}
	if s.Absent == "" && (len(s.Active) == 0 || len(s.Inactive) == 0) {
		c.problem("user.status", "active and inactive values are needed, or what it means if the field is absent")
	}
	active, inactive := texts(s.Active), texts(s.Inactive)
	for word := range inactive {
		if active[word] {
			c.problem("user.status.inactive", "%q cannot be both active and inactive", word)
		}
	}
	for word := range texts(s.Pending) {
		if !active[word] {
			c.problem("user.status.pending", "%q is not among the active values", word)
		}
	}
}

// checkRoles makes sure that roles can be told apart and ranked.
func (c *checker) checkRoles() {
	role := &c.doc.Role
	names := make(map[string]bool)
	administrators := 0
	for _, known := range role.Known {
		if names[fold(known.Name)] {
			c.problem("role.known", "%q is given twice", known.Name)
		}
		names[fold(known.Name)] = true
		if known.Administrator {
			administrators++
		}
	}
	if administrators == 0 {
		c.problem("role.known", "no role is marked administrator: the last one could not be protected")
	}
	if !names[fold(role.Default)] && c.doc.Operations.ListRoles == nil {
		c.problem("role.default", "%q is not among the known roles", role.Default)
	}
	for _, known := range role.Known {
		if known.Administrator && fold(known.Name) == fold(role.Default) {
			c.problem("role.default", "the default role cannot be an administrator's")
		}
	}
	seen := make(map[string]bool)
	for _, name := range role.Precedence {
		if seen[fold(name)] {
			c.problem("role.precedence", "%q is given twice", name)
		}
		seen[fold(name)] = true
	}
	roles := &c.doc.User.Roles
	if roles.Hold == "many" && c.doc.Operations.SetRole != nil {
		return // reported with the operations
	}
	if c.doc.Operations.ListRoles != nil && role.ID.Given() != role.Name.Given() {
		c.problem("role", "give both id and name, or neither where roles are plain strings")
	}
}

// checkWritable makes sure that an attribute that may change can be sent.
func (c *checker) checkWritable() {
	m := newModel(c.doc)
	for _, name := range sortedKeys(c.doc.User.Attributes) {
		if c.doc.User.Attributes[name].Write == "create" {
			continue
		}
		sent := m.updates(canonicalAttribute(name))
		if len(name) > 5 && name[:5] == "name." {
			sent = sent || m.updates("name.formatted") || m.updates("displayName")
		}
		if !sent {
			c.problem("user.attributes."+name, "%q does not send {%s}; if it is fixed once the user exists, say write: create", opUpdateUser, name)
		}
	}
}
