package sandbox

import (
	"slices"

	core "suger-scim-gateway/internal/sandbox"
)

// The second organization, where users are global. Some of its members are members
// of the first organization too.
const (
	SecondOrganization = "neighbors"
	SecondDomain       = "neighbors.example" // its e-mail domain, besides those of the first
	SecondKey          = "key-of-neighbors"  // its API key
)

// partners is a custom role of the second organization.
const partners = "Partner desk"

// secondPeople are the members of the second organization. Two of them are
// members of the first too, under the names they have there and with other
// roles, and two cannot be added to it, since their e-mail domain is another.
var secondPeople = []core.SamplePerson{
	{Mailbox: "admin@" + SecondDomain, First: "Indigo", Last: "Inlet", Role: RoleAdmin},
	{Mailbox: "partner@" + SecondDomain, First: "Kelp", Last: "Kiosk", Role: partners},
	{Mailbox: "viewer", Role: RoleAdmin},
	{Mailbox: "deals", Role: RoleViewer},
	{Mailbox: "elsewhere", First: "Ivory", Last: "Inkwell", Role: RoleEditor},
}

// addSecond adds the second organization.
func addSecond(store *core.Store) {
	home := store.Home()
	second := store.NewOrganization(SecondOrganization, append(slices.Clone(home.Domains), SecondDomain), 0)
	second.AddSampleRole(partners, "Reseller offers.", "offer.read")
	second.Insert(secondPeople...)
	const fixed = 7 // members of the first organization who are in every sandbox
	for i := fixed + 7; i < len(home.Members); i += 8 {
		second.Insert(core.SamplePerson{Mailbox: home.Members[i].Email, Role: RoleViewer})
	}
}
