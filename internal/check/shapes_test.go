package check_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

type obj = map[string]any

// A shape is how some API answers its list of users.
type shape struct {
	row  func(i int, role string) obj
	page func(r *http.Request, rows []any) (body any, header map[string]string)
	want []string // lines of the draft, without their comments
}

// between cuts rows by a number in the query.
func between(r *http.Request, rows []any, limit string, otherwise int, from func() int) ([]any, int, int) {
	size, err := strconv.Atoi(r.URL.Query().Get(limit))
	if err != nil {
		size = otherwise
	}
	start := min(from(), len(rows))
	return rows[start:min(start+size, len(rows))], start, size
}

func queried(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

var shapes = map[string]shape{
	"SCIM's own, pages by offset": {
		row: func(i int, role string) obj {
			return obj{"id": fmt.Sprintf("2819c223-%04d", i), "userName": fmt.Sprintf("p%d@example.com", i), "active": i != 7,
				"name":   obj{"givenName": fmt.Sprintf("Given %d", i), "familyName": fmt.Sprintf("Family%d", i)},
				"emails": []any{obj{"value": fmt.Sprintf("p%d@example.com", i), "primary": true}}, "roles": []any{obj{"value": role, "display": role}},
				"meta": obj{"created": "2026-01-02T03:04:05Z", "lastModified": "2026-01-02T03:04:05Z"}}
		},
		page: func(r *http.Request, rows []any) (any, map[string]string) {
			page, start, _ := between(r, rows, "count", 100, func() int { return queried(r, "start", 0) })
			return obj{"totalResults": len(rows), "itemsPerPage": len(page), "startIndex": start + 1, "Resources": page}, nil
		},
		want: []string{"items: Resources", "total: totalResults", "paging: {style: offset, size: 100, limit: count, next: start}",
			"name.givenName: name.givenName", "created: meta.created", "modified: meta.lastModified", "field: active", "active: [true]", "hold: many", "id: value"},
	},
	"JSON:API, linked in the body": {
		row: func(i int, role string) obj {
			return obj{"id": strconv.Itoa(i + 1000), "type": "user", "attributes": obj{"email": fmt.Sprintf("p%d@example.com", i), "full_name": fmt.Sprintf("Given Family%d", i),
				"role": role, "suspended_at": map[bool]any{true: "2026-01-02T03:04:05Z", false: nil}[i == 7], "created_at": "2026-01-02T03:04:05Z"}}
		},
		page: func(r *http.Request, rows []any) (any, map[string]string) {
			page, start, size := between(r, rows, "limit", 10, func() int { return queried(r, "after", 0) })
			links := obj{"self": "/x"}
			if start+size < len(rows) {
				links["next"] = fmt.Sprintf("/api/acme/users?limit=%d&after=%d", size, start+size)
			}
			return obj{"data": page, "links": links}, nil
		},
		want: []string{"items: data", "paging: {style: link, size: 100, limit: limit, cursor: links.next}", "userName: {field: attributes.email, write: create}",
			"name.givenName: {field: attributes.full_name, part: first names}", "field: attributes.suspended_at", "absent: active", "field: attributes.role"},
	},
	"HAL, pages from 0": {
		row: func(i int, role string) obj {
			return obj{"_id": fmt.Sprintf("5f%06d", i), "mail": fmt.Sprintf("p%d@example.com", i), "forename": "Given", "surname": fmt.Sprintf("Family%d", i),
				"accessLevel": role, "state": map[bool]string{true: "Suspended", false: "Active"}[i == 7], "createdOn": 1767323045}
		},
		page: func(r *http.Request, rows []any) (any, map[string]string) {
			page, _, size := between(r, rows, "size", 20, func() int { return queried(r, "page", 0) * max(queried(r, "size", 20), 1) })
			return obj{"_embedded": obj{"members": page}, "page": obj{"size": size, "totalElements": len(rows), "number": queried(r, "page", 0)}}, nil
		},
		want: []string{"items: _embedded.members", "total: page.totalElements", "paging: {style: page, size: 100, limit: size, next: page}",
			"id: _id", "name.givenName: forename", "name.familyName: surname", "field: accessLevel", "field: state", "active: [Active]", "inactive: [Suspended]", "created: createdOn"},
	},
	"the last row's id is the cursor": {
		row: func(i int, role string) obj {
			return obj{"id": fmt.Sprintf("usr_%04d", i), "email": fmt.Sprintf("p%d@example.com", i), "first_name": "Given", "last_name": fmt.Sprintf("Family%d", i), "role": role, "is_disabled": i == 7}
		},
		page: func(r *http.Request, rows []any) (any, map[string]string) {
			page, start, size := between(r, rows, "limit", 10, func() int {
				var n int
				if _, err := fmt.Sscanf(r.URL.Query().Get("starting_after"), "usr_%d", &n); err != nil {
					return 0
				}
				return n + 1
			})
			return obj{"object": "list", "data": page, "has_more": start+size < len(rows)}, nil
		},
		want: []string{"items: data", "paging: {style: cursor, size: 100, limit: limit, next: starting_after, cursor: last row id}", "field: is_disabled", "active: [false]", "inactive: [true]"},
	},
	"memberships, and no call for a person": {
		row: func(i int, role string) obj {
			return obj{"id": fmt.Sprintf("m%d", i), "person": obj{"id": fmt.Sprintf("p%d", i), "email": fmt.Sprintf("p%d@example.com", i), "firstName": "Given", "lastName": "Family"}, "role": obj{"name": role}}
		},
		page: func(_ *http.Request, rows []any) (any, map[string]string) { return rows, nil },
		want: []string{"id: id", "userName: {field: person.email, write: create}", "call: DELETE /api/{organization}/users/{user}", "name: name", "repeat: true"},
	},
	"a token in the body, camel case": {
		row: func(i int, role string) obj {
			return obj{"user": obj{"id": i + 1, "primaryEmail": fmt.Sprintf("p%d@example.com", i), "displayName": fmt.Sprintf("Given Family%d", i)}, "userRole": role, "joinedAt": "2026-01-02T03:04:05.678Z"}
		},
		page: func(r *http.Request, rows []any) (any, map[string]string) {
			page, start, size := between(r, rows, "maxResults", 10, func() int { return queried(r, "pageToken", 0) })
			body := obj{"kind": "list", "members": page}
			if start+size < len(rows) {
				body["nextPageToken"] = strconv.Itoa(start + size)
			}
			return body, nil
		},
		want: []string{"items: members", "paging: {style: cursor, size: 100, limit: maxResults, next: pageToken, cursor: nextPageToken}", "id: user.id",
			"name.givenName: {field: user.displayName, part: first names}", "created: joinedAt", "field: userRole", "end: remove user"},
	},
}

// A draft has what the answers of quite different APIs show.
func TestShapes(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			var rows []any
			for i := range 45 {
				rows = append(rows, shape.row(i, []string{"viewer", "editor", "admin"}[i%3]))
			}
			draft, report, err := suggested(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/acme/users" {
					http.NotFound(w, r)
					return
				}
				body, header := shape.page(r, rows)
				for name, value := range header {
					w.Header().Set(name, value)
				}
				_ = json.NewEncoder(w).Encode(body)
			})
			if draft != nil {
				for _, want := range shape.want {
					assert.Contains(t, "\n"+draft.String(), want+" # ", "%s", draft)
				}
			}
			require.NoError(t, err)
			assert.Zero(t, report.Count(check.Fail), text(report))
		})
	}
}

// suggested returns the draft for a Suger that only answers reads.
func suggested(t *testing.T, suger http.HandlerFunc) (*check.Draft, *check.Report, error) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Contains(t, []string{http.MethodGet, http.MethodHead}, r.Method)
		w.Header().Set("Content-Type", "application/json")
		suger(w, r)
	}))
	t.Cleanup(server.Close)
	client, err := sugerclient.New(sugerclient.Config{BaseURL: server.URL, Attempts: 2, RefusedFor: -1, Backoff: time.Millisecond})
	require.NoError(t, err)
	config := check.Config{URL: server.URL, Auth: "key", File: "draft.yaml", List: "/api/acme/users", Client: client,
		Document: mapping.DefaultDocument(), Caller: mapping.Caller{Organization: "acme", Credential: testKey}}
	config.Service, err = mapping.New(config.Document, client, config.Settings)
	require.NoError(t, err)
	return check.Suggest(t.Context(), config)
}

// A trap is an API whose rows can be read in more than one way.
type trap struct {
	row   func(i int) obj
	one   func(row obj) any // what calls for one user are by, nil for none
	list  func(w http.ResponseWriter, r *http.Request, rows []any) []any
	roles []obj    // nil without a list of roles
	draft []string // in the draft, with their comments
	says  string   // in the report
}

func plainRow(i int) obj {
	return obj{"id": i + 10, "email": fmt.Sprintf("p%d@example.com", i), "firstName": "Given", "lastName": fmt.Sprintf("Family%d", i), "role": []string{"admin", "viewer", "viewer"}[i%3]}
}

// also returns a row with more fields, or with nil without.
func also(change func(i int, row obj)) func(int) obj {
	return func(i int) obj {
		row := plainRow(i)
		change(i, row)
		return row
	}
}

var traps = map[string]trap{
	"the id is in a nested object": {
		row:   also(func(i int, row obj) { row["identity"] = obj{"id": fmt.Sprintf("n%d", i)}; delete(row, "id") }),
		one:   func(row obj) any { return row["identity"].(obj)["id"] },
		draft: []string{"id: identity.id # seen\n", "call: GET /api/{organization}/users/{user} # seen"},
	},
	"two ids, and calls are by the second": {
		row:   also(func(i int, row obj) { row["userId"] = fmt.Sprintf("u%d", i) }),
		one:   func(row obj) any { return row["userId"] },
		draft: []string{"id: userId # seen\n"},
	},
	"a role is listed twice": {
		row: also(func(i int, row obj) { row["role"] = fmt.Sprint(i%2 + 1) }),
		roles: []obj{
			{"id": "1", "name": "Viewer"}, {"id": "2", "name": "Admin"}, {"id": "1", "name": "Viewer"},
		},
		draft: []string{"  name: name # seen\n  id: id # seen"},
	},
	"roles have no id": {
		row:   plainRow,
		roles: []obj{{"name": "viewer"}, {"name": "admin"}},
		draft: []string{"  name: name # seen\n  id: name # seen", "{name: admin, id: admin, administrator: true}"},
	},
	"two ids, and no call for one user": {
		row:   also(func(i int, row obj) { row["userId"] = fmt.Sprintf("u%d", i) }),
		draft: []string{"id: id # likely: another field is unique, too: which one calls need is not visible"},
	},
	"two addresses": {
		row:   also(func(i int, row obj) { row["recoveryEmail"] = fmt.Sprintf("other%d@example.com", i) }),
		draft: []string{"userName: {field: email, write: create} # likely: another field has addresses, too: which one users sign in with is not visible"},
	},
	"the total is in a header": {
		row: plainRow,
		list: func(w http.ResponseWriter, _ *http.Request, rows []any) []any {
			w.Header().Set("X-Total-Count", strconv.Itoa(len(rows)))
			return rows[:13]
		},
		says: "a header of the answer says that the list is longer",
	},
	"the first row lacks the address": {
		row: also(func(i int, row obj) {
			if i == 0 {
				delete(row, "email")
			}
		}),
		draft: []string{"userName: {field: email, write: create} # likely: whether the address can change is assumed"},
		says:  "email (text) is missing or cannot be used in 1 of 21 users",
	},
	"a field on some rows only": {
		row: also(func(i int, row obj) {
			if i%2 == 0 {
				delete(row, "lastName")
			}
		}),
		draft: []string{"name.familyName: lastName # seen\n"},
		says:  "In 10 of 21 users: lastName",
	},
	"a flag tells who is an administrator": {
		row:  also(func(i int, row obj) { row["is_admin"] = i < 2 }),
		says: "Ask Suger whether is_admin or the role decides who manages users",
	},
}

// A draft decides by what was seen, and says what it could not decide.
func TestDraftOfAmbiguousAnswers(t *testing.T) {
	for name, trap := range traps {
		t.Run(name, func(t *testing.T) {
			rows := func() (all []any) {
				for i := range 21 {
					all = append(all, trap.row(i))
				}
				return all
			}
			draft, report, err := suggested(t, func(w http.ResponseWriter, r *http.Request) {
				var body any
				for _, row := range rows() {
					if trap.one != nil && r.URL.Path == fmt.Sprintf("/api/acme/users/%v", trap.one(row.(obj))) {
						body = row
					}
				}
				if r.URL.Path == "/api/acme/users" {
					body = rows()
					if trap.list != nil {
						body = trap.list(w, r, rows())
					}
				}
				if trap.roles != nil && r.URL.Path == "/api/acme/roles" {
					body = trap.roles
				}
				if body == nil {
					w.WriteHeader(http.StatusNotFound)
					body = "no such thing"
				}
				_ = json.NewEncoder(w).Encode(body)
			})
			require.NoError(t, err)
			for _, want := range trap.draft {
				assert.Contains(t, draft.String(), want)
			}
			assert.Contains(t, strings.Join(strings.Fields(text(report)), " "), trap.says)
		})
	}
}
