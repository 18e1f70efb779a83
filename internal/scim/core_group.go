package scim

// CoreGroup is the whole Group schema (RFC 7643 §4.2 and §8.7.1). Every call
// makes a fresh copy.
//
// It is stricter than the printed schema in three characteristics, for the
// reasons of the RFC's own text: displayName is required (§4.2), the identifier
// of a member is case exact as every id is (§3.1), and a member's display is
// read-only, since it belongs to the resource that value names (§2.4).
func CoreGroup() *Schema {
	return &Schema{
		ID:          URNGroup,
		Name:        "Group",
		Description: "Group",
		Attributes: []*Attribute{
			stringAttribute("displayName", "Name of the group for people to read.").required(),
			complexAttribute("members", "Members of the group.",
				stringAttribute("value", "Identifier of the member.").mutable(Immutable).caseExact(),
				newAttribute("$ref", Reference, "URI of the member.").mutable(Immutable).refersTo("User", "Group").located(),
				stringAttribute("type", "What the member is.").mutable(Immutable).oneOf("User", "Group"),
				stringAttribute("display", "Name of the member for people to read.").mutable(ReadOnly),
			).multiValued(),
		},
	}
}
