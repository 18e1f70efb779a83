package sandbox

import (
	"cmp"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"time"
)

// A store is what the sandbox holds: the people whom Suger knows, and the
// organizations that they are members of. Each contract reaches the same store.
//
// The methods that write take pretend: whether to answer as if done and leave
// everything as it is.
type store struct {
	clock           func() time.Time
	global          bool // users are shared by all organizations and outlive their memberships; columns have sizes
	noStates        bool // there is no invited or inactive user, only removal
	newID           func() string
	newMembershipID func() string
	seed            int64

	mu            sync.RWMutex
	users         map[string]*GlobalUser
	byEmail       map[string]*GlobalUser // by lower-case e-mail
	organizations []*organization        // the first is that of [Options]
	named         int                    // sample people made so far
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
	// roleTimes are the creation times of custom roles, by id.
	roleTimes map[string]time.Time

	seq    uint64 // of the latest member
	seated int    // members who hold a seat
}

// A member is a membership. It is never changed but replaced, as the global
// user is, so a list that has been taken stays as it was.
type member struct {
	user        *GlobalUser
	id          string // of the membership itself
	seq         uint64 // the place in the list, which outlives neighbors
	role        string
	otherRoles  []string
	authMethods []string
	status      string
	joined      time.Time
	deactivated time.Time
}

// view is the member as one record.
func (m *member) view() User {
	return User{
		ID: m.user.ID, Email: m.user.Email, FirstName: m.user.FirstName, LastName: m.user.LastName,
		Role: m.role, OtherRoles: m.otherRoles, AuthMethods: m.authMethods, Status: m.status, MembershipID: m.id,
		CreationTime: m.user.CreationTime, LastUpdateTime: m.user.LastUpdateTime, JoinTime: m.joined, DeactivationTime: m.deactivated,
	}
}

func (m *member) seated() bool { return m.status != StatusInactive }

func (s *store) organization(id string) *organization {
	at := slices.IndexFunc(s.organizations, func(o *organization) bool { return o.id == id })
	if at < 0 {
		return nil
	}
	return s.organizations[at]
}

// home is the organization of [Options].
func (s *store) home() *organization { return s.organizations[0] }

// page gives at most limit members from the index on, and the number of all.
func (o *organization) page(start, limit int) ([]*member, int) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	start = min(start, len(o.members))
	end := start + min(limit, len(o.members)-start)
	return slices.Clone(o.members[start:end]), len(o.members)
}

// all gives all members.
func (o *organization) all() []*member {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return slices.Clone(o.members)
}

// indexAfter is the index of the first member who came after seq.
func (o *organization) indexAfter(seq uint64) int {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return o.index(seq + 1)
}

// index is where seq is in the list, or would be.
func (o *organization) index(seq uint64) int {
	at, _ := slices.BinarySearchFunc(o.members, seq, func(m *member, seq uint64) int { return cmp.Compare(m.seq, seq) })
	return at
}

// user is the member with this user id.
func (o *organization) user(id string) (User, error) {
	o.mu.RLock()
	defer o.mu.RUnlock()
	found, ok := o.byUser[id]
	if !ok {
		return User{}, errNoUser
	}
	return found.view(), nil
}

// add adds a user, unless there is one with this e-mail already: then it
// answers that one, unchanged, and existed. It is how the contracts add users
// that do not know global users.
func (o *organization) add(user User, pretend bool) (added User, existed bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if found, ok := o.byEmail[strings.ToLower(user.Email)]; ok {
		return o.byUser[found.ID].view(), true, nil
	}
	user.Status = o.newcomer()
	if err := o.permit(&User{Status: StatusInactive}, &user); err != nil {
		return User{}, false, err
	}
	user.ID, user.MembershipID = o.freeID(), o.newMembershipID()
	user.JoinTime = o.tick()
	user.CreationTime, user.LastUpdateTime = user.JoinTime, user.JoinTime
	if !pretend {
		o.put(nil, user)
	}
	return user, false, nil
}

// newcomer is the state of somebody who has been added.
func (s *store) newcomer() string {
	if s.noStates {
		return StatusActive
	}
	return StatusInvited
}

// update lets edit change a copy of the user and takes it over if the rules
// permit it. An edit that changes nothing leaves the update time alone.
func (o *organization) update(id string, pretend bool, edit func(*User) error) (User, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	held, ok := o.byUser[id]
	if !ok {
		return User{}, errNoUser
	}
	old := held.view()
	edited := old
	if err := edit(&edited); err != nil {
		return User{}, err
	}
	if edited.sameAs(&old) {
		return edited, nil
	}
	if err := o.permit(&old, &edited); err != nil {
		return User{}, err
	}
	edited.LastUpdateTime = o.tick()
	edited.DeactivationTime = deactivation(&old, &edited)
	if !pretend {
		o.put(held, edited)
	}
	return edited, nil
}

func (o *organization) remove(id string, pretend bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	held, ok := o.byUser[id]
	if !ok {
		return errNoUser
	}
	if !pretend {
		o.drop(held)
	}
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

// permitEmail lets in who has an address in a domain of the organization
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

// What follows keeps the indexes of the store in step. The caller holds the
// lock, and has applied the rules or means to pass them by.

// put gives the membership that is held another content in the same place of
// the list, or adds one at its end. The names and times of the user are taken
// over for all organizations.
func (o *organization) put(held *member, u User) *member {
	m := &member{
		id: u.MembershipID, role: u.Role, otherRoles: u.OtherRoles, authMethods: u.AuthMethods,
		status: u.Status, joined: u.JoinTime, deactivated: u.DeactivationTime,
	}
	m.user = o.putUser(GlobalUser{
		ID: u.ID, Email: u.Email, FirstName: u.FirstName, LastName: u.LastName,
		CreationTime: u.CreationTime, LastUpdateTime: u.LastUpdateTime,
	})
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
	return m
}

// putUser holds the user, under the id that it has. All memberships show it.
func (s *store) putUser(u GlobalUser) *GlobalUser {
	old := s.users[u.ID]
	if old != nil {
		if *old == u {
			return old
		}
		delete(s.byEmail, strings.ToLower(old.Email))
	}
	held := &u
	s.users[u.ID] = held
	s.byEmail[strings.ToLower(u.Email)] = held
	if old == nil {
		return held // nobody is a member of anything yet
	}
	for _, o := range s.organizations {
		if m, ok := o.byUser[u.ID]; ok {
			renewed := *m
			renewed.user = held
			o.members[o.index(m.seq)] = &renewed
			o.byUser[u.ID] = &renewed
		}
	}
	return held
}

// drop ends a membership. Where users are not global, the user goes too.
func (o *organization) drop(m *member) {
	delete(o.byUser, m.user.ID)
	at := o.index(m.seq)
	o.members = slices.Delete(o.members, at, at+1)
	if m.seated() {
		o.seated--
	}
	if !o.global {
		o.forget(m.user)
	}
}

// forget removes the user, who is no member any more.
func (s *store) forget(u *GlobalUser) {
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

// tick is the present time, and later than any given out before: users that
// are made within one tick of the clock still have an order.
func (s *store) tick() time.Time {
	now := s.clock().UTC().Truncate(time.Millisecond)
	if !now.After(s.latest) {
		now = s.latest.Add(time.Millisecond)
	}
	s.latest = now
	return now
}

// freeID is an id that nobody has or had, unless it was put in by hand.
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
