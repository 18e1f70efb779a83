package suggest

import (
	"net/http"
	"slices"
	"strconv"
)

// pages returns an API with numbered pages in an envelope, nested fields, a separate
// call for the role, and invitations: an added user is listed a little later.
func pages(b *backend) http.Handler {
	refuse := func(status int, _, text string) answer {
		return answer{status: status, body: object{"error": object{"message": text}}}
	}
	show := func(p *person) object {
		state := "enabled"
		switch {
		case !p.active:
			state = "disabled"
		case p.invited:
			state = "invited"
		}
		return object{
			"uid":     p.id,
			"profile": object{"email": p.email, "first_name": p.given, "last_name": p.family},
			"access":  object{"state": state, "role": object{"key": p.roles[0], "label": roleTitles[p.roles[0]]}},
			"times":   object{"created": p.joined.Unix(), "updated": p.joined.Unix()},
		}
	}
	one := func(change func(p *person, body object) answer) http.HandlerFunc {
		return b.serve(func(r *http.Request, body object) answer {
			p := b.byID(r.PathValue("id"))
			if p == nil {
				return refuse(http.StatusNotFound, "", "person not found")
			}
			return change(p, body)
		}, refuse)
	}
	mux := http.NewServeMux()
	const people = "/api/v2/tenants/{org}/people"
	mux.HandleFunc("GET "+people, b.serve(func(r *http.Request, _ object) answer {
		page, size := number(r, "page", 1), min(number(r, "page_size", 20), 50)
		if page < 1 {
			return refuse(http.StatusBadRequest, "", "page counts from 1")
		}
		var shown []any
		for _, p := range b.people {
			if p.hidden > 0 {
				p.hidden--
				continue
			}
			shown = append(shown, show(p))
		}
		from := min((page-1)*size, len(shown))
		return answer{status: http.StatusOK, body: object{
			"meta": object{"page": page, "page_size": size, "total": len(shown)},
			"data": object{"people": shown[from:min(from+size, len(shown))]},
		}}
	}, refuse))
	mux.HandleFunc("POST "+people, b.serve(func(_ *http.Request, body object) answer {
		email, role := text(body, "profile", "email"), text(body, "access", "role", "key")
		switch {
		case roleTitles[role] == "":
			return refuse(http.StatusBadRequest, "", "access.role.key is no role")
		case b.byEmail(email) != nil:
			return refuse(http.StatusConflict, "", "person already exists")
		}
		p := b.add(email, text(body, "profile", "first_name"), text(body, "profile", "last_name"), role)
		p.invited, p.hidden = true, 2
		return answer{status: http.StatusAccepted, body: object{"data": object{"invitation": "sent"}}}
	}, refuse))
	mux.HandleFunc("GET "+people+"/{id}", one(func(p *person, _ object) answer {
		if p.hidden > 0 {
			return refuse(http.StatusNotFound, "", "person not found")
		}
		return answer{status: http.StatusOK, body: object{"data": show(p)}}
	}))
	mux.HandleFunc("PATCH "+people+"/{id}", one(func(p *person, body object) answer {
		if at(body, "access", "role") != nil {
			return refuse(http.StatusBadRequest, "", "access.role cannot be changed here")
		}
		if name := text(body, "profile", "first_name"); name != "" {
			p.given = name
		}
		if name := text(body, "profile", "last_name"); name != "" {
			p.family = name
		}
		if state := text(body, "access", "state"); state != "" {
			p.active, p.invited = state == "enabled", false
		}
		return answer{status: http.StatusOK, body: object{"data": show(p)}}
	}))
	mux.HandleFunc("PUT "+people+"/{id}/role", one(func(p *person, body object) answer {
		role := text(body, "role")
		if roleTitles[role] == "" {
			return refuse(http.StatusBadRequest, "", "role is no role")
		}
		p.roles = []string{role}
		return answer{status: http.StatusNoContent}
	}))
	mux.HandleFunc("DELETE "+people+"/{id}", one(func(p *person, _ object) answer {
		b.remove(p)
		return answer{status: http.StatusNoContent}
	}))
	mux.HandleFunc("GET /api/v2/tenants/{org}/roles", b.serve(func(*http.Request, object) answer {
		var roles []any
		for _, role := range rolesInOrder() {
			roles = append(roles, object{"key": role, "label": roleTitles[role], "about": "may do something"})
		}
		return answer{status: http.StatusOK, body: object{"meta": object{"total": len(roles)}, "data": object{"roles": roles}}}
	}, refuse))
	return mux
}

func number(r *http.Request, name string, otherwise int) int {
	if n, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
		return n
	}
	return otherwise
}

func rolesInOrder() []string {
	var roles []string
	for role := range roleTitles {
		roles = append(roles, role)
	}
	slices.Sort(roles)
	return roles
}
