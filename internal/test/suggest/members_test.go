package suggest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// members returns an API in which people and memberships are two resources. It lists
// memberships, and the header Link has the next page (RFC 8288).
func members(b *backend) http.Handler {
	refuse := func(status int, code, text string) answer {
		return answer{status: status, body: object{"code": code, "message": text}}
	}
	user := func(p *person) object {
		return object{"id": p.id, "email": p.email, "name": object{"given": p.given, "family": p.family}}
	}
	membership := func(p *person) object {
		return object{"id": p.member, "user": user(p), "role": p.roles[0], "created_at": p.joined.Format(time.RFC3339)}
	}
	known := func(is func(*person) bool) *person {
		if p := find(b.people, is); p != nil {
			return p
		}
		return find(b.gone, is)
	}
	aMember := func(change func(p *person, body object) answer) http.HandlerFunc {
		return b.serve(func(r *http.Request, body object) answer {
			p := find(b.people, func(p *person) bool { return p.member == r.PathValue("id") })
			if p == nil {
				return refuse(http.StatusNotFound, "not_found", "no such membership")
			}
			return change(p, body)
		}, refuse)
	}
	aUser := func(change func(p *person, body object) answer) http.HandlerFunc {
		return b.serve(func(r *http.Request, body object) answer {
			p := known(func(p *person) bool { return p.id == r.PathValue("id") })
			if p == nil {
				return refuse(http.StatusNotFound, "not_found", "no such user")
			}
			return change(p, body)
		}, refuse)
	}
	rename := func(p *person, body object) {
		if name := text(body, "name", "given"); name != "" {
			p.given = name
		}
		if name := text(body, "name", "family"); name != "" {
			p.family = name
		}
	}
	mux := http.NewServeMux()
	const memberships = "/v1/orgs/{org}/memberships"
	mux.HandleFunc("GET "+memberships, b.serve(func(r *http.Request, _ object) answer {
		size, from := min(number(r, "per_page", 30), 100), 0
		if after := r.URL.Query().Get("after"); after != "" {
			from, _ = strconv.Atoi(strings.TrimPrefix(after, "row-"))
		}
		rows := []any{}
		for _, p := range b.people[min(from, len(b.people)):min(from+size, len(b.people))] {
			rows = append(rows, membership(p))
		}
		a := answer{status: http.StatusOK, body: rows}
		if from+size < len(b.people) {
			a.header = map[string]string{"Link": fmt.Sprintf(`<http://%s%s?per_page=%d&after=row-%d>; rel="next"`, r.Host, r.URL.Path, size, from+size)}
		}
		return a
	}, refuse))
	mux.HandleFunc("POST "+memberships, b.serve(func(_ *http.Request, body object) answer {
		p := known(func(p *person) bool { return p.id == text(body, "userId") })
		switch role := text(body, "role"); {
		case p == nil:
			return refuse(http.StatusBadRequest, "invalid", "userId is no user")
		case roleTitles[role] == "":
			return refuse(http.StatusBadRequest, "invalid", "role is no role")
		case find(b.people, func(other *person) bool { return other == p }) != nil:
			return refuse(http.StatusConflict, "exists", "the membership already exists")
		default:
			b.made++
			p.member, p.roles, p.active = fmt.Sprintf("m%04d", b.made), []string{role}, true
			b.people = append(b.people, p)
			return answer{status: http.StatusCreated, body: membership(p)}
		}
	}, refuse))
	mux.HandleFunc("PATCH "+memberships+"/{id}", aMember(func(p *person, body object) answer {
		if roleTitles[text(body, "role")] == "" {
			return refuse(http.StatusBadRequest, "invalid", "role is no role")
		}
		p.roles = []string{text(body, "role")}
		return answer{status: http.StatusOK, body: membership(p)}
	}))
	mux.HandleFunc("DELETE "+memberships+"/{id}", aMember(func(p *person, _ object) answer {
		b.remove(p)
		return answer{status: http.StatusNoContent}
	}))
	mux.HandleFunc("POST /v1/users", b.serve(func(_ *http.Request, body object) answer {
		email := text(body, "email")
		if p := known(func(p *person) bool { return strings.EqualFold(p.email, email) }); p != nil {
			return answer{status: http.StatusOK, body: user(p)}
		}
		b.add(email, "", "", "viewer")
		p := b.people[len(b.people)-1]
		b.remove(p)
		rename(p, body)
		return answer{status: http.StatusCreated, body: user(p)}
	}, refuse))
	mux.HandleFunc("GET /v1/users/{id}", aUser(func(p *person, _ object) answer {
		return answer{status: http.StatusOK, body: user(p)}
	}))
	mux.HandleFunc("PATCH /v1/users/{id}", aUser(func(p *person, body object) answer {
		rename(p, body)
		return answer{status: http.StatusOK, body: user(p)}
	}))
	mux.HandleFunc("GET /v1/orgs/{org}/roles", b.serve(func(*http.Request, object) answer {
		var roles []any
		for _, role := range rolesInOrder() {
			roles = append(roles, object{"id": role, "name": roleTitles[role], "permissions": []any{"read"}})
		}
		return answer{status: http.StatusOK, body: roles}
	}, refuse))
	return mux
}
