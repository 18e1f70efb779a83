package sandbox

import (
	"cmp"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// A store is what the sandbox holds: the people whom Suger knows, and the
// organizations of which they are members. Every contract reaches the same store.
//
// Its methods, and those of an organization, need the lock: the server holds it
// for each operation, and the methods of [Sandbox] take it.
type store struct {
	*contract
	clock           func() time.Time
	newID           func() string
	newMembershipID func() string

	mu            sync.RWMutex
	pretend       bool // change nothing, but answer as if
	users         map[string]*GlobalUser
	byEmail       map[string]*GlobalUser // by lower-case e-mail
	organizations []*organization        // the first is that of [Options]
	latest        time.Time              // latest time given out
}

// An organization is one organization of the store, and the rules it obeys.
type organization struct {
	*store
	id      string
	domains []string // lower case; the first is that of the sample people
	seats   int      // 0 is no limit

	members []*member // by seq, so by the time they joined
	byUser  map[string]*member
	roles   []Role // standard ones first, then by creation

	roleTimes map[string]time.Time // creation of custom roles, by id

	seq    uint64 // of the latest member
	seated int    // members who hold a seat
}

// A member is never changed but replaced, so a list that has been taken stays
// as it was.
type member struct {
	User
	seq uint64 // the place in the list, which outlives neighbors
}

func (s *store) organization(id string) *organization {
	at := slices.IndexFunc(s.organizations, func(o *organization) bool { return o.id == id })
	if at < 0 {
		return nil
	}
	return s.organizations[at]
}

// home is the organization of [Options].
func (s *store) home() *organization { return s.organizations[0] }

// page returns at most limit members from the index on, and the number of all.
func (o *organization) page(start, limit int) ([]*member, int) {
	start = min(start, len(o.members))
	end := start + min(limit, len(o.members)-start)
	return slices.Clone(o.members[start:end]), len(o.members)
}

// index is where seq is in the list, or would be.
func (o *organization) index(seq uint64) int {
	at, _ := slices.BinarySearchFunc(o.members, seq, func(m *member, seq uint64) int { return cmp.Compare(m.seq, seq) })
	return at
}

// user is the member with this user id.
func (o *organization) user(id string) (User, error) {
	found, ok := o.byUser[id]
	if !ok {
		return User{}, errNoUser
	}
	return found.User, nil
}

// memberByEmail returns nil if there is no such member.
func (o *organization) memberByEmail(email string) *member {
	user, ok := o.byEmail[strings.ToLower(email)]
	if !ok {
		return nil
	}
	return o.byUser[user.ID]
}

// membership is the member whose membership has this id.
func (o *organization) membership(id string) (*member, error) {
	at := slices.IndexFunc(o.members, func(m *member) bool { return m.MembershipID == id })
	if at < 0 {
		return nil, refuse(404, "membership not found")
	}
	return o.members[at], nil
}

// What follows are the writes of the contracts without global users.

// add adds a user, unless there is one with this e-mail already: then it
// answers that one, unchanged, and existed.
func (o *organization) add(user User) (added User, existed bool, err error) {
	if found := o.memberByEmail(user.Email); found != nil {
		return found.User, true, nil
	}
	user.Status = StatusInvited
	if o.noStates {
		user.Status = StatusActive
	}
	if err := o.permit(&User{Status: StatusInactive}, &user); err != nil {
		return User{}, false, err
	}
	user.ID, user.MembershipID = o.freeID(), o.newMembershipID()
	user.JoinTime = o.tick()
	user.CreationTime, user.LastUpdateTime = user.JoinTime, user.JoinTime
	o.put(nil, user)
	return user, false, nil
}

// update lets edit change a copy of the user and stores it if the rules
// permit it. An edit that changes nothing leaves the update time alone.
func (o *organization) update(id string, edit func(*User) error) (User, error) {
	held, ok := o.byUser[id]
	if !ok {
		return User{}, errNoUser
	}
	edited := held.User
	if err := edit(&edited); err != nil || edited.sameAs(&held.User) {
		return edited, err
	}
	if err := o.permit(&held.User, &edited); err != nil {
		return User{}, err
	}
	edited.LastUpdateTime = o.tick()
	edited.DeactivationTime = deactivation(&held.User, &edited)
	o.put(held, edited)
	return edited, nil
}

func (o *organization) remove(id string) error {
	held, ok := o.byUser[id]
	if !ok {
		return errNoUser
	}
	o.drop(held)
	return nil
}

// permit applies the rules to a change from old to user.
func (o *organization) permit(old, user *User) error {
	if user.Email != old.Email || user.Email == "" {
		if err := o.permitEmail(user.Email); err != nil {
			return err
		}
		if holder, ok := o.byEmail[strings.ToLower(user.Email)]; ok && holder.ID != old.ID {
			return refuse(400, "a user with the email %q already exists", user.Email)
		}
	}
	if !slices.Contains([]string{StatusActive, StatusInvited, StatusInactive}, user.Status) {
		return refuse(400, "status %q is not one of ACTIVE, INVITED, INACTIVE", user.Status)
	}
	if user.Role == "" && !o.manyRoles && (old.ID == "" || old.Role != "") {
		return refuse(400, "role is required")
	}
	for _, id := range user.roles() {
		if !slices.Contains(old.roles(), id) && o.roleIndex(id) < 0 {
			return refuse(400, "unknown role %q", id)
		}
	}
	if user.seated() && !old.seated() {
		return o.permitSeat()
	}
	return nil
}

func (o *organization) permitSeat() error {
	if o.seats > 0 && o.seated >= o.seats {
		return refuse(400, "no seat left: the plan has %d", o.seats)
	}
	return nil
}

// permitEmail accepts addresses in a domain of the organization
// (doc.suger.io/get-started/account).
func (o *organization) permitEmail(email string) error {
	if err := checkEmail(email); err != nil {
		return err
	}
	if domain := strings.ToLower(email[strings.LastIndex(email, "@")+1:]); !slices.Contains(o.domains, domain) {
		return refuse(400, "email domain %q is not a domain of the organization", domain)
	}
	return nil
}

func checkEmail(email string) error {
	if address, err := mail.ParseAddress(email); err != nil || address.Address != email {
		return refuse(400, "email %q is not an e-mail address", email)
	}
	return nil
}

// What follows are the writes of Suger's own data layer, in which users are
// global and an organization has memberships.

// The sizes of the columns, in characters.
const (
	sizeRoleID      = 36
	sizeName        = 30 // first and last name each
	sizeEmail       = 100
	sizeRoleName    = 50
	sizeDescription = 300
	sizePermission  = 50
)

// errDatabase is all that Suger says of a value that its database refuses.
var errDatabase = refuse(500, "DB error occurred")

// fit reports whether every value fits into a column.
func fit(size int, values ...string) bool {
	return !slices.ContainsFunc(values, func(value string) bool { return utf8.RuneCountInString(value) > size })
}

// fits reports whether the user fits into the columns.
func (u *User) fits() bool {
	return fit(sizeName, u.FirstName, u.LastName) && fit(sizeEmail, u.Email) && fit(sizeRoleID, u.Role)
}

// join makes somebody a member, and a user where the e-mail is new. It is an
// upsert of both: a known e-mail keeps its id, names and spelling, and a
// member's role is overwritten.
func (o *organization) join(wish User) (User, error) {
	if err := o.permitEmail(wish.Email); err != nil {
		return User{}, err
	}
	user, err := o.upsert(wish)
	if err != nil {
		return User{}, err
	}
	return o.enroll(user, wish.Role)
}

// upsert is the global user of this e-mail, new or known. The caller stores it.
func (s *store) upsert(wish User) (GlobalUser, error) {
	if !wish.fits() {
		return GlobalUser{}, errDatabase
	}
	if known, ok := s.byEmail[strings.ToLower(wish.Email)]; ok {
		user := *known
		user.LastUpdateTime = s.tick() // an upsert changes nothing else
		return user, nil
	}
	wish.ID, wish.CreationTime = s.freeID(), s.tick()
	wish.LastUpdateTime = wish.CreationTime
	return wish.global(), nil
}

// enroll writes the membership.
func (o *organization) enroll(user GlobalUser, role string) (User, error) {
	if !fit(sizeRoleID, role) {
		return User{}, errDatabase
	}
	if o.roleIndex(role) < 0 {
		return User{}, refuse(400, "unknown role %q", role)
	}
	held, present := o.byUser[user.ID]
	joined := User{Status: StatusActive}
	if present {
		joined = held.User
	} else {
		if err := o.permitSeat(); err != nil {
			return User{}, err
		}
		joined.MembershipID, joined.JoinTime = o.newMembershipID(), o.tick()
	}
	joined.setGlobal(user)
	joined.Role = role
	o.put(held, joined)
	return joined, nil
}

// change lets edit change the names of a user, whoever is a member of what, and
// the role of a member. A role for somebody who is no member refuses the whole
// change. It reports whether the user is a member.
func (o *organization) change(id string, edit func(*User) error) (user User, present bool, err error) {
	global, ok := o.users[id]
	if !ok {
		return User{}, false, errNoUser
	}
	held, present := o.byUser[id]
	if present {
		user = held.User
	}
	user.setGlobal(*global)
	before := user
	if err := edit(&user); err != nil {
		return User{}, false, err
	}
	switch {
	case user.Role != before.Role && !present:
		return User{}, false, refuse(404, "user is not a member of the organization")
	case !user.fits():
		return User{}, false, errDatabase
	case user.Role != before.Role && o.roleIndex(user.Role) < 0:
		return User{}, false, refuse(400, "unknown role %q", user.Role)
	}
	if user.FirstName != before.FirstName || user.LastName != before.LastName {
		user.LastUpdateTime = o.tick() // a role change leaves this time alone: it is the membership's
	}
	if present {
		o.put(held, user)
	} else {
		o.putUser(user.global())
	}
	return user, present, nil
}

// What follows are the roles, which are the same in every contract.

func (o *organization) addRole(role Role) (Role, error) {
	if err := o.permitRole(&role); err != nil {
		return Role{}, err
	}
	role.ID, role.Type = o.freeID(), TypeCustom
	if !o.pretend {
		o.appendRole(role)
	}
	return role, nil
}

func (o *organization) appendRole(role Role) {
	o.roles = append(o.roles, role)
	o.roleTimes[role.ID] = o.tick()
}

func (o *organization) updateRole(id string, edit func(*Role) error) (Role, error) {
	at, err := o.customRole(id)
	if err != nil {
		return Role{}, err
	}
	edited := o.roles[at]
	if err := edit(&edited); err != nil {
		return Role{}, err
	}
	if err := o.permitRole(&edited); err != nil {
		return Role{}, err
	}
	if !o.pretend {
		o.roles[at] = edited
	}
	return edited, nil
}

// removeRole removes a custom role that nobody holds; inactive users count.
func (o *organization) removeRole(id string) error {
	at, err := o.customRole(id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(o.members, func(m *member) bool { return slices.Contains(m.roles(), id) }) {
		return refuse(400, "role %q is in use", o.roles[at].Name)
	}
	if !o.pretend {
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

func (o *organization) roleIndex(id string) int {
	return slices.IndexFunc(o.roles, func(r Role) bool { return r.ID == id })
}

// roleName is the name of the role with this id, or the id itself.
func (o *organization) roleName(id string) string {
	if at := o.roleIndex(id); at >= 0 {
		return o.roles[at].Name
	}
	return id
}

// What follows keeps the indexes of the store consistent. The caller has applied
// the rules, or bypasses them.

// put replaces the held membership in the same place of the list, or adds one at
// its end. The names and times of the user become those of the person in all
// organizations.
func (o *organization) put(held *member, u User) {
	if o.pretend {
		return
	}
	o.putUser(u.global())
	m := &member{User: u}
	if held == nil {
		o.seq++
		m.seq = o.seq
		o.members = append(o.members, m)
	} else {
		m.seq = held.seq
		o.members[o.index(m.seq)] = m
		if held.seated() {
			o.seated--
		}
	}
	o.byUser[u.ID] = m
	if m.seated() {
		o.seated++
	}
}

// putUser holds the user, under the id that it has. All memberships show it.
func (s *store) putUser(u GlobalUser) {
	if s.pretend {
		return
	}
	if old, ok := s.users[u.ID]; ok {
		if *old == u {
			return
		}
		delete(s.byEmail, strings.ToLower(old.Email))
		for _, o := range s.organizations {
			if m, ok := o.byUser[u.ID]; ok {
				renewed := *m
				renewed.setGlobal(u)
				o.members[o.index(m.seq)] = &renewed
				o.byUser[u.ID] = &renewed
			}
		}
	}
	s.users[u.ID] = &u
	s.byEmail[strings.ToLower(u.Email)] = &u
}

// drop ends a membership. Where users are not global, the user goes too.
func (o *organization) drop(m *member) {
	if o.pretend {
		return
	}
	delete(o.byUser, m.ID)
	at := o.index(m.seq)
	o.members = slices.Delete(o.members, at, at+1)
	if m.seated() {
		o.seated--
	}
	if !o.global {
		o.forget(m.global())
	}
}

// forget removes the user, who is no member any more.
func (s *store) forget(u GlobalUser) {
	delete(s.users, u.ID)
	delete(s.byEmail, strings.ToLower(u.Email))
}

// deactivation is when the user became inactive, if old is what it was before.
func deactivation(old, user *User) time.Time {
	switch {
	case user.seated():
		return time.Time{}
	case old.seated():
		return user.LastUpdateTime
	default:
		return old.DeactivationTime
	}
}

// tick is the present time, and later than any returned before: users that
// are made within one tick of the clock still have an order.
func (s *store) tick() time.Time {
	now := s.clock().UTC().Truncate(time.Millisecond)
	if !now.After(s.latest) {
		now = s.latest.Add(time.Millisecond)
	}
	s.latest = now
	return now
}

// freeID is an id that nobody has or had, unless a test chose it.
func (s *store) freeID() string {
	for {
		id := s.newID()
		_, taken := s.users[id]
		for _, o := range s.organizations {
			taken = taken || o.roleIndex(id) >= 0
		}
		if !taken {
			return id
		}
	}
}
