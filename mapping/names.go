package mapping

// GuardNames are the guards that can stop a change.
func GuardNames() []string {
	return []string{guardLastAdmin, guardProtected, guardAdminGrant, guardBrake}
}
