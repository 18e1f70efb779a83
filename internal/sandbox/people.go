package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// defaultPeople is how many sample people join the fixed ones.
const defaultPeople = 17

// The custom roles of the sample organization. Their permissions are invented.
const (
	finance  = "Finance"
	dealDesk = "Deal desk"
)

// sampleStart is when the sample organization began; its people came by the
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

// newStore makes the sample organization that the options describe.
func newStore(options Options, served *contract) *store {
	s := &store{
		clock:    options.Clock,
		domains:  options.Domains,
		seats:    options.Seats,
		newID:    opaqueIDs(options.Seed),
		newcomer: StatusInvited,
		byID:     make(map[string]*record),
		byEmail:  make(map[string]*record),
		seed:     options.Seed,
		latest:   sampleStart,
	}
	s.roles = []Role{
		{ID: RoleAdmin, Name: RoleAdmin, Description: "May do everything.", Type: TypeStandard, Permissions: []string{"*"}},
		{ID: RoleEditor, Name: RoleEditor, Description: "May do everything but manage the organization.", Type: TypeStandard, Permissions: []string{"read", "write"}},
		{ID: RoleViewer, Name: RoleViewer, Description: "May read.", Type: TypeStandard, Permissions: []string{"read"}},
		{ID: s.newID(), Name: finance, Description: "Invoices and revenue.", Type: TypeCustom, Permissions: []string{"billing.read", "billing.write"}},
		{ID: s.newID(), Name: dealDesk, Description: "Private offers.", Type: TypeCustom, Permissions: []string{"offer.read", "offer.write"}},
	}
	if served.noStates {
		s.newcomer = StatusActive
	}
	if served.numericIDs {
		s.newID = numericIDs()
	}
	for _, person := range fixedPeople {
		s.insertPerson(person, s.latest.Add(time.Minute))
	}
	s.addPeople(options.People, func() time.Time { return s.latest.Add(time.Minute) })
	return s
}

// addPeople adds n sample people past the rules for seats. The caller holds
// the lock, or nobody else has the store yet.
func (s *store) addPeople(n int, when func() time.Time) {
	for range max(n, 0) {
		s.insertPerson(s.nextPerson(), when())
	}
}

func (s *store) insertPerson(person samplePerson, created time.Time) {
	s.latest = created
	user := User{
		ID:        s.freeID(),
		Email:     person.mailbox + "@" + s.domains[0],
		FirstName: person.first, LastName: person.last,
		Role: s.roleNamed(person.role), Status: person.status,
		CreationTime: created, LastUpdateTime: created,
	}
	if s.newcomer == StatusActive { // a contract without states has nobody invited or inactive
		user.Status = StatusActive
	}
	user.DeactivationTime = deactivation(&User{}, &user)
	s.insert(user)
}

// nextPerson makes the next sample person whose e-mail is free. The words
// repeat after some hundreds of people; from then on the mailbox is numbered.
func (s *store) nextPerson() samplePerson {
	for {
		i := s.named
		s.named++
		pairs := len(firstWords) * len(lastWords)
		pair := int((uint64(i)*137 + uint64(s.seed)) % uint64(pairs)) // 137 and the number of pairs have no common factor
		person := samplePerson{first: firstWords[pair%len(firstWords)], last: lastWords[pair/len(firstWords)]}
		person.mailbox = strings.ToLower(person.first + "." + person.last)
		if round := i / pairs; round > 0 {
			person.mailbox = fmt.Sprintf("%s%d", person.mailbox, round+1)
		}
		if _, taken := s.byEmail[person.mailbox+"@"+s.domains[0]]; taken {
			continue
		}
		person.role = sampleRoles[i%len(sampleRoles)]
		person.status = sampleStatus(i)
		return person
	}
}

func sampleStatus(i int) string {
	switch {
	case i%9 == 8:
		return StatusInvited
	case i%16 == 15:
		return StatusInactive
	default:
		return StatusActive
	}
}

// roleNamed is the id of the role with this name, or the name itself.
func (s *store) roleNamed(name string) string {
	for _, role := range s.roles {
		if role.Name == name {
			return role.ID
		}
	}
	return name
}
