package sandbox

import (
	"net/http"
	"net/mail"
	"slices"
	"strconv"

	core "suger-scim-gateway/internal/sandbox"
)

// The documented contract is the membership contract without what Suger does
// not document: it has the list of users alone, besides the tokens.
var documentedContract = core.Contract{
	Refuse: core.RefuseText,
	Routes: []core.Route{
		route("list users", "GET /org/{organization}/user", core.ListMembers),
		route(core.Unknown, "/org/{organization}/user", func(*core.Request) (core.Answer, error) {
			out := core.RefuseText(http.StatusMethodNotAllowed, "method not allowed")
			out.Header.Set("Allow", "GET, HEAD")
			return out, nil
		}),
	},
}

// The twostep contract is INVENTED FOR TESTING, its paths included; Suger does
// not publish it. It differs from the membership contract: users and
// memberships are two resources with ids of their own, so that adding somebody
// is two calls of which the second can be refused, and a membership is
// changed and removed by its own id. Removing a membership that does not exist
// is a 404.
var twostepContract = core.Contract{
	Refuse: core.RefuseText,
	Routes: []core.Route{
		route("list users", "GET /org/{organization}/user", func(q *core.Request) (core.Answer, error) {
			return core.ReplyRows(q.Organization.Members, twostepRowOf), nil
		}),
		route("get user", "GET /user/{id}", core.GetUser),
		route("create user", "POST /user", twostepCreateUser),
		route("add user", "POST /org/{organization}/membership", twostepAddMembership),
		route("update user", "PATCH /user/{id}", twostepUpdateUser),
		route("set role", "PATCH /org/{organization}/membership/{id}", twostepSetRole),
		route("remove user", "DELETE /org/{organization}/membership/{id}", twostepRemoveMembership),
		route("list roles", "GET /org/{organization}/role", core.ListCustomRoles),
	},
}

type twostepRow struct {
	MembershipID   string    `json:"membershipId"`
	UserID         string    `json:"userId"`
	FirstName      string    `json:"firstName"`
	LastName       string    `json:"lastName"`
	Email          string    `json:"email"`
	CreationTime   core.Time `json:"creationTime"`
	LastUpdateTime core.Time `json:"lastUpdateTime"`
	Role           string    `json:"userRole"`
	JoinTime       core.Time `json:"joinOrganizationTime"`
}

// membershipID returns the id of the membership, which no other has or had.
func membershipID(m *core.Member) string { return "m" + strconv.FormatInt(m.JoinTime.UnixMilli(), 36) }

func twostepRowOf(m *core.Member) twostepRow {
	return twostepRow{
		membershipID(m), m.ID, m.FirstName, m.LastName, m.Email,
		m.CreationTime, m.LastUpdateTime, m.Role, m.JoinTime,
	}
}

func twostepCreateUser(q *core.Request) (core.Answer, error) {
	var wish core.User
	if err := q.Read(core.Fields{"email": &wish.Email, "firstName": &wish.FirstName, "lastName": &wish.LastName}); err != nil {
		return core.Answer{}, err
	}
	if address, err := mail.ParseAddress(wish.Email); err != nil || address.Address != wish.Email {
		return core.Answer{}, core.Refuse(400, "email %q is not an e-mail address", wish.Email)
	}
	user, err := q.Store.Upsert(wish)
	if err != nil {
		return core.Answer{}, err
	}
	q.Store.Put(user)
	return core.Reply(http.StatusOK, object{"id": user.ID}), nil
}

func twostepAddMembership(q *core.Request) (core.Answer, error) {
	var id, role string
	if err := q.Read(core.Fields{"userId": &id, "userRole": &role}); err != nil {
		return core.Answer{}, err
	}
	user := q.Store.Users[id]
	if user == nil {
		return core.Answer{}, core.ErrNoUser
	}
	if err := q.Organization.PermitEmail(user.Email); err != nil {
		return core.Answer{}, err
	}
	m, err := q.Organization.Enroll(*user, role)
	if err != nil {
		return core.Answer{}, err
	}
	return replyMembership(m), nil
}

func replyMembership(m *core.Member) core.Answer {
	return core.Reply(http.StatusOK, object{"id": membershipID(m), "userId": m.ID, "userRole": m.Role, "joinOrganizationTime": m.JoinTime})
}

func twostepUpdateUser(q *core.Request) (core.Answer, error) {
	user, _, err := q.Store.Home().Change(q.PathValue("id"), func(user *core.User, _ *string) error {
		return q.Read(core.Fields{"firstName": &user.FirstName, "lastName": &user.LastName})
	})
	if err != nil {
		return core.Answer{}, err
	}
	return core.Reply(http.StatusOK, user), nil
}

// membership returns the member whose membership is that of the path.
func membership(q *core.Request) (*core.Member, error) {
	at := slices.IndexFunc(q.Organization.Members, func(m *core.Member) bool { return membershipID(m) == q.PathValue("id") })
	if at < 0 {
		return nil, core.Refuse(404, "membership not found")
	}
	return q.Organization.Members[at], nil
}

func twostepSetRole(q *core.Request) (core.Answer, error) {
	m, err := membership(q)
	if err != nil {
		return core.Answer{}, err
	}
	if _, _, err := q.Organization.Change(m.ID, func(_ *core.User, role *string) error { return q.Read(core.Fields{"userRole": role}) }); err != nil {
		return core.Answer{}, err
	}
	return replyMembership(m), nil
}

func twostepRemoveMembership(q *core.Request) (core.Answer, error) {
	m, err := membership(q)
	if err == nil {
		q.Organization.Remove(m.ID)
	}
	return core.NoBody(http.StatusOK), err
}
