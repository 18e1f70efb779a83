package mapping

import (
	"fmt"

	"suger-scim-gateway/mapping/spec/strict"
)

// checkRoles makes sure that roles can be told apart and ranked.
func (c *checker) checkRoles() {
	names := c.checkKnownRoles()
	c.checkPrecedence(names)
	role, listed := &c.doc.Role, c.doc.Operations.ListRoles != nil
	if !listed {
		c.checkIsKnown("role.default", role.Default, names)
		c.checkRoleWrites()
	}
	for _, known := range role.Known {
		if known.Administrator && fold(known.Name) == fold(role.Default) {
			c.problem("role.default", "take a lesser role", "%s is an administrator's role, which everybody without a role would get", role.Default)
		}
	}
	if listed && role.ID.Given() != role.Name.Given() {
		c.problem("role", "give both, or neither where Suger's roles are plain strings", "only one of id and name is given")
	}
	if role.Kind.Given() != (len(role.Standard) > 0) {
		c.problem("role", "give both, or neither", "only one of kind and standard kinds is given")
	}
}

// checkKnownRoles makes sure that the known roles are different ones, and that
// one of them is an administrator's. It answers their names.
func (c *checker) checkKnownRoles() []string {
	var names []string
	taken := make(map[string]bool)
	administrators := 0
	for i, known := range c.doc.Role.Known {
		at := fmt.Sprintf("role.known[%d]", i)
		if known.Name == "" {
			continue
		}
		if taken["name "+fold(known.Name)] {
			c.problem(at+".name", "remove one of them", "%q is given twice", known.Name)
		}
		id := known.id()
		if known.ID != nil && id == "" || isBool(known.ID) {
			c.problem(at+".id", "write it as Suger does", "the id of %s is neither a string nor a whole number", known.Name)
		}
		if id != "" && taken["id "+id] {
			c.problem(at+".id", "remove one of them", "%q is given twice", id)
		}
		taken["name "+fold(known.Name)], taken["id "+id] = true, true
		names = append(names, known.Name)
		if known.Administrator {
			administrators++
		}
	}
	if c.doc.Role.Known != nil && administrators == 0 {
		c.problem("role.known", "say administrator: true of the role that manages users", "no role is an administrator's, so the last one could not be protected")
	}
	return names
}

func isBool(value any) bool {
	_, is := value.(bool)
	return is
}

// checkRoleWrites makes sure that a role that is written can be found again.
func (c *checker) checkRoleWrites() {
	for _, op := range c.doc.Operations.all() {
		isWrite := op.name == opAddRole || op.name == opUpdateRole || op.name == opRemoveRole
		if op.Operation != nil && isWrite {
			c.problem("operations."+op.name, "add that, or remove this", "%q needs %q: only the known roles could be found", op.name, opListRoles)
		}
	}
}

// checkPrecedence makes sure that the order of roles is one.
func (c *checker) checkPrecedence(known []string) {
	placed := make(map[string]bool)
	for i, name := range c.doc.Role.Precedence {
		at := fmt.Sprintf("role.precedence[%d]", i)
		if placed[fold(name)] {
			c.problem(at, "remove one of them", "%q is given twice", name)
		}
		placed[fold(name)] = true
		if name != "*" && c.doc.Operations.ListRoles == nil {
			c.checkIsKnown(at, name, known)
		}
	}
	for i, role := range c.doc.Role.Known {
		if role.Administrator && role.Name != "" && !placed[fold(role.Name)] {
			c.problem(fmt.Sprintf("role.known[%d]", i), "put it into role.precedence, before *", "the administrator's role %s is not in precedence", role.Name)
		}
	}
}

// checkIsKnown makes sure that a role exists where no list of roles can tell.
func (c *checker) checkIsKnown(at, name string, known []string) {
	for _, one := range known {
		if fold(one) == fold(name) {
			return
		}
	}
	if name != "" {
		c.problem(at, strict.Suggest(name, known), "%q is not among the known roles, and there is no %q", name, opListRoles)
	}
}
