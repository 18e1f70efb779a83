package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultPeople is how many sample people there are besides the fixed ones.
const defaultPeople = 17

// The custom roles of the sample organization. Their permissions are invented.
const (
	finance  = "Finance"
	dealDesk = "Deal desk"
	partners = "Partner desk" // of the second organization
)

// knownBefore is how long before joining a global user was created: the creation
// time of a user says nothing about the membership.
const knownBefore = 90 * 24 * time.Hour

// sampleStart is when the sample organization was created; its people joined one a
// minute.
var sampleStart = time.Date(2024, time.March, 4, 9, 0, 0, 0, time.UTC)

type samplePerson struct{ mailbox, first, last, role, status string }

// fixedPeople are in every sandbox, so that tests can name them. Like all
// sample people they are made up, from words that are not names of persons.
var fixedPeople = []samplePerson{
	{"admin", "Amber", "Anchor", RoleAdmin, StatusActive},
	{"editor", "Basalt", "Beacon", RoleEditor, StatusActive},
	{"viewer", "Cedar", "Compass", RoleViewer, StatusActive},
	{"finance", "Dune", "Drum", finance, StatusActive},
	{"deals", "Ember", "Easel", dealDesk, StatusActive},
	{"Mixed.Case", "Fjord", "Ferry", RoleViewer, StatusActive},
	{"invited", "Granite", "Gate", RoleViewer, StatusInvited},
	{"former", "Heather", "Harbor", RoleEditor, StatusInactive},
}

var (
	firstWords = strings.Fields("Acorn Birch Clover Delta Fern Glacier Islet Juniper Kelp Lagoon Maple Nectar Oak Prairie Quartz Reef Slate Tundra Vale Willow Yarrow Zephyr")
	lastWords  = strings.Fields("Anvil Bobbin Candle Domino Engine Funnel Goblet Hammer Inkwell Kettle Lantern Mitten Needle Oar Pulley Quill Ribbon Saddle Thimble Urn Whistle Yoyo Zipper")
	// Most people are viewers, as in a real organization.
	sampleRoles = []string{RoleViewer, RoleEditor, RoleViewer, finance, RoleViewer, dealDesk, RoleEditor, RoleViewer, RoleViewer, RoleEditor, RoleViewer, RoleAdmin}
)

// secondPeople are the members of the second organization. Two of them are
// members of the first too, under the names they have there and with other
// roles, and two cannot be added to it,
// since their e-mail domain is another.
var secondPeople = []samplePerson{
	{"admin@" + SecondDomain, "Indigo", "Inlet", RoleAdmin, ""},
	{"partner@" + SecondDomain, "Kelp", "Kiosk", partners, ""},
	{"viewer", "", "", RoleAdmin, ""},
	{"deals", "", "", RoleViewer, ""},
	{"elsewhere", "Ivory", "Inkwell", RoleEditor, ""},
}

// newStore returns the store with its sample organizations. Only contracts with
// global users have a second one.
func newStore(options Options, served *contract) *store {
	s := &store{
		contract:        served,
		clock:           options.Clock,
		newID:           opaqueIDs(options.Seed),
		newMembershipID: opaqueIDs(options.Seed ^ 1<<50), // the same scrambling, so these are never user ids
		users:           make(map[string]*GlobalUser),
		byEmail:         make(map[string]*GlobalUser),
		latest:          sampleStart,
	}
	home := s.newOrganization(options.Organization, options.Domains, options.Seats)
	home.addSampleRole(finance, "Invoices and revenue.", "billing.read", "billing.write")
	home.addSampleRole(dealDesk, "Private offers.", "offer.read", "offer.write")
	if served.numericIDs {
		s.newID = numericIDs()
	}
	for _, person := range fixedPeople {
		home.insertPerson(person)
	}
	if s.global {
		second := s.newOrganization(SecondOrganization, slices.Concat(options.Domains, []string{SecondDomain}), 0)
		second.addSampleRole(partners, "Reseller offers.", "offer.read")
		for _, person := range secondPeople {
			second.insertPerson(person)
		}
	}
	s.addPeople(max(options.People, 0), options.Seed)
	return s
}

func (s *store) newOrganization(id string, domains []string, seats int) *organization {
	o := &organization{store: s, id: id, domains: domains, seats: seats, byUser: make(map[string]*member), roleTimes: make(map[string]time.Time)}
	o.roles = []Role{
		{ID: RoleAdmin, Name: RoleAdmin, Description: "May do everything.", Type: TypeStandard, Permissions: []string{"*"}},
		{ID: RoleEditor, Name: RoleEditor, Description: "May do everything but manage the organization.", Type: TypeStandard, Permissions: []string{"read", "write"}},
		{ID: RoleViewer, Name: RoleViewer, Description: "May read.", Type: TypeStandard, Permissions: []string{"read"}},
	}
	s.organizations = append(s.organizations, o)
	return o
}

func (o *organization) addSampleRole(name, description string, permissions ...string) {
	role := Role{ID: o.newID(), Name: name, Description: description, Type: TypeCustom, Permissions: permissions}
	o.roles = append(o.roles, role)
	o.roleTimes[role.ID] = sampleStart
}

// addPeople adds n sample people, whether or not there are seats. Every eighth is
// a member of the second organization too.
func (s *store) addPeople(n int, seed int64) {
	for i := range n {
		person := samplePersonAt(i, seed)
		s.home().insertPerson(person)
		if s.global && i%8 == 7 {
			person.role = RoleViewer
			s.organizations[1].insertPerson(person)
		}
	}
}

// insertPerson adds a member, and the user if there is none with this e-mail.
// A mailbox without a domain is in that of the first organization.
func (o *organization) insertPerson(person samplePerson) {
	joined := o.latest.Add(time.Minute)
	o.latest = joined
	user := User{
		Email: person.mailbox, FirstName: person.first, LastName: person.last,
		Role: o.roleNamed(person.role), Status: person.status,
		CreationTime: joined, LastUpdateTime: joined, JoinTime: joined,
	}
	if !strings.Contains(user.Email, "@") {
		user.Email += "@" + o.home().domains[0]
	}
	if o.global {
		user.CreationTime = joined.Add(-knownBefore)
		user.LastUpdateTime = user.CreationTime
	}
	if known, ok := o.byEmail[strings.ToLower(user.Email)]; ok {
		user.setGlobal(*known)
	} else {
		user.ID = o.freeID()
	}
	if o.noStates {
		user.Status = StatusActive
	}
	user.MembershipID = o.newMembershipID()
	user.DeactivationTime = deactivation(&User{}, &user)
	o.put(nil, user)
	if o.global && person.mailbox == "former" { // who has been a member
		o.drop(o.byUser[user.ID])
	}
}

// samplePersonAt is the i-th sample person. The words repeat after some hundreds
// of people; from then on the mailbox is numbered.
func samplePersonAt(i int, seed int64) samplePerson {
	pairs := len(firstWords) * len(lastWords)
	pair := int((uint64(i)*137 + uint64(seed)) % uint64(pairs)) //nolint:gosec // G115: any bits do for a seed; 137 and the number of pairs have no common factor
	person := samplePerson{
		first: firstWords[pair%len(firstWords)], last: lastWords[pair/len(firstWords)],
		role: sampleRoles[i%len(sampleRoles)], status: StatusActive,
	}
	person.mailbox = strings.ToLower(person.first + "." + person.last)
	if round := i / pairs; round > 0 {
		person.mailbox = fmt.Sprintf("%s%d", person.mailbox, round+1)
	}
	switch {
	case i%9 == 8:
		person.status = StatusInvited
	case i%16 == 15:
		person.status = StatusInactive
	}
	return person
}

// roleNamed is the id of the role with this name, or the name itself.
func (o *organization) roleNamed(name string) string {
	for _, role := range o.roles {
		if role.Name == name {
			return role.ID
		}
	}
	return name
}

// idBits is how many bits an opaque id carries: the most that fit into nine
// characters of idAlphabet.
const (
	idBits     = 53
	idLength   = 9
	idAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// opaqueIDs makes ids like those in Suger's samples: nine letters and digits
// of both cases with no visible order. No id comes twice: n is counted up and
// each step of the scrambling can be undone.
func opaqueIDs(seed int64) func() string {
	const mask = 1<<idBits - 1
	var n uint64
	return func() string {
		n++
		x := (n ^ uint64(seed)) & mask //nolint:gosec // G115: any bits do for a seed
		for range 2 {
			x = x * 0x9E3779B97F4A7C15 & mask
			x ^= x >> 27
		}
		var id [idLength]byte
		for i := range id {
			id[i] = idAlphabet[x%uint64(len(idAlphabet))]
			x /= uint64(len(idAlphabet))
		}
		return string(id[:])
	}
}

// numericIDs counts upwards, for contracts whose ids are numbers.
func numericIDs() func() string {
	n := uint64(480000)
	return func() string {
		n++
		return strconv.FormatUint(n, 10)
	}
}
