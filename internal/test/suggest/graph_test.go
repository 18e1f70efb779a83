package suggest

import (
	"net/http"
	"slices"
	"strconv"
)

// graph returns an API in the style of GraphQL: people are nodes of edges, deep in the
// answer, and the next page starts after the cursor of the last edge. Calls for one
// person have no such wrapper.
func graph(b *backend) http.Handler {
	refuse := func(status int, code, text string) answer {
		return answer{status: status, body: object{"errors": []any{object{"code": code, "message": text}}}}
	}
	show := func(p *person) object {
		return object{"id": p.id, "email": p.email, "firstName": p.given, "lastName": p.family, "role": p.roles[0],
			"status": map[bool]string{true: "ACTIVE", false: "INACTIVE"}[p.active], "createdAt": p.joined.Format("2006-01-02T15:04:05Z07:00")}
	}
	one := func(p *person) answer {
		return answer{status: http.StatusOK, body: object{"data": object{"member": show(p)}}}
	}
	take := func(p *person, body object) (answer, bool) {
		for name := range body {
			if !slices.Contains([]string{"email", "firstName", "lastName", "role", "status"}, name) {
				return refuse(http.StatusBadRequest, "BAD_INPUT", name+" is no field of a member"), false
			}
		}
		if role := text(body, "role"); role != "" {
			if roleTitles[role] == "" {
				return refuse(http.StatusBadRequest, "BAD_INPUT", "no such role"), false
			}
			p.roles = []string{role}
		}
		for name, field := range map[string]*string{"firstName": &p.given, "lastName": &p.family} {
			if body[name] != nil {
				*field = text(body, name)
			}
		}
		if body["status"] != nil {
			p.active = text(body, "status") == "ACTIVE"
		}
		return one(p), true
	}
	single := func(change func(p *person, body object) answer) http.HandlerFunc {
		return b.serve(func(r *http.Request, body object) answer {
			p := b.byID(r.PathValue("id"))
			if p == nil {
				return refuse(http.StatusNotFound, "NOT_FOUND", "no such member")
			}
			return change(p, body)
		}, refuse)
	}
	mux := http.NewServeMux()
	const members = "/graph/{org}/members"
	mux.HandleFunc("GET "+members, b.serve(func(r *http.Request, _ object) answer {
		from, edges := number(r, "after", 0), []any{}
		to := min(from+min(number(r, "first", 20), 50), len(b.people))
		for i := min(from, to); i < to; i++ {
			edges = append(edges, object{"cursor": strconv.Itoa(i + 1), "node": show(b.people[i])})
		}
		end := any(strconv.Itoa(to)) // on the last page too, if it has edges
		if len(edges) == 0 {
			end = nil
		}
		return answer{status: http.StatusOK, body: object{"data": object{"organization": object{"members": object{
			"edges": edges, "pageInfo": object{"endCursor": end, "hasNextPage": to < len(b.people)}}}}}}
	}, refuse))
	mux.HandleFunc("POST "+members, b.serve(func(_ *http.Request, body object) answer {
		if b.byEmail(text(body, "email")) != nil {
			return refuse(http.StatusConflict, "EXISTS", "a member with this address already exists")
		}
		p := &person{roles: []string{"viewer"}, active: true}
		if a, ok := take(p, body); !ok {
			return a
		}
		made := b.add(text(body, "email"), p.given, p.family, p.roles[0])
		return one(made)
	}, refuse))
	mux.HandleFunc("GET "+members+"/{id}", single(func(p *person, _ object) answer { return one(p) }))
	mux.HandleFunc("PATCH "+members+"/{id}", single(func(p *person, body object) answer {
		a, _ := take(p, body)
		return a
	}))
	mux.HandleFunc("DELETE "+members+"/{id}", single(func(p *person, _ object) answer {
		b.remove(p)
		return answer{status: http.StatusOK, body: object{"data": object{}}}
	}))
	mux.HandleFunc("GET /graph/{org}/roles", b.serve(func(*http.Request, object) answer {
		var edges []any
		for _, role := range rolesInOrder() {
			edges = append(edges, object{"node": object{"id": role, "name": roleTitles[role]}})
		}
		return answer{status: http.StatusOK, body: object{"data": object{"organization": object{"roles": object{"edges": edges}}}}}
	}, refuse))
	return mux
}
