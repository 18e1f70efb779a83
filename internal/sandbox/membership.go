package sandbox

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
)

// Membership is the contract that the gateway assumes of Suger. The list of users is
// documented (doc.suger.io/get-started/api-client); the rest follows Suger's data layer in
// public copies of its coding exercise (Go module
// github.com/sugerio/workflow-service-trial, rds-db). Verbs, paths and the names in the
// bodies of writes are assumptions. Where nothing is known, the sandbox behaves in the way
// that is harder for a client.
var Membership = &Contract{
	Refuse: RefuseText,
	Routes: []Route{
		{"list users", "GET /org/{organization}/user", ListMembers},
		{"get user", "GET /org/{organization}/user/{id}", GetUser},
		{"add user", "POST /org/{organization}/user", addMember},
		{"update user", "PATCH /org/{organization}/user/{id}", updateMember},
		{"remove user", "DELETE /org/{organization}/user/{id}", func(q *Request) (Answer, error) {
			q.Organization.Remove(q.PathValue("id"))
			return NoBody(http.StatusOK), nil
		}},
		{"list roles", "GET /org/{organization}/role", ListCustomRoles},
		{"add role", "POST /org/{organization}/role", AddRole(http.StatusOK, customRole)},
		{"update role", "PATCH /org/{organization}/role/{id}", UpdateRole(false, customRole)},
		{"remove role", "DELETE /org/{organization}/role/{id}", RemoveRole(NoBody(http.StatusOK))},
	},
}

// RefuseText answers the text alone, as a sibling service of Suger's data layer does.
func RefuseText(status int, text string) Answer {
	return Answer{status, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, []byte(text)}
}

// A memberRow is a member in JSON.
type memberRow struct {
	User
	Role     string `json:"userRole"`
	JoinTime Time   `json:"joinOrganizationTime"`
}

func rowOf(m *Member) memberRow { return memberRow{*m.User, m.Role, m.JoinTime} }

// ListMembers answers everybody, whatever limit and offset say.
func ListMembers(q *Request) (Answer, error) { return ReplyRows(q.Organization.Members, rowOf), nil }

// ReplyRows answers the members as a bare array. It makes a row again only if it has changed,
// since tests read long lists many times.
func ReplyRows[Row comparable](members []*Member, rowOf func(*Member) Row) Answer {
	rows := make([][]byte, len(members))
	for i, m := range members {
		now := rowOf(m)
		if row, same := m.row.(Row); !same || row != now {
			m.row, m.json = now, toJSON(now)
		}
		rows[i] = m.json
	}
	return replyJSON(http.StatusOK, slices.Concat([]byte("["), bytes.Join(rows, []byte(",")), []byte("]")))
}

// GetUser answers the person alone, to every organization.
func GetUser(q *Request) (Answer, error) {
	user := q.Store.Users[q.PathValue("id")]
	if user == nil {
		return Answer{}, ErrNoUser
	}
	return Reply(http.StatusOK, user), nil
}

func addMember(q *Request) (Answer, error) {
	var given User
	var role string
	if err := q.Read(Fields{"email": &given.Email, "firstName": &given.FirstName, "lastName": &given.LastName, "userRole": &role}); err != nil {
		return Answer{}, err
	}
	m, err := q.Organization.Enroll(given, role)
	if err != nil {
		return Answer{}, err
	}
	return Reply(http.StatusOK, rowOf(m)), nil
}

// updateMember answers the row, or of somebody who is no member the person. It ignores an
// e-mail.
func updateMember(q *Request) (Answer, error) {
	user, m, err := q.Organization.Change(q.PathValue("id"), func(user *User, role *string) error {
		return q.Read(Fields{"firstName": &user.FirstName, "lastName": &user.LastName, "userRole": role, "email": nil})
	})
	switch {
	case err != nil:
		return Answer{}, err
	case m == nil:
		return Reply(http.StatusOK, user), nil
	}
	return Reply(http.StatusOK, rowOf(m)), nil
}

// A ShowRole returns the JSON value of a role.
type ShowRole func(*Organization, *Role) any

func customRole(o *Organization, r *Role) any {
	return struct {
		OrganizationID string `json:"organizationID"`
		*Role
	}{o.ID, r}
}

// ListCustomRoles leaves out the standard roles, which have no rows.
func ListCustomRoles(q *Request) (Answer, error) {
	custom := []any{}
	for _, role := range q.Organization.Roles {
		if role.Type == TypeCustom {
			custom = append(custom, customRole(q.Organization, role))
		}
	}
	return Reply(http.StatusOK, custom), nil
}

// AddRole adds a custom role.
func AddRole(status int, show ShowRole) Handler {
	return func(q *Request) (Answer, error) {
		role := &Role{Type: TypeCustom, Permissions: []string{}}
		if err := q.readRole(role); err != nil {
			return Answer{}, err
		}
		role.ID, role.CreationTime = q.Store.NewID(), q.Store.Tick()
		q.Organization.Roles = append(q.Organization.Roles, role)
		return Reply(status, show(q.Organization, role)), nil
	}
}

// UpdateRole changes a custom role; whole clears what the body leaves out.
func UpdateRole(whole bool, show ShowRole) Handler {
	return func(q *Request) (Answer, error) {
		role, err := q.customRole()
		if err != nil {
			return Answer{}, err
		}
		edited := *role
		if whole {
			edited.Name, edited.Description, edited.Permissions = "", "", []string{}
		}
		if err := q.readRole(&edited); err != nil {
			return Answer{}, err
		}
		*role = edited
		return Reply(http.StatusOK, show(q.Organization, role)), nil
	}
}

// RemoveRole removes a custom role that nobody holds.
func RemoveRole(removed Answer) Handler {
	return func(q *Request) (Answer, error) {
		role, err := q.customRole()
		if err != nil {
			return Answer{}, err
		}
		o := q.Organization
		if slices.ContainsFunc(o.Members, func(m *Member) bool { return m.Role == role.ID || slices.Contains(m.OtherRoles, role.ID) }) {
			return Answer{}, Refuse(400, "role %q is in use", role.Name)
		}
		o.Roles = slices.DeleteFunc(o.Roles, func(r *Role) bool { return r == role })
		return removed, nil
	}
}

// customRole returns the role of the path, which must be one that can be changed.
func (q *Request) customRole() (*Role, error) {
	role := q.Organization.Role(q.PathValue("id"))
	if role == nil {
		return nil, Refuse(404, "role not found")
	}
	if role.Type == TypeStandard {
		return nil, Refuse(400, "role %q is a standard role, which cannot be changed", role.Name)
	}
	return role, nil
}

// readRole changes the role as the body says, if the result is permitted.
func (q *Request) readRole(role *Role) error {
	if err := q.Read(Fields{"name": &role.Name, "description": &role.Description, "permissions": &role.Permissions}); err != nil {
		return err
	}
	other := q.Organization.role(func(r *Role) bool { return r.ID != role.ID && strings.EqualFold(r.Name, role.Name) })
	switch {
	case strings.TrimSpace(role.Name) == "":
		return Refuse(400, "name is required")
	case !fit(50, role.Name) || !fit(300, role.Description) || !fit(50, role.Permissions...):
		return errDatabase
	case other != nil:
		return Refuse(400, "a role named %q already exists", other.Name)
	}
	return nil
}
