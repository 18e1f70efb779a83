package sandbox

import (
	"slices"
	"strings"
	"time"
)

// The standard roles. Their ids equal their names, and they are fixed
// (doc.suger.io/get-started/account).
const (
	RoleAdmin  = "ADMIN"
	RoleEditor = "EDITOR"
	RoleViewer = "VIEWER"
)

// The types of a role.
const (
	TypeStandard = "STANDARD"
	TypeCustom   = "CUSTOM"
)

// A Role is a role of the organization.
type Role struct {
	ID          string
	Name        string // unique without regard to case
	Description string
	Type        string // TypeStandard or TypeCustom
	Permissions []string
}

func (r Role) clone() Role {
	r.Permissions = slices.Clone(r.Permissions)
	return r
}

func (o *organization) listRoles() []Role {
	o.mu.RLock()
	defer o.mu.RUnlock()
	roles := make([]Role, 0, len(o.roles))
	for _, role := range o.roles {
		roles = append(roles, role.clone())
	}
	return roles
}

func (o *organization) addRole(role Role, pretend bool) (Role, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.permitRole(&role); err != nil {
		return Role{}, err
	}
	role.ID, role.Type = o.freeID(), TypeCustom
	if !pretend {
		o.appendRole(role.clone())
	}
	return role, nil
}

func (o *organization) updateRole(id string, pretend bool, edit func(*Role)) (Role, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, err := o.customRole(id)
	if err != nil {
		return Role{}, err
	}
	edited := o.roles[at].clone()
	edit(&edited)
	if err := o.permitRole(&edited); err != nil {
		return Role{}, err
	}
	if !pretend {
		o.roles[at] = edited.clone()
	}
	return edited, nil
}

// removeRole removes a custom role that nobody holds; inactive users count.
func (o *organization) removeRole(id string, pretend bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	at, err := o.customRole(id)
	if err != nil {
		return err
	}
	for _, m := range o.members {
		if m.role == id || slices.Contains(m.otherRoles, id) {
			return refuse(400, "role %q is in use", o.roles[at].Name)
		}
	}
	if !pretend {
		o.roles = slices.Delete(o.roles, at, at+1)
	}
	return nil
}

// customRole finds a role that may be written.
func (o *organization) customRole(id string) (int, error) {
	at := o.roleIndex(id)
	if at < 0 {
		return 0, refuse(404, "role not found")
	}
	if o.roles[at].Type == TypeStandard {
		return 0, refuse(400, "role %q is a standard role, which cannot be changed", o.roles[at].Name)
	}
	return at, nil
}

func (o *organization) permitRole(role *Role) error {
	if strings.TrimSpace(role.Name) == "" {
		return refuse(400, "name is required")
	}
	if o.global && (!fit(sizeRoleName, role.Name) || !fit(sizeDescription, role.Description) || !fit(sizePermission, role.Permissions...)) {
		return errDatabase
	}
	for _, other := range o.roles {
		if other.ID != role.ID && strings.EqualFold(other.Name, role.Name) {
			return refuse(400, "a role named %q already exists", other.Name)
		}
	}
	return nil
}

// appendRole puts a new role at the end. The caller holds the lock.
func (o *organization) appendRole(role Role) {
	o.roles = append(o.roles, role)
	o.roleTimes[role.ID] = o.tick()
}

// roleTime is when the role was made; a role that is only pretended is new.
func (o *organization) roleTime(id string) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if made, ok := o.roleTimes[id]; ok {
		return made
	}
	return o.tick()
}

func (o *organization) roleIndex(id string) int {
	return slices.IndexFunc(o.roles, func(r Role) bool { return r.ID == id })
}

// roleName is the name of the role with this id, or the id itself.
func (o *organization) roleName(id string) string {
	o.mu.RLock()
	defer o.mu.RUnlock()
	if at := o.roleIndex(id); at >= 0 {
		return o.roles[at].Name
	}
	return id
}
