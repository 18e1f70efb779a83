package sandbox

import (
	"fmt"
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

// The custom roles of the sample organization. Their permissions are invented.
const (
	finance  = "Finance"
	dealDesk = "Deal desk"
)

// KnownBefore is how long before joining a user was created.
const KnownBefore = 90 * 24 * time.Hour

// sampleStart is when the organization was created; its people joined one a minute.
var sampleStart = time.Date(2024, time.March, 4, 9, 0, 0, 0, time.UTC)

// A SamplePerson is a person whom nobody has added through the API.
type SamplePerson struct{ Mailbox, First, Last, Role string }

// fixedPeople are in every sandbox; former@ has left. All sample people are invented, with
// words that are not personal names.
var fixedPeople = []SamplePerson{
	{"admin", "Amber", "Anchor", RoleAdmin},
	{"editor", "Basalt", "Beacon", RoleEditor},
	{"viewer", "Cedar", "Compass", RoleViewer},
	{"finance", "Dune", "Drum", finance},
	{"deals", "Ember", "Easel", dealDesk},
	{"Mixed.Case", "Fjord", "Ferry", RoleViewer},
	{"invited", "Granite", "Gate", RoleViewer},
	{"former", "Heather", "Harbor", RoleEditor},
}

var (
	firstWords = strings.Fields("Acorn Birch Clover Delta Fern Glacier Islet Juniper Kelp Lagoon Maple Nectar Oak Prairie Quartz Reef Slate Tundra Vale Willow Yarrow Zephyr")
	lastWords  = strings.Fields("Anvil Bobbin Candle Domino Engine Funnel Goblet Hammer Inkwell Kettle Lantern Mitten Needle Oar Pulley Quill Ribbon Saddle Thimble Urn Whistle Yoyo Zipper")
	// Most people are viewers, as in a real organization.
	sampleRoles = []string{RoleViewer, RoleEditor, RoleViewer, finance, RoleViewer, dealDesk, RoleEditor, RoleViewer, RoleViewer, RoleEditor, RoleViewer, RoleAdmin}
)

func newStore(options Options) *Store {
	s := &Store{
		NewID: opaqueIDs(options.Seed), Clock: options.Clock, latest: sampleStart,
		Users: make(map[string]*User), Emails: make(map[string]*User),
	}
	home := s.NewOrganization(options.Organization, options.Domains, options.Seats)
	home.AddSampleRole(finance, "Invoices and revenue.", "billing.read", "billing.write")
	home.AddSampleRole(dealDesk, "Private offers.", "offer.read", "offer.write")
	if options.Contract.NewID != nil {
		s.NewID = options.Contract.NewID()
	}
	home.Insert(fixedPeople...)
	home.Remove(home.Members[len(home.Members)-1].ID) // former@
	for i := range options.People {
		home.Insert(samplePersonAt(i, options.Seed))
	}
	return s
}

// NewOrganization adds an organization without people.
func (s *Store) NewOrganization(id string, domains []string, seats int) *Organization {
	o := &Organization{ID: id, Seats: seats, store: s, byUser: make(map[string]*Member)}
	for _, domain := range domains {
		o.Domains = append(o.Domains, strings.ToLower(domain))
	}
	o.Roles = []*Role{
		{ID: RoleAdmin, Name: RoleAdmin, Description: "May do everything.", Type: TypeStandard, Permissions: []string{"*"}},
		{ID: RoleEditor, Name: RoleEditor, Description: "May do everything but manage the organization.", Type: TypeStandard, Permissions: []string{"read", "write"}},
		{ID: RoleViewer, Name: RoleViewer, Description: "May read.", Type: TypeStandard, Permissions: []string{"read"}},
	}
	s.Organizations = append(s.Organizations, o)
	return o
}

// AddSampleRole adds a custom role.
func (o *Organization) AddSampleRole(name, description string, permissions ...string) {
	o.Roles = append(o.Roles, &Role{
		ID: o.store.NewID(), Name: name, Description: description, Type: TypeCustom, Permissions: permissions, CreationTime: Time{sampleStart},
	})
}

// Insert adds members, whatever the rules, and users where the e-mail is new. A mailbox
// without a domain is in the first one of the first organization.
func (o *Organization) Insert(people ...SamplePerson) {
	for _, person := range people {
		o.store.latest = o.store.latest.Add(time.Minute)
		joined := Time{o.store.latest}
		email := person.Mailbox
		if !strings.Contains(email, "@") {
			email += "@" + o.store.Home().Domains[0]
		}
		user := o.store.UserByEmail(email)
		if user == nil {
			known := Time{joined.Add(-KnownBefore)}
			user = o.store.Put(User{
				ID: o.store.NewID(), Email: email, FirstName: person.First, LastName: person.Last, CreationTime: known, LastUpdateTime: known,
			})
		}
		m := &Member{User: user, Role: person.Role, JoinTime: joined}
		if role := o.RoleNamed(person.Role); role != nil {
			m.Role = role.ID
		}
		o.Add(m)
	}
}

// samplePersonAt returns the i-th sample person. The words repeat after some
// hundreds of people; from then on the mailbox is numbered.
func samplePersonAt(i int, seed int64) SamplePerson {
	pairs := len(firstWords) * len(lastWords)
	pair := int((uint64(i)*137 + uint64(seed)) % uint64(pairs)) //nolint:gosec // G115: any bits do for a seed; 137 and the number of pairs have no common factor
	person := SamplePerson{
		First: firstWords[pair%len(firstWords)], Last: lastWords[pair/len(firstWords)],
		Role: sampleRoles[i%len(sampleRoles)],
	}
	person.Mailbox = strings.ToLower(person.First + "." + person.Last)
	if round := i / pairs; round > 0 {
		person.Mailbox = fmt.Sprintf("%s%d", person.Mailbox, round+1)
	}
	return person
}

// opaqueIDs makes ids like those in Suger's samples. No id is made twice: each step of the
// scrambling can be undone, and nine such characters hold 53 bits.
func opaqueIDs(seed int64) func() string {
	const (
		mask     = 1<<53 - 1
		alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	)
	var n uint64
	return func() string {
		n++
		x := (n ^ uint64(seed)) & mask //nolint:gosec // G115: any bits do for a seed
		for range 2 {
			x = x * 0x9E3779B97F4A7C15 & mask
			x ^= x >> 27
		}
		var id [9]byte
		for i := range id {
			id[i] = alphabet[x%uint64(len(alphabet))]
			x /= uint64(len(alphabet))
		}
		return string(id[:])
	}
}
