package sandbox

import (
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The standard roles, whose ids equal their names (doc.suger.io/get-started/account).
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

// A Role is a role of an organization.
type Role struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"` // unique without regard to case
	Description  string   `json:"description"`
	Type         string   `json:"-"` // TypeStandard or TypeCustom
	Permissions  []string `json:"permissions"`
	CreationTime Time     `json:"creationTime"`
}

// A User is a person, whom all organizations share.
type User struct {
	ID             string `json:"id"`
	FirstName      string `json:"firstName"`
	LastName       string `json:"lastName"`
	Email          string `json:"email"` // as given; compared without regard to case
	CreationTime   Time   `json:"creationTime"`
	LastUpdateTime Time   `json:"lastUpdateTime"`
}

// A Time has the form [TimeFormat] in JSON.
type Time struct{ time.Time }

// TimeFormat is the form of all times in answers.
const TimeFormat = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON implements [json.Marshaler].
func (t Time) MarshalJSON() ([]byte, error) { return t.AppendFormat(nil, `"`+TimeFormat+`"`), nil }

// A Member is the membership of a user in an organization.
type Member struct {
	*User
	Role     string // id
	JoinTime Time

	// What follows is for the contracts of tests.

	OtherRoles       []string // further role ids
	Status           string
	DeactivationTime Time

	row  any    // of the list, as last answered
	json []byte // the row
}

// A Store is what the sandbox holds. Its methods, and those of an organization, need the
// lock of the sandbox.
type Store struct {
	Organizations []*Organization // the first is that of [Options]
	Users         map[string]*User
	Emails        map[string]*User // by lower-case e-mail

	NewID  func() string // returns an id that nobody has or had
	Clock  func() time.Time
	latest time.Time // latest time given out
}

// An Organization is one organization and its rules.
type Organization struct {
	ID      string
	Domains []string  // lower case; the first is that of the sample people
	Seats   int       // 0 is no limit
	Members []*Member // by the time they joined
	Roles   []*Role   // standard ones first, then by creation

	store  *Store
	byUser map[string]*Member
}

// Home returns the organization of [Options].
func (s *Store) Home() *Organization { return s.Organizations[0] }

// Tick returns the present time, at least a millisecond after the one returned before, so
// that times have an order.
func (s *Store) Tick() Time {
	now := s.Clock().UTC().Truncate(time.Millisecond)
	if !now.After(s.latest) {
		now = s.latest.Add(time.Millisecond)
	}
	s.latest = now
	return Time{now}
}

// UserByEmail returns nil if nobody has the e-mail, whatever its case.
func (s *Store) UserByEmail(email string) *User { return s.Emails[strings.ToLower(email)] }

// Put stores the user under its id; all its memberships share it.
func (s *Store) Put(user User) *User {
	held := s.Users[user.ID]
	if held == nil {
		held = new(User)
		s.Users[user.ID] = held
	}
	delete(s.Emails, strings.ToLower(held.Email))
	*held = user
	s.Emails[strings.ToLower(user.Email)] = held
	return held
}

// Member returns nil if the user with this id is no member.
func (o *Organization) Member(id string) *Member { return o.byUser[id] }

// Add adds a member at the end of the list.
func (o *Organization) Add(m *Member) {
	o.Members = append(o.Members, m)
	o.byUser[m.ID] = m
}

// Remove ends the membership of the user with this id, if there is one.
func (o *Organization) Remove(id string) {
	if o.byUser[id] != nil {
		delete(o.byUser, id)
		o.Members = slices.DeleteFunc(o.Members, func(m *Member) bool { return m.ID == id })
	}
}

// errDatabase is Suger's only message for a value that its database refuses.
var errDatabase = Refuse(500, "DB error occurred")

// fit reports whether each value fits a column of this size, in characters.
func fit(size int, values ...string) bool {
	return !slices.ContainsFunc(values, func(value string) bool { return utf8.RuneCountInString(value) > size })
}

func (u *User) fits() bool { return fit(30, u.FirstName, u.LastName) && fit(100, u.Email) }

// PermitEmail accepts addresses in a domain of the organization
// (doc.suger.io/get-started/account).
func (o *Organization) PermitEmail(email string) error {
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return Refuse(400, "email %q is not an e-mail address", email)
	}
	if domain := strings.ToLower(email[strings.LastIndex(email, "@")+1:]); !slices.Contains(o.Domains, domain) {
		return Refuse(400, "email domain %q is not a domain of the organization", domain)
	}
	return nil
}

// PermitSeat returns an error if the plan has no seat besides those of the seated.
func (o *Organization) PermitSeat(seated int) error {
	if o.Seats > 0 && seated >= o.Seats {
		return Refuse(400, "no seat left: the plan has %d", o.Seats)
	}
	return nil
}

// Upsert returns the user of this e-mail, for the caller to store. A known one keeps its id,
// names and spelling.
func (s *Store) Upsert(user User) (User, error) {
	if !user.fits() {
		return User{}, errDatabase
	}
	if known := s.UserByEmail(user.Email); known != nil {
		user = *known
		user.LastUpdateTime = s.Tick() // an upsert changes nothing else
		return user, nil
	}
	user.ID, user.CreationTime = s.NewID(), s.Tick()
	user.LastUpdateTime = user.CreationTime
	return user, nil
}

// Enroll makes the user of this e-mail a member. It overwrites a member's role.
func (o *Organization) Enroll(given User, role string) (*Member, error) {
	if err := o.PermitEmail(given.Email); err != nil {
		return nil, err
	}
	user, err := o.store.Upsert(given)
	if err == nil {
		err = o.permitRoleOf(role)
	}
	m := o.Member(user.ID)
	if err == nil && m == nil {
		err = o.PermitSeat(len(o.Members))
	}
	if err != nil {
		return nil, err
	}
	held := o.store.Put(user)
	if m == nil {
		m = &Member{User: held, JoinTime: o.store.Tick()}
		o.Add(m)
	}
	m.Role = role
	return m, nil
}

// Change lets edit change the names of a user and the role of a member. It returns a nil
// member if the user is none.
func (o *Organization) Change(id string, edit func(user *User, role *string) error) (*User, *Member, error) {
	held, m := o.store.Users[id], o.Member(id)
	if held == nil {
		return nil, nil, ErrNoUser
	}
	user, before := *held, ""
	if m != nil {
		before = m.Role
	}
	role := before
	err := edit(&user, &role)
	switch {
	case err != nil:
	case role != before && m == nil:
		err = Refuse(404, "user is not a member of the organization")
	case !user.fits():
		err = errDatabase
	case role != before:
		err = o.permitRoleOf(role)
	}
	if err != nil {
		return nil, nil, err
	}
	if user != *held {
		user.LastUpdateTime = o.store.Tick() // a role change leaves this time alone: it is the membership's
		o.store.Put(user)
	}
	if m != nil {
		m.Role = role
	}
	return held, m, nil
}

func (o *Organization) permitRoleOf(id string) error {
	switch {
	case !fit(36, id):
		return errDatabase
	case o.Role(id) == nil:
		return Refuse(400, "unknown role %q", id)
	}
	return nil
}

// Role returns nil if there is no role with this id.
func (o *Organization) Role(id string) *Role {
	return o.role(func(r *Role) bool { return r.ID == id })
}

// RoleNamed returns nil if there is no role with this name.
func (o *Organization) RoleNamed(name string) *Role {
	return o.role(func(r *Role) bool { return r.Name == name })
}

func (o *Organization) role(fits func(*Role) bool) *Role {
	if at := slices.IndexFunc(o.Roles, fits); at >= 0 {
		return o.Roles[at]
	}
	return nil
}
