package spec_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The problems of a shipped file with one part replaced. TestProblemsAreReportedAtOnce
// checks their places.
func TestProblems(t *testing.T) {
	const (
		suger     = "variants/status.yaml"
		removal   = "variants/removal.yaml"
		multirole = "variants/multirole.yaml"
		envelope  = "variants/envelope.yaml"
		commands  = "variants/commands.yaml"
	)
	tests := []struct {
		name, file, old, new string
		want                 []string
	}{
		{"a version of the future", removal, "version: 1\n", "version: 2\n",
			[]string{`version: this program reads version 1; write version: 1`}},
		{"an attribute in other letters", removal, "    userName: ", "    username: ", []string{
			`user.attributes: key "userName" is missing; SCIM attributes and the fields that hold them. userName must be the e-mail address.`,
			`user.attributes.username: unknown key; did you mean "userName"?`}},
		{"adding is missing", removal, "  add user:\n    call: POST /v1/workspaces/{organization}/users\n    body: {email: \"{userName}\", fullName: \"{name.formatted}\", roleName: \"{role.name}\"}\n", "",
			[]string{`operations: key "add user" is missing; the gateway needs list users to find anybody, and add user to give access`}},
		{"listing is missing", multirole, "  list users:\n    call: GET /v3/orgs/{organization}/users\n    paging: {style: cursor, size: 500, limit: limit, next: cursor, cursor: header X-Next-Cursor}\n    items: items\n", "",
			[]string{`operations: key "list users" is missing; the gateway needs list users to find anybody, and add user to give access`}},
		{"no operation changes a role", removal, "  set role:\n    call: PUT /v1/workspaces/{organization}/users/{user}/role\n    repeat: true\n    body: {roleName: \"{role.name}\"}\n", "",
			[]string{`operations: no operation changes a role; send {role} or {role.name} in "update user", or add "set role"`}},
		{"granting without revoking", multirole, "  revoke role: DELETE /v3/orgs/{organization}/users/{user}/roles/{role}\n", "",
			[]string{`operations: key "revoke role" is missing; add it, or remove "grant role"`}},
		{"two ways to change a role", multirole, "  list roles:\n", "  set role: {call: \"PUT /x/{user}/{role}\"}\n  list roles:\n",
			[]string{`operations.set role: set role does what grant role and revoke role do; remove it`}},
		{"one role is set where users hold many", removal, "by: name}", "by: name, hold: many}",
			[]string{`operations.set role: users hold many roles, which grant role and revoke role change; remove it`}},
		{"one role is sent where users hold many", envelope, "    name: name\n\nrole:", "    name: name\n    hold: many\n\nrole:",
			[]string{`operations.update user: users hold many roles, and "update user" sends one; send {roles} or {roles.names}, or a list of {role}, or add "grant role" and "revoke role"`}},
		{"a call does not say which role", multirole, "body: {roleId: \"{role}\"}", "body: {roleId: 1}",
			[]string{`operations.grant role: "grant role" does not send {role}, so it does not say what it is for; add it`}},
		{"a role is made without a name", suger, "body: {name: \"{displayName}\", description: \"{description}\", permissions: \"{permissions}\"}", "body: {description: \"{description}\"}",
			[]string{`operations.add role: "add role" does not send {displayName}, so it does not say what it is for; add it`}},
		{"a renaming that sends changes has no permissions", suger, "body: {name: \"{displayName}\"}", "body: {name: \"{displayName}\", permissions: \"{permissions}\"}",
			[]string{`operations.update role.body.permissions: {permissions} has no value in "update role"; use one of "organization", "role", "role.name", "now", "displayName"`}},
		{"roles are written and not listed", suger, "  list roles: GET /org/{organization}/role\n", "", []string{
			`operations: key "list roles" is missing; add it, or remove "add role"`,
			`operations: key "list roles" is missing; add it, or remove "remove role"`,
			`operations: key "list roles" is missing; add it, or remove "update role"`}},
		{"a default role that cannot exist", commands, "default: Reader", "default: Raeder",
			[]string{`role.default: "Raeder" is not among the known roles, and there is no "list roles"; did you mean "Reader"?`}},
		{"a rank of a role that cannot exist", commands, "precedence: [Owner, Seller, Reader]", "precedence: [Owner, Partner, Reader]",
			[]string{`role.precedence[1]: "Partner" is not among the known roles, and there is no "list roles"; the known roles are "Owner", "Seller", "Reader"`}},
		{"nobody manages users", removal, ", administrator: true", "",
			[]string{`role.known: no role is an administrator's, so the last one could not be protected; say administrator: true of the role that manages users`}},
		{"roles with an id and no name", multirole, "\nrole:\n  id: id\n  name: name\n", "\nrole:\n  id: id\n",
			[]string{`role: key "name" is missing; add it, or remove "id"`}},

		{"no way to end access", removal, "access: {end: remove user}", "access: {}",
			[]string{`access: key "end" is missing`}},
		{"a removal that is not there", removal, "  remove user:\n    call: DELETE /v1/workspaces/{organization}/users/{user}\n    repeat: true\n", "",
			[]string{`operations: key "remove user" is missing; add it, or end access otherwise`}},
		{"half a way to end access", removal, "access: {end: remove user}", "access: {end: remove}",
			[]string{`access.end: "remove" is not a way to end access; write "remove user", "set status", or a call such as POST /people/{user}/suspend`}},
		{"an attribute that is written otherwise", removal, "    userName: ", "    title: {field: title, write: Create}\n    userName: ",
			[]string{`user.attributes.title.write: "Create" is not a value here; did you mean "create"?`}},
		{"values without a field", removal, "access: {end: remove user}", "access: {end: remove user, active: [on], absent: inactive}",
			[]string{
				`access: key "field" is missing; add it, or remove "absent"`,
				`access: key "field" is missing; add it, or remove "active"`}},
		{"a call that does not say for whom", multirole, "    call: POST /v3/orgs/{organization}/users/{user}/deactivate\n", "    call: POST /v3/orgs/{organization}/deactivate\n",
			[]string{`access.end: "deactivate user" does not send {user}, so it does not say what it is for; add it`}},
		{"a status that is not written", suger, "      status: \"{status}\"\n", "", []string{
			`access: access could be ended but not given back; give it an active value and let "update user" send {status}, or say with give by which call`,
			`access.end: "set status" cannot be done; give access a field and an inactive value and let "update user" send {status}, or end it otherwise`}},
		{"access cannot be given back", multirole, "  give:\n    call: POST /v3/orgs/{organization}/users/{user}/activate\n    repeat: true\n", "",
			[]string{`access: access could be ended but not given back; give it an active value and let "update user" send {status}, or say with give by which call`}},
		{"two ways to give access back", suger, "  end: set status\n", "  end: set status\n  give: POST /org/{organization}/user/{user}/activate\n",
			[]string{`access.give: it is never called: "update user" sends {status}; remove it, or {status} there`}},
		{"a status whose values cannot be told apart", suger, "  inactive: [INACTIVE]\n", "", []string{
			`access: key "inactive" is missing; add it, or say with absent what a missing value means`}},
		{"a status whose values no answer has", suger, "  inactive: [INACTIVE]\n", "  inactive: [\"{now}\"]\n",
			[]string{`access.inactive: no value can be in an answer; add one, or say with absent what a missing value means`}},
		{"an end that nothing shows", multirole, "  field: removedAt # the time of removal, null while there is access\n  absent: active\n", "", []string{
			`access: key "field" is missing; add it, or remove "give"`,
			`access: key "field" is missing; add it: no field would show that access has ended`}},
		{"a value that is both", suger, "  inactive: [INACTIVE]\n", "  inactive: [INACTIVE, ACTIVE]\n",
			[]string{`access.inactive[1]: "ACTIVE" is both active and inactive; remove it from one of the two`}},

		{"a member of nobody", removal, "  add user:\n    call: POST /v1/workspaces/{organization}/users\n    body: {email: \"{userName}\", fullName: \"{name.formatted}\", roleName: \"{role.name}\"}\n", "  add user: {call: POST /users, body: {email: \"{userName}\", fullName: \"{name.formatted}\", roleName: \"{role.name}\"}}\n  add member: POST /members\n", []string{
			`operations.add member: "add member" does not send {user}, so it does not say what it is for; add it`}},
		{"a further id that is not named", suger, "call: DELETE /org/{organization}/user/{user}", "call: DELETE /org/{organization}/user/{user}/{user.membershipId}",
			[]string{`operations.remove user.call: {user.membershipId} has no value in "remove user"; use one of "organization", "user"`}},
		{"a placeholder that nothing has", suger, "call: DELETE /org/{organization}/user/{user}", "call: DELETE /org/{other}/user/{user}",
			[]string{`operations.remove user.call: {other} has no value in "remove user"; use one of "organization", "user"`}},
		{"an address that is never written", suger, "    userName: email             #", "    userName: {field: email, write: never} #",
			[]string{`user.attributes.userName.write: Suger must learn whom to add; write create if the address is fixed once the user exists`}},
		{"an address that is fixed and sent", suger, "    userName: email             #", "    userName: {field: email, write: create} #",
			[]string{`user.attributes.userName: an operation sends userName, against write: create; remove one of the two`}},

		{"userName is missing", suger, "    userName: email             # documented: people are known by their e-mail address\n", "",
			[]string{`user.attributes: key "userName" is missing; SCIM attributes and the fields that hold them. userName must be the e-mail address.`}},
		{"half a full name", removal, "    name.familyName: {field: fullName, part: last name}\n", "",
			[]string{`user.attributes: only one part of a full name is mapped; give name.givenName and name.familyName the same field, with part: first names and part: last name`}},
		{"an attribute of an extension", commands, "    title: title\n", "    title: title\n    urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:departmnt: department\n",
			[]string{`user.attributes.urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:departmnt: unknown key; did you mean "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"?`}},

		{"pages without a parameter", suger, "{style: offset, size: 1000, limit: limit, next: offset}", "{style: offset, size: 1000, limit: limit}",
			[]string{`operations.list users.paging: key "next" is missing; next is the query parameter that asks for the following page`}},
		{"a size that is not sent", suger, "{style: offset, size: 1000, limit: limit, next: offset}", "{style: offset, size: 1000, next: offset}",
			[]string{`operations.list users.paging: key "limit" is missing; add it, or remove "size"`}},
		{"a size that no server has", suger, "size: 1000", "size: 1000000",
			[]string{`operations.list users.paging.size: it is more than 10000`}},
		{"a first page that is none", envelope, "first: 1", "first: 2",
			[]string{`operations.list users.paging.first: it is more than 1`}},
		{"a first page of offsets", suger, "next: offset", "next: offset, first: 1",
			[]string{`operations.list users.paging.first: first belongs to style page; remove it`}},
		{"a cursor from nowhere", removal, ", cursor: next", "",
			[]string{`operations.list users.paging: key "cursor" is missing; write its path in the answer, header NAME, or last row FIELD`}},
		{"a cursor of offsets", suger, "next: offset", "next: offset, cursor: next",
			[]string{`operations.list users.paging.cursor: a cursor belongs to style cursor and style link; remove it`}},
		{"a cursor that is nowhere", removal, ", cursor: next", ", cursor: 'header X Y'",
			[]string{`operations.list users.paging.cursor: "header X Y" is not a cursor; write its path in the answer, such as next.token, or header X-Next, or last row id`}},
		{"a link in a row", removal, "{style: cursor, size: 100, limit: limit, next: cursor, cursor: next}", "{style: link, cursor: last row id}",
			[]string{`operations.list users.paging.cursor: a link is neither in a header of its own nor in a row; write the path of the URL in the answer, or leave it out for the header Link`}},
		{"a link that is asked for", removal, "{style: cursor, size: 100, limit: limit, next: cursor, cursor: next}", "{style: link, next: page}",
			[]string{`operations.list users.paging.next: style link and style none ask with no parameter for the next page; remove it`}},
		{"a lookup of anybody", suger, "  get user: GET /org/{organization}/user/{user}\n", "  find user: GET /org/{organization}/user?email={user}\n", []string{
			`operations.find user: "find user" does not send {userName}, so it does not say what it is for; add it`,
			`operations.find user.call: {user} has no value in "find user"; use one of "organization", "userName"`}},
		{"an address in another path", suger, "  get user: GET /org/{organization}/user/{user}\n", "  get user: GET /org/{organization}/user/{userName}\n", []string{
			`operations.get user.call: {userName} has no value in "get user"; use one of "organization", "user"`}},
		{"a get that decides", suger, "  get user: GET /org/{organization}/user/{user}\n", "  get user: {call: \"GET /org/{organization}/user/{user}?a=b&c={user}\", decides: true, shows within: 5s}\n", []string{
			`operations.get user.decides: decides belongs to find user; remove it`,
			`operations.get user.shows within: shows within belongs to add user; remove it`}},
		{"a query that is none", suger, "  get user: GET /org/{organization}/user/{user}\n", "  get user: GET /org/{organization}/user/{user}?a=1&a=2\n",
			[]string{`operations.get user: "GET /org/{organization}/user/{user}?a=1&a=2" is not a call; its query needs parameters with different names: a name is missing or given twice`}},
		{"a wait without end", removal, "  add user:\n", "  add user:\n    shows within: 2m\n",
			[]string{`operations.add user.shows within: "2m" is not a time up to 1m, such as 30s`}},
		{"a key in a header of HTTP", removal, "refusals:\n", "credential: {header: Host, scheme: two words}\nrefusals:\n", []string{
			`credential.header: no key can be in this header; write another, such as X-Api-Key`,
			`credential.scheme: a scheme is one word; write one such as Key, or none`}},
		{"words that nothing says", removal, "\nrefusals:\n  domain: [domain]\n  seats: [seat]\n", "\nerrors: {field: ok, success: [null]}\nrefusals:\n  seats: [\"\", [seat]]\n", []string{
			`errors.success[0]: got null, want boolean or integer or string`,
			`refusals.seats[0]: minLength: got 0, want 1`,
			`refusals.seats[1]: got array, want boolean or integer or string`}},
		{"a header that carries the key", removal, "  list roles: GET /v1/workspaces/{organization}/roles\n", "  list roles: {call: \"GET /v1/workspaces/{organization}/roles\", headers: {authorization: a, Host: b}}\n",
			[]string{`operations.list roles.headers.authorization: the gateway sets this header itself; remove it`, `operations.list roles.headers.Host: the gateway sets this header itself; remove it`}},
		{"a list with an answer", envelope, "    items: data.roles\n", "    items: data.roles\n    answer: data\n",
			[]string{`operations.list roles.answer: answer does not belong to a list, whose rows are its items; remove it`}},
		{"items inside an array", envelope, "items: data.users", "items: data[0].users",
			[]string{`operations.list users.items: "data[0].users" is not a path in an answer; write names with dots between them, such as data.users`}},
		{"paging of one user", suger, "  get user: GET /org/{organization}/user/{user}\n", "  get user: {call: \"GET /org/{organization}/user/{user}\", total: count}\n",
			[]string{`operations.get user.total: total belongs to list users and list roles; remove it`}},
		{"a GET with a body", suger, "  get user: GET /org/{organization}/user/{user}\n", "  get user: {call: \"GET /org/{organization}/user/{user}\", body: {}}\n",
			[]string{`operations.get user.body: a GET call has no body; send it in the query, or use another method`}},
		{"a header that is none", suger, "  get user: GET /org/{organization}/user/{user}\n", "  get user: {call: \"GET /org/{organization}/user/{user}\", headers: {\"X Y\": a, X-Z: \"a\\nb\"}}\n", []string{
			`operations.get user.headers.X Y: this name is not allowed; Headers to send besides the usual ones, by names of letters, digits and -; they may hold the placeholders of paths.`,
			`operations.get user.headers.X-Z: this cannot be sent in a header; write it in ASCII, on one line`}},
	}
	files := shipped(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.NotEmpty(t, files[test.file], test.file)
			got := []string{}
			for _, p := range problemsIn(t, "file", []byte(replaced(t, string(files[test.file]), test.old, test.new))) {
				got = append(got, p.Path+": "+p.Message)
			}
			assert.Equal(t, test.want, got)
		})
	}
}
