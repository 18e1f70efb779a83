package scim

// CoreUser is the whole core User schema (RFC 7643 §4.1 and §8.7.1). Every call
// makes a fresh copy, which the caller may cut down to what it holds.
func CoreUser() *Schema {
	return &Schema{
		ID:          URNUser,
		Name:        "User",
		Description: "User account",
		Attributes:  append(userAttributes(), userLists()...),
	}
}

// userAttributes are the single-valued attributes (RFC 7643 §4.1.1).
func userAttributes() []*Attribute {
	return []*Attribute{
		stringAttribute("userName", "Name the user signs in with; unique at the service provider.").
			required().unique(UniqueServer),
		complexAttribute("name", "The parts of the user's name.",
			stringAttribute("formatted", "The whole name, ready to be shown."),
			stringAttribute("familyName", "Family name, or last name."),
			stringAttribute("givenName", "Given name, or first name."),
			stringAttribute("middleName", "Middle name or names."),
			stringAttribute("honorificPrefix", "Title before the name."),
			stringAttribute("honorificSuffix", "Suffix after the name."),
		),
		stringAttribute("displayName", "Name of the user for people to read."),
		stringAttribute("nickName", "Casual name of the user."),
		newAttribute("profileUrl", Reference, "URL of the user's profile page.").refersTo("external"),
		stringAttribute("title", "Job title."),
		stringAttribute("userType", "Relation of the user to the organization."),
		stringAttribute("preferredLanguage", "Language the user prefers, as in the Accept-Language header."),
		stringAttribute("locale", "Where the user is, for the form of dates, numbers and currencies."),
		stringAttribute("timezone", "Time zone of the user in the IANA form."),
		newAttribute("active", Boolean, "Whether the user may sign in."),
		stringAttribute("password", "Password of the user in clear text.").
			mutable(WriteOnly).returned(Never).caseExact(),
	}
}

// userLists are the multi-valued attributes (RFC 7643 §4.1.2).
func userLists() []*Attribute {
	return []*Attribute{
		valueList("emails", "E-mail addresses of the user.",
			stringAttribute("value", "An e-mail address."), "work", "home", "other"),
		valueList("phoneNumbers", "Phone numbers of the user.",
			stringAttribute("value", "A phone number."), "work", "home", "mobile", "fax", "pager", "other"),
		valueList("ims", "Instant messaging addresses of the user.",
			stringAttribute("value", "An instant messaging address."),
			"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"),
		valueList("photos", "Pictures of the user.",
			newAttribute("value", Reference, "URL of a picture.").refersTo("external"), "photo", "thumbnail"),
		userAddresses(),
		userGroups(),
		valueList("entitlements", "Things the user is entitled to.",
			stringAttribute("value", "An entitlement.")),
		valueList("roles", "Roles that the user holds.",
			stringAttribute("value", "A role.")),
		valueList("x509Certificates", "Certificates issued to the user.",
			newAttribute("value", Binary, "A certificate in base64-encoded DER.")),
	}
}

func userAddresses() *Attribute {
	return complexAttribute("addresses", "Postal addresses of the user.",
		stringAttribute("formatted", "The whole address, ready to be shown or printed."),
		stringAttribute("streetAddress", "Street, house number and what belongs to them."),
		stringAttribute("locality", "City or locality."),
		stringAttribute("region", "State or region."),
		stringAttribute("postalCode", "Postal code."),
		stringAttribute("country", "Country as an ISO 3166-1 alpha-2 code."),
		stringAttribute("type", "What the address is for.").oneOf("work", "home", "other"),
		newAttribute("primary", Boolean, "Whether this is the preferred address; at most one is."),
	).multiValued()
}

// userGroups is read-only: membership is changed at the group.
func userGroups() *Attribute {
	return complexAttribute("groups", "Groups that the user is a member of.",
		stringAttribute("value", "Identifier of the group.").caseExact(),
		newAttribute("$ref", Reference, "URI of the group.").refersTo("User", "Group").located(),
		stringAttribute("display", "Name of the group for people to read."),
		stringAttribute("type", "How the user came to be a member.").oneOf("direct", "indirect"),
	).multiValued().mutable(ReadOnly)
}
