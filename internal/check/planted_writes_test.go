package check_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// written returns a check with --write of a newcomer.
func written(s stand) stand {
	before := s.config
	s.config = func(c *check.Config) {
		c.Write = newcomer
		if before != nil {
			before(c)
		}
	}
	return s
}

var toWrite = func(r *http.Request) bool { return r.Method != http.MethodGet }

var plantedWrites = []planted{
	{name: "an address that exists", stand: stand{config: write("viewer@example.com")},
		check: "write", level: check.Fail, says: "viewer@example.com is a user"},
	{name: "a foreign domain", stand: stand{config: write("preflight@elsewhere.example")},
		check: "write", level: check.Fail, says: "add --force"},
	{name: "a foreign domain that is forced", stand: stand{config: func(c *check.Config) { c.Write, c.Force = "preflight@elsewhere.example", true }},
		check: "write: create", level: check.Fail, entry: "operations.add user", says: "is not a domain of the organization"},
	{name: "users that cannot be read", stand: written(stand{front: renamed("id", "userId")}),
		check: "write", level: check.Fail, says: "while reading fails"},
	{name: "no removal in the mapping", stand: written(stand{edits: []edit{
		{"  remove user:\n    call: DELETE /org/{organization}/user/{user}\n    repeat: true\n", ""}}}),
		check: "write", level: check.Fail, entry: "operations", says: `Add "remove user"`},

	{name: "an address that exists and is not listed", stand: stand{config: write("former@example.com"), front: answers(toList, func(value any) any {
		list, _ := value.([]any)
		return slices.DeleteFunc(list, func(user any) bool { return user.(map[string]any)["status"] == "INACTIVE" })
	})}, check: "write: create", level: check.Fail, entry: "operations.list users", says: "former@example.com already had an account"},
	{name: "a protected address", stand: written(stand{settings: mapping.Config{ProtectedUsers: []string{newcomer}}}),
		check: "write: create", level: check.Fail, says: "The gateway refuses: preflight@example.com is protected"},

	{name: "read-only key", stand: written(stand{config: credential(readOnlyKey)}),
		check: "write: create", level: check.Fail, entry: "operations.add user", says: "with 403"},
	{name: "no seat", stand: written(stand{seats: 10}),
		check: "write: create", level: check.Fail, entry: "operations.add user", says: "no seat left: the plan has 10"},
	{name: "wrong path of the creation", stand: written(stand{edits: []edit{{"POST /org/{organization}/user\n", "POST /org/{organization}/member\n"}}}),
		check: "write: create", level: check.Fail, entry: "operations.add user.call", says: "Suger has no POST /org/{organization}/member"},
	{name: "field of the creation renamed", stand: written(stand{edits: []edit{
		{"call: POST /org/{organization}/user\n    body:\n      email: \"{userName}\"\n      firstName:", "call: POST /org/{organization}/user\n    body:\n      email: \"{userName}\"\n      givenName:"}}}),
		check: "write: create", level: check.Fail, entry: "operations.add user", says: `unknown field "givenName"`},
	{name: "role of the creation not sent", stand: written(stand{edits: []edit{
		{"      lastName: \"{name.familyName}\"\n      role: \"{role}\"\n\n", "      lastName: \"{name.familyName}\"\n\n"}}}),
		check: "write: create", level: check.Fail, entry: "operations.add user", says: "role is required"},
	{name: "name of the creation ignored", stand: written(stand{front: ignores(http.MethodPost, "lastName")}),
		check: "write: create", level: check.OK, says: "Done by add user (200), update user (200)."},
	{name: "creation answers the user inside an object", stand: written(stand{front: answers(with(http.MethodPost), wrapped("user"))}),
		check: "write: create", level: check.Warn, entry: "operations.add user.answer", says: "Set answer: user. That saves a read."},
	{name: "creation acknowledged and not done", stand: written(stand{faults: []sandbox.Fault{{Kind: sandbox.NotApplied, Operation: "add user"}}}),
		check: "write: create", level: check.Fail, entry: "operations.add user", says: "Suger shows no such user"},
	{name: "creation that fails after it was done", stand: written(stand{faults: []sandbox.Fault{{Kind: sandbox.Status(500), Operation: "add user", After: true}}}),
		check: "clean-up", level: check.OK, says: "Nothing is left"},

	{name: "wrong method of the update", stand: written(stand{edits: []edit{{"PATCH /org/{organization}/user/{user}", "PUT /org/{organization}/user/{user}"}}}),
		check: "write: name", level: check.Fail, entry: "operations.update user.call", says: "Suger has no PUT"},
	{name: "method of the update that is refused", stand: written(stand{front: status(with(http.MethodPatch), http.StatusMethodNotAllowed, "use PUT")}),
		check: "write: name", level: check.Fail, entry: "operations.update user.call", says: "it answers 405"},
	{name: "name of the update ignored", stand: written(stand{front: ignores(http.MethodPatch, "lastName")}),
		check: "write: name", level: check.Fail, entry: "operations.update user", says: `name.familyName "Check" instead of "Checked"`},
	{name: "role of the update ignored", stand: written(stand{front: ignores(http.MethodPatch, "role")}),
		check: "write: role", level: check.Fail, entry: "operations.update user", says: "role VIEWER instead of role EDITOR"},
	{name: "role of the update by name", stand: written(stand{front: sends(http.MethodPatch, func(body map[string]any) {
		if body["role"] == "EDITOR" {
			body["role"] = "the id, not the name"
		}
	})}), check: "write: role", level: check.Fail, entry: "operations.update user", says: `unknown role "the id, not the name"`},
	{name: "status of the update ignored", stand: written(stand{front: ignores(http.MethodPatch, "status")}),
		check: "write: deactivate", level: check.Fail, entry: "operations.update user", says: "a user with access (status: INVITED)"},
	{name: "status of the update refused", stand: written(stand{edits: []edit{{"inactive: [INACTIVE]", "inactive: [SUSPENDED, INACTIVE]"}}}),
		check: "write: deactivate", level: check.Fail, entry: "operations.update user", says: `status "SUSPENDED" is not one of`},
	{name: "access that does not come back", stand: written(stand{front: sends(http.MethodPatch, func(body map[string]any) {
		if body["status"] == "ACTIVE" {
			delete(body, "status")
		}
	})}), check: "write: return", level: check.Fail, entry: "operations.update user", says: "a user without access"},
	{name: "access that does not come back to a user whose name is fixed", stand: written(stand{edits: []edit{
		{"name.givenName: firstName ", "name.givenName: {field: firstName, write: create} "}, {"name.familyName: lastName ", "name.familyName: {field: lastName, write: create} "},
		{"      lastName: \"{name.familyName}\"\n      role: \"{role}\"\n      status", "      role: \"{role}\"\n      status"},
		{"repeat: true\n    body:\n      email: \"{userName}\"\n      firstName: \"{name.givenName}\"\n", "repeat: true\n    body:\n      email: \"{userName}\"\n"}},
		front: sends(http.MethodPatch, func(body map[string]any) {
			if body["status"] == "ACTIVE" {
				delete(body, "status")
			}
		})}), check: "write: return", level: check.Fail, entry: "operations.update user", says: "a user without access"},
	{name: "update that resets the role that it does not send", stand: written(stand{front: sends(http.MethodPatch, func(body map[string]any) {
		if _, sent := body["role"]; !sent {
			body["role"] = "VIEWER"
		}
	})}), check: "write: name", level: check.Fail, entry: "operations.update user", says: "Suger resets what an update leaves out. Set sends: whole object."},
	{name: "update that gives access back", stand: written(stand{front: sends(http.MethodPatch, func(body map[string]any) {
		if _, sent := body["status"]; !sent {
			body["status"] = "ACTIVE"
		}
	})}), check: "write: name", level: check.Fail, entry: "operations.update user", says: "a user with access (status: ACTIVE)"},
	{name: "end of access that takes the role", stand: written(stand{front: sends(http.MethodPatch, func(body map[string]any) {
		if body["status"] == "INACTIVE" {
			body["role"] = "VIEWER"
		}
	})}), check: "write: return", level: check.Fail, entry: "operations.update user", says: "role VIEWER instead of role Deal desk"},
	{name: "removal that only ends the listing", stand: written(stand{front: unlistsOnly}),
		check: "clean-up", level: check.Fail, says: "is no longer in the list, but"},
	{name: "update answers nothing", stand: written(stand{faults: []sandbox.Fault{{Kind: sandbox.Empty, Operation: "update user"}}}),
		check: "write: name", level: check.OK, says: "no user in the answer"},
	{name: "update answers the user inside an object", stand: written(stand{front: answers(with(http.MethodPatch), wrapped("data"))}),
		check: "write: name", level: check.Warn, entry: "operations.update user.answer", says: "Set answer: data."},
	{name: "role set by name where an id is wanted", stand: written(stand{contract: "removal", edits: []edit{{`body: {roleName: "{role.name}"}`, `body: {role: "{role.name}"}`}}}),
		check: "write: role", level: check.Fail, entry: "operations.set role", says: `unknown field "role"`},
	{name: "role that is not revoked", stand: written(stand{contract: "multirole", faults: []sandbox.Fault{{Kind: sandbox.NotApplied, Operation: "revoke role"}}}),
		check: "write: role", level: check.Fail, entry: "operations.grant role", says: "role VIEWER, EDITOR instead of role EDITOR"},
	{name: "deactivation acknowledged and not done", stand: written(stand{contract: "multirole", faults: []sandbox.Fault{{Kind: sandbox.NotApplied, Operation: "deactivate user"}}}),
		check: "write: deactivate", level: check.Fail, entry: "access.end", says: "a user with access"},

	{name: "removal by a call that Suger lacks", stand: written(stand{contract: "membership", edits: []edit{{"DELETE /org/{organization}/user/{user}", "DELETE /org/{organization}/member/{user}"}}}),
		check: "write: deactivate", level: check.Fail, entry: "operations.remove user.call", says: "Suger has no DELETE /org/{organization}/member/{user}"},
	{name: "born without access by a reversed flag that reading cannot tell", stand: written(stand{contract: "envelope", front: inverted("enabled", "flag"), edits: []edit{
		{"field: enabled", "field: flag"}, {"enabled: \"{status}\"", "flag: \"{status}\""}}, prepare: func(suger *sandbox.Sandbox) {
		for i, u := range suger.Users() {
			if u.Status = sandbox.StatusInactive; i < 5 {
				u.Status = sandbox.StatusActive
			}
			if i == 10 {
				u.Role = "ADMIN"
			}
			suger.PutUser(u)
		}
	}}), check: "write: create", level: check.Fail, entry: "access", says: "By this mapping a new user is without access"},
	{name: "removal acknowledged and not done", stand: written(stand{faults: []sandbox.Fault{{Kind: sandbox.NotApplied, Operation: "remove user"}}}),
		check: "clean-up", level: check.Fail, says: "Remove the user in Suger's console"},
	{name: "no removal in the mapping, forced", stand: written(stand{edits: []edit{
		{"  remove user:\n    call: DELETE /org/{organization}/user/{user}\n    repeat: true\n", ""}},
		config: func(c *check.Config) { c.Force = true }}),
		check: "clean-up", level: check.Fail, says: "still in the organization, without access"},
	{name: "list that fails after the writes", stand: written(stand{front: listFailsAfter(http.MethodPost)}),
		check: "clean-up", level: check.Fail, says: "is not known"},
	{name: "removal that fails", stand: written(stand{faults: []sandbox.Fault{{Kind: sandbox.Status(403), Operation: "remove user"}}}),
		check: "write: remove", level: check.Fail, entry: "operations.remove user", says: "with 403"},
	{name: "removal that works the second time", stand: written(stand{faults: []sandbox.Fault{{Kind: sandbox.Status(409), Operation: "remove user", Times: 1}}}),
		check: "clean-up", level: check.OK, says: "Nothing is left"},
	{name: "removed user stays without access", stand: written(stand{front: func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				r = httptest.NewRequestWithContext(r.Context(), http.MethodPatch, r.URL.Path, strings.NewReader(`{"status":"INACTIVE"}`))
				r.Header.Set("Authorization", "Key "+testKey)
				r.Header.Set("Content-Type", "application/json")
			}
			suger.ServeHTTP(w, r)
		})
	}}), check: "write: remove", level: check.Fail, says: "the gateway would answer with an error"},
	{name: "Suger goes out of order in the middle", stand: written(stand{front: status(func(r *http.Request) bool {
		return toWrite(r) && r.Method == http.MethodPatch
	}, http.StatusServiceUnavailable, "maintenance")}),
		check: "write: name", level: check.Fail, entry: "operations.update user", says: "maintenance"},
}

// unlistsOnly removes the newcomer from the list alone.
func unlistsOnly(suger http.Handler) http.Handler {
	var removed atomic.Bool
	listed := answers(toList, func(value any) any {
		list, _ := value.([]any)
		return slices.DeleteFunc(list, func(user any) bool { return removed.Load() && user.(map[string]any)["email"] == newcomer })
	})(suger)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			removed.Store(true)
			w.WriteHeader(http.StatusNoContent)
			return
		}
		listed.ServeHTTP(w, r)
	})
}
