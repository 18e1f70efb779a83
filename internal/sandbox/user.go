package sandbox

import (
	"slices"
	"time"
)

// The states of a user. INVITED is a user who has been added and has not
// signed in yet; only INACTIVE ends access and frees the seat.
const (
	StatusActive   = "ACTIVE"
	StatusInvited  = "INVITED"
	StatusInactive = "INACTIVE"
)

// A User is a user of the organization as the sandbox holds it. How it looks
// on the wire is the affair of the contract.
type User struct {
	ID               string
	Email            string // as given; compared without regard to case
	FirstName        string
	LastName         string
	Role             string   // role id; the first one where a user may have several
	OtherRoles       []string // further role ids, in the multirole contract only
	Status           string   // StatusActive, StatusInvited or StatusInactive
	CreationTime     time.Time
	LastUpdateTime   time.Time
	DeactivationTime time.Time // zero unless StatusInactive
}

// seated says whether the user holds a seat of the plan.
func (u *User) seated() bool { return u.Status != StatusInactive }

// roles are the ids of all roles the user holds, the first one first.
func (u *User) roles() []string {
	if u.Role == "" {
		return []string{}
	}
	return append([]string{u.Role}, u.OtherRoles...)
}

// setRoles makes these the user's roles. It never writes into OtherRoles,
// which copies of the user share.
func (u *User) setRoles(ids []string) {
	u.Role, u.OtherRoles = "", nil
	if len(ids) > 0 {
		u.Role = ids[0]
	}
	if len(ids) > 1 {
		u.OtherRoles = slices.Clone(ids[1:])
	}
}

// sameAs says whether nothing that can be written differs.
func (u *User) sameAs(other *User) bool {
	return u.Email == other.Email && u.FirstName == other.FirstName && u.LastName == other.LastName &&
		u.Status == other.Status && slices.Equal(u.roles(), other.roles())
}

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
