package suggest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// key is the API key of every backend, in the header that Suger documents.
const key = "proof-key"

// A person is a user in a backend.
type person struct {
	id, member    string
	email         string
	given, family string
	roles         []string
	active        bool
	invited       bool
	joined        time.Time
	hidden        int // number of reads of the list that do not show the person yet
}

// A backend stores people and serves them by one of the APIs of this package. It
// shares only HTTP with the program.
type backend struct {
	mu     sync.Mutex
	people []*person
	gone   []*person // known people who are not members any more
	made   int
	opened bool // whether newly added people join today
	writes int
}

var roleTitles = map[string]string{"owner": "Owner", "editor": "Editor", "viewer": "Viewer", "billing": "Billing"}

// newBackend returns a backend with an owner and other people.
func newBackend(people int) *backend {
	b := &backend{}
	for i := range people {
		role := []string{"viewer", "editor", "viewer", "billing"}[i%4]
		if i == 0 {
			role = "owner"
		}
		b.add(fmt.Sprintf("person%03d@example.com", i), fmt.Sprintf("Given%03d", i), fmt.Sprintf("Family%03d", i), role)
	}
	b.opened = true
	return b
}

func (b *backend) add(email, given, family, role string) *person {
	b.made++
	p := &person{id: fmt.Sprintf("u%04d", b.made), member: fmt.Sprintf("m%04d", b.made), email: email, given: given, family: family,
		roles: []string{role}, active: true, joined: time.Date(2026, 1, 1, 0, 0, b.made, 0, time.UTC)}
	if b.opened {
		p.joined = time.Now().UTC()
	}
	b.people = append(b.people, p)
	return p
}

func (b *backend) byEmail(email string) *person {
	return find(b.people, func(p *person) bool { return strings.EqualFold(p.email, email) })
}

func (b *backend) byID(id string) *person {
	return find(b.people, func(p *person) bool { return p.id == id || p.member == id })
}

func find(people []*person, is func(*person) bool) *person {
	if i := slices.IndexFunc(people, is); i >= 0 {
		return people[i]
	}
	return nil
}

func (b *backend) remove(p *person) {
	b.people = slices.DeleteFunc(b.people, func(other *person) bool { return other == p })
	b.gone = append(b.gone, p)
}

// held returns a person's state in the backend: "editor Given Family", or
// "none".
func (b *backend) held(email string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.byEmail(email)
	if p == nil || !p.active {
		return "none"
	}
	return strings.Join(p.roles, "+") + " " + p.given + " " + p.family
}

// seed adds people until there are many.
func (b *backend) seed(many int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := len(b.people); i < many; i++ {
		b.add(fmt.Sprintf("seeded%03d@example.com", i), "Seeded", fmt.Sprintf("Person%03d", i), "viewer")
	}
}

// An answer is the answer of an API's operation.
type answer struct {
	status int
	body   any // nil for no body
	header map[string]string
}

// serve wraps an operation: operations run one at a time and need the key.
func (b *backend) serve(operation func(r *http.Request, body map[string]any) answer, refuse func(status int, code, text string) answer) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		b.mu.Lock()
		defer b.mu.Unlock()
		body := map[string]any{}
		if r.Method != http.MethodGet {
			b.writes++
			_ = json.NewDecoder(r.Body).Decode(&body)
		}
		var a answer
		switch {
		case r.Header.Get("Authorization") != "Key "+key:
			a = refuse(http.StatusUnauthorized, "unauthorized", "the key is wrong")
		case r.PathValue("org") != "" && r.PathValue("org") != "acme":
			a = refuse(http.StatusNotFound, "not_found", "no such organization")
		default:
			a = operation(r, body)
		}
		for name, value := range a.header {
			w.Header().Set(name, value)
		}
		if a.body != nil {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(a.status)
		if a.body != nil {
			_ = json.NewEncoder(w).Encode(a.body)
		}
	}
}

type object = map[string]any

// at returns the value at a path of keys in a body, nil if there is none.
func at(body any, keys ...string) any {
	for _, key := range keys {
		inner, _ := body.(object)
		body = inner[key]
	}
	return body
}

func text(body any, keys ...string) string {
	word, _ := at(body, keys...).(string)
	return word
}
