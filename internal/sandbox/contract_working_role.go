package sandbox

// The role operations of the working contract.

type workingRole struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"type"`
	Permissions []string `json:"permissions"`
}

func showWorkingRole(r Role) workingRole {
	return workingRole{ID: r.ID, Name: r.Name, Description: r.Description, Type: r.Type, Permissions: nonNil(r.Permissions)}
}

func workingListRoles(q *request) (answer, error) {
	return reply(showRoles(q, showWorkingRole))
}

func workingAddRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	var role Role
	edit(&role)
	return workingRoleAnswer(q.store.addRole(role, q.pretend))
}

func workingUpdateRole(q *request) (answer, error) {
	edit, err := q.readRole()
	if err != nil {
		return answer{}, err
	}
	return workingRoleAnswer(q.store.updateRole(q.PathValue("id"), q.pretend, edit))
}

func workingRemoveRole(q *request) (answer, error) {
	if err := q.store.removeRole(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return reply("")
}

func workingRoleAnswer(role Role, err error) (answer, error) {
	if err != nil {
		return answer{}, err
	}
	return reply(showWorkingRole(role))
}
