package sandbox

// What operations of several contracts have in common.

// fill sets the target if the body had the field.
func fill(target, value *string) {
	if value != nil {
		*target = *value
	}
}

// oneRole gives the user this role and no other.
func oneRole(user *User, id *string) error {
	if id == nil || *id == "" {
		return refuse(400, "role is required")
	}
	user.setRoles([]string{*id})
	return nil
}

// edit updates the user of the path and answers no body.
func (q *request) edit(change func(*User) error) (answer, error) {
	if _, err := q.store.update(q.PathValue("id"), q.pretend, change); err != nil {
		return answer{}, err
	}
	return done()
}

// removeUser removes the user of the path and answers no body.
func removeUser(q *request) (answer, error) {
	if err := q.store.remove(q.PathValue("id"), q.pretend); err != nil {
		return answer{}, err
	}
	return done()
}

// readRole reads the fields of a role that can be written, which are the
// same in every contract that lets roles be written.
func (q *request) readRole() (func(*Role), error) {
	body, err := q.read(form{"name": text, "description": text, "permissions": texts})
	if err != nil {
		return nil, err
	}
	return func(role *Role) {
		fill(&role.Name, body.text("name"))
		fill(&role.Description, body.text("description"))
		if permissions := body.texts("permissions"); permissions != nil {
			role.Permissions = permissions
		}
	}, nil
}

// showRoles turns the organization's roles into what the contract shows.
func showRoles[T any](q *request, show func(Role) T) []T {
	shown := []T{}
	for _, role := range q.store.listRoles() {
		shown = append(shown, show(role))
	}
	return shown
}

// nonNil makes an empty list [] in JSON rather than null.
func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
