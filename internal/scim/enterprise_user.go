package scim

// EnterpriseUser is the whole enterprise extension of the User (RFC 7643 §4.3
// and §8.7.1). Every call makes a fresh copy.
func EnterpriseUser() *Schema {
	return &Schema{
		ID:          URNEnterpriseUser,
		Name:        "EnterpriseUser",
		Description: "Enterprise user",
		Attributes: []*Attribute{
			stringAttribute("employeeNumber", "Number or name that the organization gives an employee."),
			stringAttribute("costCenter", "Name of a cost centre."),
			stringAttribute("organization", "Name of an organization."),
			stringAttribute("division", "Name of a division."),
			stringAttribute("department", "Name of a department."),
			complexAttribute("manager", "The user's manager.",
				stringAttribute("value", "Identifier of the manager's User resource.").caseExact(),
				newAttribute("$ref", Reference, "URI of the manager's User resource.").refersTo("User"),
				stringAttribute("displayName", "Name of the manager for people to read.").mutable(ReadOnly),
			),
		},
	}
}
