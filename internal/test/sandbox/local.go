package sandbox

import (
	"net/http"
	"slices"

	core "suger-scim-gateway/internal/sandbox"
)

// What follows are the operations of the contracts in which a user belongs to the
// organization and is changed as a whole.

// A show returns what a user is in JSON.
type show func(*core.Request, *core.Member) any

// An edit changes a user as the request says.
type edit func(*core.Request, *User) error

// getUser answers one user.
func getUser(show show) core.Handler {
	return func(q *core.Request) (core.Answer, error) {
		m := q.Organization.Member(q.PathValue("id"))
		if m == nil {
			return core.Answer{}, core.ErrNoUser
		}
		return answerUser(q, http.StatusOK, show, m), nil
	}
}

// answerUser answers the user, or no body if nothing is shown.
func answerUser(q *core.Request, status int, show show, m *core.Member) core.Answer {
	if show == nil {
		return core.NoBody(status)
	}
	return core.Reply(status, show(q, m))
}

// add adds a user; made and known are the statuses of a new user and of a
// known e-mail.
func (c *local) add(edit edit, show show, made, known int) core.Handler {
	return func(q *core.Request) (core.Answer, error) {
		var user User
		if err := edit(q, &user); err != nil {
			return core.Answer{}, err
		}
		if held := memberByEmail(q.Store, q.Organization, user.Email); held != nil && known == http.StatusConflict {
			return core.Answer{}, core.Refuse(known, "a user with this email already exists")
		} else if held != nil {
			return answerUser(q, known, show, held), nil
		}
		user.Status = StatusActive
		if !c.noStates {
			user.Status = StatusInvited
		}
		if err := c.permit(q, &User{Status: StatusInactive}, &user); err != nil {
			return core.Answer{}, err
		}
		user.ID, user.JoinTime = q.Store.NewID(), q.Store.Tick().Time
		user.CreationTime, user.LastUpdateTime = user.JoinTime, user.JoinTime
		return answerUser(q, made, show, hold(q.Store, q.Organization, nil, user)), nil
	}
}

// update changes a user if the rules permit it. An edit that changes nothing
// keeps the update time.
func (c *local) update(status int, edit edit, show show) core.Handler {
	return func(q *core.Request) (core.Answer, error) {
		m := q.Organization.Member(q.PathValue("id"))
		if m == nil {
			return core.Answer{}, core.ErrNoUser
		}
		old, user := viewOf(m), viewOf(m)
		if err := edit(q, &user); err != nil {
			return core.Answer{}, err
		}
		same := user.person() == old.person() && user.Status == old.Status && slices.Equal(user.roles(), old.roles())
		if !same {
			if err := c.permit(q, &old, &user); err != nil {
				return core.Answer{}, err
			}
			user.LastUpdateTime = q.Store.Tick().Time
			user.DeactivationTime = deactivation(&old, &user)
			hold(q.Store, q.Organization, m, user)
		}
		return answerUser(q, status, show, m), nil
	}
}

func removeUser(removed core.Answer) core.Handler {
	return func(q *core.Request) (core.Answer, error) {
		m := q.Organization.Member(q.PathValue("id"))
		if m == nil {
			return core.Answer{}, core.ErrNoUser
		}
		q.Organization.Remove(m.ID)
		forget(q.Store, m.User)
		return removed, nil
	}
}

// local are the rules of a contract.
type local struct {
	noStates  bool // there is no invited or inactive user, only removal
	manyRoles bool // a user holds any number of roles
}

// permit applies the rules to a change from old to user.
func (c *local) permit(q *core.Request, old, user *User) error {
	o := q.Organization
	if user.Email != old.Email || user.Email == "" {
		if err := o.PermitEmail(user.Email); err != nil {
			return err
		}
		if holder := q.Store.UserByEmail(user.Email); holder != nil && holder.ID != old.ID {
			return core.Refuse(400, "a user with the email %q already exists", user.Email)
		}
	}
	if !slices.Contains([]string{StatusActive, StatusInvited, StatusInactive}, user.Status) {
		return core.Refuse(400, "status %q is not one of ACTIVE, INVITED, INACTIVE", user.Status)
	}
	if user.Role == "" && !c.manyRoles && (old.ID == "" || old.Role != "") {
		return core.Refuse(400, "role is required")
	}
	for _, id := range user.roles() {
		if !slices.Contains(old.roles(), id) && o.Role(id) == nil {
			return core.Refuse(400, "unknown role %q", id)
		}
	}
	if !user.seated() || old.seated() {
		return nil
	}
	seated := 0
	for _, m := range o.Members {
		if m.Status != StatusInactive {
			seated++
		}
	}
	return o.PermitSeat(seated)
}

// listRoles answers all roles; render puts them into the answer.
func listRoles(render func([]any) any, show core.ShowRole) core.Handler {
	return func(q *core.Request) (core.Answer, error) {
		roles := []any{}
		for _, role := range q.Organization.Roles {
			roles = append(roles, show(q.Organization, role))
		}
		return core.Reply(http.StatusOK, render(roles)), nil
	}
}

// showRole returns a role in the contracts without a form of their own.
func showRole(_ *core.Organization, r *Role) any {
	return object{"id": r.ID, "name": r.Name, "description": r.Description, "type": r.Type, "permissions": r.Permissions}
}

// bare returns a list that is not inside an object.
func bare(list []any) any { return list }

// refuseString answers a JSON string, which Suger documents for one resource
// (github.com/sugerio/suger-sdk-ts, api/openapi.yaml).
func refuseString(status int, text string) core.Answer { return core.Reply(status, text) }

func route(operation, pattern string, handle core.Handler) core.Route {
	return core.Route{Operation: operation, Pattern: pattern, Handle: handle}
}
