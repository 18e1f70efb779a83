package sandbox

import (
	"fmt"
	"strings"
	"time"
)

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
