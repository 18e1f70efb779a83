package suggest

import (
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cursors returns an API with opaque cursors, updates that replace the whole object,
// and errors with status 200. A person without access is disabled.
func cursors(b *backend) http.Handler {
	refuse := func(_ int, code, text string) answer {
		return answer{status: http.StatusOK, body: object{"ok": false, "error": object{"code": code, "text": text}}}
	}
	good := func(result any) answer {
		return answer{status: http.StatusOK, body: object{"ok": true, "result": result}}
	}
	show := func(p *person) object {
		roles := []any{}
		for _, role := range p.roles {
			roles = append(roles, role)
		}
		return object{"accountId": p.id, "login": p.email, "fullName": p.given + " " + p.family, "roles": roles,
			"disabled": !p.active, "addedAt": p.joined.Format(time.RFC3339), "locale": "en"}
	}
	// take replaces a person by a whole object, and refuses an incomplete one.
	take := func(p *person, body object) (answer, bool) {
		for _, field := range []string{"login", "fullName", "roles", "disabled"} {
			if body[field] == nil {
				return refuse(0, "incomplete", field+" is missing"), false
			}
		}
		roles, _ := body["roles"].([]any)
		var names []string
		for _, role := range roles {
			name, _ := role.(string)
			if roleTitles[name] == "" {
				return refuse(0, "invalid", "roles has no role "+name), false
			}
			names = append(names, name)
		}
		words := strings.Fields(text(body, "fullName"))
		p.given, p.family = strings.Join(words[:max(len(words)-1, 0)], " "), words[len(words)-1]
		p.roles, p.active = names, body["disabled"] == false
		return answer{}, true
	}
	one := func(change func(p *person, body object) answer) http.HandlerFunc {
		return b.serve(func(r *http.Request, body object) answer {
			p := b.byID(r.PathValue("id"))
			if p == nil {
				return refuse(0, "not_found", "no such account")
			}
			return change(p, body)
		}, refuse)
	}
	mux := http.NewServeMux()
	const accounts = "/rest/{org}/accounts"
	mux.HandleFunc("GET "+accounts, b.serve(func(r *http.Request, _ object) answer {
		size := number(r, "limit", 25)
		if size > 100 {
			return refuse(0, "invalid", "limit is at most 100")
		}
		from := 0
		if cursor := r.URL.Query().Get("cursor"); cursor != "" {
			plain, _ := base64.URLEncoding.DecodeString(cursor)
			from, _ = strconv.Atoi(strings.TrimPrefix(string(plain), "after "))
		}
		var rows []any
		for _, p := range b.people[min(from, len(b.people)):min(from+size, len(b.people))] {
			rows = append(rows, show(p))
		}
		next := ""
		if from+size < len(b.people) {
			next = base64.URLEncoding.EncodeToString([]byte("after " + strconv.Itoa(from+size)))
		}
		return good(object{"accounts": rows, "next": next})
	}, refuse))
	mux.HandleFunc("POST "+accounts, b.serve(func(_ *http.Request, body object) answer {
		if b.byEmail(text(body, "login")) != nil {
			return refuse(0, "exists", "the account already exists")
		}
		if body["disabled"] == nil {
			body["disabled"] = false
		}
		p := &person{}
		if a, ok := take(p, body); !ok {
			return a
		}
		made := b.add(text(body, "login"), p.given, p.family, "viewer")
		made.roles, made.active = p.roles, p.active
		return good(show(made))
	}, refuse))
	mux.HandleFunc("GET "+accounts+"/{id}", one(func(p *person, _ object) answer { return good(show(p)) }))
	mux.HandleFunc("PUT "+accounts+"/{id}", one(func(p *person, body object) answer {
		if a, ok := take(p, body); !ok {
			return a
		}
		return good(show(p))
	}))
	mux.HandleFunc("DELETE "+accounts+"/{id}", one(func(p *person, _ object) answer {
		b.remove(p)
		return good(nil)
	}))
	mux.HandleFunc("GET /rest/{org}/roles", b.serve(func(*http.Request, object) answer {
		return good(slices.Collect(func(yield func(any) bool) {
			for _, role := range rolesInOrder() {
				if !yield(role) {
					return
				}
			}
		}))
	}, refuse))
	return mux
}
