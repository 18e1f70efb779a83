package mapping

// OperationNames are the operations that a mapping can have, in the order of
// the file: what an [Observer] is told of, besides the client's own token call.
func OperationNames() []string {
	var names []string
	for _, op := range new(Operations).all() {
		names = append(names, op.name)
	}
	return names
}

// GuardNames are the guards that can stop a change.
func GuardNames() []string {
	return []string{guardLastAdmin, guardProtected, guardAdminGrant, guardBrake}
}
