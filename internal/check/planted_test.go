package check_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/sugerclient"
)

// A planted difference is a Suger that is not as the mapping says, and the line
// of the report that is to name the difference.
type planted struct {
	name  string
	stand stand
	check string      // of the line
	level check.Level // likewise
	entry string      // of the mapping file that the line is about, "" for none
	says  string      // part of its text or its advice
}

func credential(key string) func(*check.Config) {
	return func(c *check.Config) { c.Caller.Credential = sugerclient.Credential(key) }
}

func write(address string) func(*check.Config) {
	return func(c *check.Config) { c.Write = address }
}

func url(url func(c *check.Config) string) func(*check.Config) {
	return func(c *check.Config) { c.URL = url(c) }
}

// closed returns the address of a server that has gone.
func closed(*check.Config) string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	return server.URL
}

// Edits of the mapping of a Suger with many roles that make it set one, and what
// gives somebody two.
var (
	setsOneRole = edit{"  grant role:\n    call: POST /v3/orgs/{organization}/users/{user}/roles\n    repeat: true\n    body: {roleId: \"{role}\"}\n  revoke role: DELETE /v3/orgs/{organization}/users/{user}/roles/{role}\n",
		"  set role:\n    call: PUT /v3/orgs/{organization}/users/{user}/roles\n    body: {roleId: \"{role}\"}\n"}
	sendsOneRole = edit{"roles: \"{roles}\"", "roles: [\"{role}\"]"}
)

func givesTwoRoles(suger *sandbox.Sandbox) {
	admin, _ := suger.UserByEmail("admin@example.com")
	admin.OtherRoles = []string{"VIEWER"}
	suger.PutUser(admin)
}

// missing changes how Suger answers an id that it does not know.
func missing(status int, body string) front {
	return func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			suger.ServeHTTP(recorder, r)
			if toOne(r) && recorder.Code == http.StatusNotFound {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
				return
			}
			w.WriteHeader(recorder.Code)
			_, _ = w.Write(recorder.Body.Bytes())
		})
	}
}

var plantedReads = []planted{
	{name: "nothing listens", stand: stand{config: url(closed)},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "connection refused"},
	{name: "https where there is http", stand: stand{config: url(func(c *check.Config) string { return strings.Replace(c.URL, "http:", "https:", 1) })},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "server gave HTTP response to HTTPS client"},
	{name: "wrong key", stand: stand{config: credential("no-key-of-suger")},
		check: "credential", level: check.Fail, says: "Not accepted (401)"},
	{name: "pair of an OAuth App taken for a key", stand: stand{config: credential("client-1:client-secret-1")},
		check: "credential", level: check.Fail, says: "set SUGER_AUTH=oauth"},
	{name: "wrong secret of an OAuth App", stand: stand{oauth: true, config: func(c *check.Config) {
		c.Auth, c.Caller.Credential = "oauth", "client-1:another-secret"
	}}, check: "credential", level: check.Fail, says: "valid client_id:client_secret"},
	{name: "wrong token URL", stand: stand{front: asks(func(r *http.Request) { r.URL.Path = strings.Replace(r.URL.Path, "/oauth2/", "/oauth3/", 1) }),
		oauth: true, config: func(c *check.Config) { c.Auth, c.Caller.Credential = "oauth", "client-1:client-secret-1" }},
		check: "credential", level: check.Fail, says: "SUGER_TOKEN_URL to the URL"},
	{name: "wrong organization", stand: stand{config: func(c *check.Config) { c.Caller.Organization = "elsewhere" }},
		check: "organization", level: check.Fail, says: "and check that SUGER_API_URL is Suger's API."},
	{name: "credential that may not read users", stand: stand{front: status(toList, http.StatusForbidden, "not for you, somebody@example.com")},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "with 403"},
	{name: "Suger out of order", stand: stand{faults: []sandbox.Fault{{Kind: sandbox.Status(503), Operation: "list users"}}},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "with 503"},
	{name: "a web page in place of the API", stand: stand{faults: []sandbox.Fault{{Kind: sandbox.HTML}}},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "text/html"},
	{name: "a redirect", stand: stand{front: func(http.Handler) http.Handler { return http.RedirectHandler("/login", http.StatusFound) }},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "redirects are not followed"},
	{name: "clocks differ", stand: stand{faults: []sandbox.Fault{{Kind: sandbox.ClockSkew, Delay: -5 * time.Minute}}},
		check: "clock", level: check.Fail, says: "is 5m0s behind"},
	{name: "clock ahead", stand: stand{faults: []sandbox.Fault{{Kind: sandbox.ClockSkew, Delay: 2 * time.Hour}}},
		check: "clock", level: check.Warn, says: "is 2h0m0s ahead"},

	{name: "wrong path of the list", stand: stand{edits: []edit{{"GET /org/{organization}/user\n", "GET /org/{organization}/users\n"}}},
		check: "list users", level: check.Fail, entry: "operations.list users.call", says: "Suger has no GET /org/{organization}/users: it answers 404"},
	{name: "wrong path of the list in a message with the path", stand: stand{front: status(with(http.MethodGet), http.StatusNotFound, "Cannot GET /organizations/sandboxed/user")},
		check: "list users", level: check.Fail, entry: "operations.list users.call", says: "Suger has no GET /org/{organization}/user: it answers 404"},
	{name: "wrong method of the list", stand: stand{edits: []edit{{"call: GET /org/{organization}/user\n", "call: PUT /org/{organization}/user\n"}}},
		check: "list users", level: check.Fail, entry: "operations.list users.call", says: "Correct method and path"},
	{name: "list inside an object", stand: stand{front: answers(toList, wrapped("users"))},
		check: "list users", level: check.Fail, entry: "operations.list users.items", says: "Set items: users."},
	{name: "list deep inside an object", stand: stand{contract: "envelope", edits: []edit{{"items: data.users", "items: users"}}},
		check: "list users", level: check.Fail, entry: "operations.list users.items", says: "Set items: data.users."},
	{name: "list that is bare", stand: stand{edits: []edit{{"paging: {style: offset, size: 1000, limit: limit, next: offset}\n", "paging: {style: offset, size: 1000, limit: limit, next: offset}\n    items: users\n"}}},
		check: "list users", level: check.Fail, entry: "operations.list users.items", says: "Leave items out"},
	{name: "empty list", stand: stand{front: answers(toList, func(any) any { return []any{} })},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "is empty"},

	{name: "next page parameter ignored", stand: stand{edits: []edit{{"next: offset}", "next: skip}"}}},
		check: "paging", level: check.Fail, entry: "operations.list users.paging", says: "the limit works but the offset does not"},
	{name: "limit parameter ignored", stand: stand{edits: []edit{{"limit: limit,", "limit: pageSize,"}}},
		check: "paging", level: check.Warn, entry: "operations.list users.paging", says: "Set paging: {style: offset, size: 100, limit: limit, next: offset}."},
	{name: "offset that counts pages", stand: stand{people: 18, front: asks(func(r *http.Request) {
		query := r.URL.Query()
		query.Set("offset", strconv.Itoa(queried(r, "offset", 0)*queried(r, "limit", 0)))
		r.URL.RawQuery = query.Encode()
	})}, check: "paging", level: check.Fail, entry: "operations.list users.paging", says: "does not begin where the first ends"},
	{name: "pages capped at a round number", stand: stand{people: 120, front: capped(50)},
		check: "page size", level: check.Warn, entry: "operations.list users.paging.size", says: "Set size: 50."},
	{name: "pages capped at a number that looks like the end", stand: stand{front: capped(13)},
		check: "page size", level: check.Fail, entry: "operations.list users.paging.size", says: "The list continues after the 13 users"},
	{name: "pages capped at an odd number", stand: stand{front: capped(20)},
		check: "page size", level: check.Warn, entry: "operations.list users.paging.size", says: "Set size: 20."},
	{name: "cursor elsewhere in the answer", stand: stand{contract: "removal", edits: []edit{{"cursor: next}", "cursor: nextCursor}"}}},
		check: "paging", level: check.Fail, entry: "operations.list users.paging", says: "next: cursor, cursor: next}."},
	{name: "cursor in a header", stand: stand{contract: "multirole", edits: []edit{{"cursor: header X-Next-Cursor", "cursor: next"}}},
		check: "paging", level: check.Fail, entry: "operations.list users.paging", says: "next: cursor, cursor: header X-Next-Cursor}."},
	{name: "no paging in the mapping", stand: stand{people: 42, edits: []edit{{"    paging: {style: offset, size: 1000, limit: limit, next: offset}\n", ""}}},
		check: "paging", level: check.Warn, entry: "operations.list users.paging", says: "its 50 users are a round number"},
	{name: "no paging in the mapping of a list with a total", stand: stand{contract: "envelope", people: 80,
		edits: []edit{{"    paging: {style: page, size: 200, limit: pageSize, next: page, first: 1}\n", ""}, {"    items: data.users\n    total: totalCount\n", "    items: data.users\n"}}},
		check: "paging", level: check.Fail, entry: "operations.list users.paging", says: "the answer says 88"},
	{name: "total elsewhere", stand: stand{contract: "envelope", edits: []edit{{"items: data.users\n    total: totalCount", "items: data.users\n    total: total"}}},
		check: "total", level: check.Warn, entry: "operations.list users.total", says: "Set total: totalCount."},
	{name: "pages counted from 0", stand: stand{contract: "envelope", edits: []edit{{"first: 1}", "first: 0}"}}},
		check: "list users", level: check.Fail, entry: "operations.list users", says: "page must be a number from 1 on"},

	{name: "id renamed", stand: stand{front: renamed("id", "userId")},
		check: "id", level: check.Fail, entry: "user.id", says: "Suger has userId"},
	{name: "id that many have", stand: stand{edits: []edit{{"user:\n  id: id ", "user:\n  id: organizationID "}}},
		check: "id", level: check.Fail, entry: "user.id", says: "In 24 of 25 users the id"},
	{name: "e-mail address renamed", stand: stand{front: renamed("email", "emailAddress")},
		check: "userName", level: check.Fail, entry: "user.attributes.userName.field", says: "Suger has emailAddress"},
	{name: "e-mail address missing in one user", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		if user["role"] == "EDITOR" && user["status"] == "INACTIVE" {
			delete(user, "email")
		}
	}))}, check: "userName", level: check.Fail, entry: "user.attributes.userName.field", says: "missing or cannot be used in 1 of 25 users"},
	{name: "userName that is no e-mail address", stand: stand{edits: []edit{{"userName: email ", "userName: creationTime "}}},
		check: "userName", level: check.Fail, entry: "user.attributes.userName.field", says: "It is not an e-mail address"},
	{name: "an address of two users", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		if user["status"] == "INVITED" {
			user["email"] = fmt.Sprintf("%sNVITED@example.com", map[bool]string{true: "I", false: "i"}[user["role"] == "VIEWER"])
		}
	}))}, check: "userName", level: check.Warn, entry: "user.attributes.userName.field", says: "In 1 of 25 users the address is also that of another user"},
	{name: "first name in other spelling", stand: stand{front: renamed("firstName", "first_name")},
		check: "name.givenName", level: check.Fail, entry: "user.attributes.name.givenName.field", says: "Suger has first_name"},
	{name: "names inside an object", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		user["info"] = map[string]any{"given": user["firstName"], "family": user["lastName"]}
		delete(user, "lastName")
	}))}, check: "name.familyName", level: check.Fail, entry: "user.attributes.name.familyName.field", says: "Suger has info.family"},
	{name: "name that is an object", stand: stand{contract: "envelope", edits: []edit{{"name.givenName: info.firstName", "name.givenName: info"}}},
		check: "name.givenName", level: check.Fail, entry: "user.attributes.name.givenName.field", says: "info (an object) is missing or cannot be used"},
	{name: "another organization's users", stand: stand{faults: []sandbox.Fault{{Kind: sandbox.WrongOrganization}}},
		check: "organization", level: check.Fail, entry: "user.organization", says: "names another organization"},
	{name: "field with neither of two names", stand: stand{edits: []edit{{"created: creationTime ", "created: [createdAt, creationDate] "}}},
		check: "created", level: check.Warn, entry: "user.created", says: "No user has createdAt or creationDate."},
	{name: "time renamed", stand: stand{front: renamed("lastUpdateTime", "updatedAt")},
		check: "modified", level: check.Warn, entry: "user.modified", says: "Suger has updatedAt"},

	{name: "status renamed", stand: stand{front: renamed("status", "state")},
		check: "status", level: check.Fail, entry: "access.field", says: "Suger has state"},
	{name: "other words for the status", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		if user["status"] == "INACTIVE" {
			user["status"] = "SUSPENDED"
		}
	}))}, check: "status words", level: check.Fail, entry: "access", says: "SUSPENDED 2. Set inactive: [INACTIVE, SUSPENDED]."},
	{name: "status that is a name", stand: stand{edits: []edit{{"field: status", "field: lastName"}}},
		check: "status words", level: check.Fail, entry: "access", says: "the field may not be a status"},
	{name: "status in numbers that the mapping leaves out", stand: stand{contract: "removal", front: answers(
		func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/users") },
		func(value any) any {
			list, _ := value.(map[string]any)
			for i, user := range list["users"].([]any) {
				user.(map[string]any)["memberState"] = 1 + i%2
			}
			return value
		})}, check: "status", level: check.Warn, entry: "access.end", says: "memberState is named like a status"},
	{name: "status that the mapping leaves out", stand: stand{contract: "removal", front: answers(
		func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/users") },
		func(value any) any {
			list, _ := value.(map[string]any)
			for _, user := range list["users"].([]any) {
				user.(map[string]any)["disabled"] = false
			}
			return value
		})}, check: "status", level: check.Warn, entry: "access.end", says: "disabled is named like a status"},

	{name: "disabled taken for access", stand: stand{contract: "envelope", front: inverted("enabled", "disabled"), edits: []edit{
		{"field: enabled", "field: disabled"}, {"enabled: \"{status}\"", "disabled: \"{status}\""}}},
		check: "status words", level: check.Fail, entry: "access", says: "Set active: [false], and set inactive: [true]."},
	{name: "enabled taken for no access", stand: stand{contract: "envelope", edits: []edit{{"active: [true]\n  inactive: [false]", "active: [false]\n  inactive: [true]"}}},
		check: "status words", level: check.Fail, entry: "access", says: "enabled: false for the opposite of what it usually means, inactive"},
	{name: "a flag with no name, the wrong way round", stand: stand{contract: "envelope", front: inverted("enabled", "flag"), edits: []edit{
		{"field: enabled", "field: flag"}, {"enabled: \"{status}\"", "flag: \"{status}\""}}},
		check: "status words", level: check.Fail, entry: "access", says: "Most users have no access"},
	{name: "words the wrong way round", stand: stand{edits: []edit{{"active: [ACTIVE, INVITED]", "active: [INVITED, INACTIVE]"}, {"inactive: [INACTIVE]", "inactive: [ACTIVE]"}}},
		check: "status words", level: check.Fail, entry: "access", says: "for the opposite of what it usually means"},
	{name: "the first of several roles", stand: stand{contract: "multirole", edits: []edit{
		{"field: roles # a list of ids\n    hold: many", "field: roles[0]\n    hold: one"},
		setsOneRole, sendsOneRole}, prepare: givesTwoRoles}, check: "roles of users", level: check.Fail, entry: "user.roles.field", says: "Set field: roles, and set hold: many."},
	{name: "role that the file does not know", stand: stand{contract: "removal", front: answers(
		func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/roles") },
		func(value any) any {
			return slices.DeleteFunc(value.([]any), func(role any) bool { return role == "Finance" })
		})},
		check: "roles of users", level: check.Fail, entry: "user.roles", says: "Add {name: Finance, id: Finance} to role.known."},

	{name: "role renamed", stand: stand{front: renamed("role", "roleId")},
		check: "role", level: check.Fail, entry: "user.roles.field", says: "Suger has roleId"},
	{name: "role by name", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		if role, _ := user["role"].(string); len(role) == 9 { // the id of a custom role
			user["role"] = "Finance"
		}
	}))}, check: "roles of users", level: check.Fail, entry: "user.roles", says: "Set by: name"},
	{name: "role by id", stand: stand{contract: "removal", front: answers(
		func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, "/roles") },
		func(value any) any { return []any{"1", "2", "3"} })},
		check: "roles of users", level: check.Fail, entry: "user.roles", says: "5 users with a role that is not in the list of roles"},
	{name: "role that is an object", stand: stand{contract: "envelope", edits: []edit{{"field: role # an object\n    id: id\n    name: name", "field: role"}}},
		check: "role", level: check.Fail, entry: "user.roles.field", says: "role (an object) is missing or cannot be used"},
	{name: "several roles", stand: stand{contract: "multirole", edits: []edit{
		{"hold: many", "hold: one"},
		setsOneRole, sendsOneRole}, prepare: givesTwoRoles}, check: "roles of users", level: check.Fail, entry: "user.roles.field", says: "1 user with several roles in roles: the mapping reads one at most"},
	{name: "no administrator", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		if user["role"] == "ADMIN" {
			user["role"] = "EDITOR"
		}
	}))}, check: "administrators", level: check.Fail, entry: "role.known", says: "Nobody with access"},
	{name: "a department", stand: stand{front: answers(toUsers, users(func(user map[string]any) {
		user["department"], user["phone"] = "Sales", nil
	}))}, check: "unmapped fields", level: check.Warn, entry: "user.attributes", says: "2.0:User:department: department"},

	{name: "no call for one user", stand: stand{front: status(toOne, http.StatusNotFound, "no such operation")},
		check: "get user", level: check.Fail, entry: "operations.get user.call", says: `leave "get user" out`},
	{name: "one user inside an object", stand: stand{front: answers(toOne, wrapped("data"))},
		check: "get user", level: check.Fail, entry: "operations.get user.answer", says: "Set answer: data."},
	{name: "one user not inside an object", stand: stand{contract: "envelope", edits: []edit{{"members/{user}\n    answer: data\n\n  add", "members/{user}\n    answer: user\n\n  add"}}},
		check: "get user", level: check.Fail, entry: "operations.get user.answer", says: "Set answer: data."},
	{name: "one user other than in the list", stand: stand{front: answers(toOne, users(func(user map[string]any) { user["role"] = "VIEWER" }))},
		check: "get user", level: check.Warn, entry: "user.roles.field", says: "role differs from the list"},
	{name: "role by another name in one user", stand: stand{front: answers(toOne, users(func(user map[string]any) {
		user["userRole"] = user["role"]
		delete(user, "role")
	}))}, check: "get user", level: check.Fail, entry: "user.roles.field", says: "role differs from the list"},
	{name: "always the same user", stand: stand{front: asks(func(r *http.Request) {
		if toOne(r) {
			r.URL.Path = "/org/sandboxed/user/D88MGYVTY"
		}
	})}, check: "get user", level: check.Fail, entry: "operations.get user", says: "another user"},
	{name: "missing user answered 400", stand: stand{front: missing(http.StatusBadRequest, "")},
		check: "get missing user", level: check.Fail, entry: "operations.get user", says: "answered 400, not 404"},
	{name: "missing user answered 200 with an error", stand: stand{front: missing(http.StatusOK, `{"ok": false, "error": {"code": "unknown_user"}}`)},
		check: "get missing user", level: check.Fail, entry: "errors", says: "Set field: ok, and set success: [true], and add not there: [unknown_user]."},

	{name: "no call for roles", stand: stand{front: status(toRoles, http.StatusNotFound, "no such operation")},
		check: "list roles", level: check.Fail, entry: "operations.list roles.call", says: `leave "list roles" out`},
	{name: "roles inside an object", stand: stand{front: answers(toRoles, wrapped("roles"))},
		check: "list roles", level: check.Fail, entry: "operations.list roles.items", says: "Set items: roles."},
	{name: "name of roles renamed", stand: stand{edits: []edit{{"  name: name ", "  name: title "}}},
		check: "list roles", level: check.Fail, entry: "role", says: "Set id: id, and set name: name."},
	{name: "known role with another id", stand: stand{edits: []edit{{"id: EDITOR", "id: EDITORS"}}},
		check: "known roles", level: check.Fail, entry: "role.known[1]", says: "Set id: EDITOR"},
	{name: "two roles of the name of a known one", stand: stand{edits: []edit{{"id: EDITOR", "id: EDITORS"}}, prepare: func(suger *sandbox.Sandbox) {
		suger.PutRole(sandbox.Role{ID: "ed2", Name: "Editor"})
	}}, check: "known roles", level: check.Fail, entry: "role.known[1]", says: "Set id: EDITOR or ed2."},
	{name: "default role that Suger lacks", stand: stand{config: func(c *check.Config) { c.Settings.DefaultRole = "READER" }},
		check: "default role", level: check.Fail, says: "READER, which Suger does not have"},
	{name: "group of a role that Suger lacks", stand: stand{config: func(c *check.Config) { c.Settings.GroupRoles = map[string]string{"Suger People": "MEMBER"} }},
		check: "group roles", level: check.Fail, says: `group "Suger People" to role "MEMBER"`},
	{name: "precedence of a role that Suger lacks", stand: stand{edits: []edit{{`precedence: [ADMIN, EDITOR, "*", VIEWER]`, `precedence: [ADMIN, MANAGER, EDITOR, "*", VIEWER]`}}},
		check: "precedence", level: check.Warn, entry: "role.precedence[1]", says: "no role MANAGER"},
	{name: "default role of the file that Suger lacks", stand: stand{contract: "envelope", edits: []edit{{"  default: ", "  default: X"}}},
		check: "default role", level: check.Fail, entry: "role.default", says: "Correct role.default, or set GATEWAY_DEFAULT_ROLE, to"},
}
