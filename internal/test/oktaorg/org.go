// Package oktaorg simulates the Okta side of a provisioning integration for Okta's
// CRUD suite: it serves a few calls of Okta's management API and makes the SCIM
// calls that Okta makes for them, as observed or documented (Okta, "SCIM 2.0 reference",
// https://developer.okta.com/docs/api/openapi/okta-scim/guides/scim-20/).
package oktaorg

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
)

// An Org is an Okta organization with one SCIM app. It makes the SCIM calls of a
// management call before it answers, while Okta makes them some seconds later; if one
// fails, it answers 502.
type Org struct {
	SCIM Client
	Log  func(format string, args ...any)

	mu     sync.Mutex
	people map[string]*person
}

// A person is a user of the organization.
type person struct {
	ID       string            `json:"id"`
	Profile  map[string]string `json:"profile"`
	external string            // the app's id of the user
	assigned bool              // assigned and provisioned
}

// Handler serves the management calls under /api/v1.
func (o *Org) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/apps/{app}", func(w http.ResponseWriter, r *http.Request) {
		reply(w, http.StatusOK, map[string]string{"id": r.PathValue("app"), "status": "ACTIVE"})
	})
	mux.HandleFunc("POST /api/v1/users", o.addUser)
	mux.HandleFunc("PUT /api/v1/users/{id}", o.handle(http.StatusOK, o.changeProfile))
	mux.HandleFunc("POST /api/v1/users/{id}/lifecycle/deactivate", o.handle(http.StatusOK, o.unassign))
	mux.HandleFunc("POST /api/v1/users/{id}/lifecycle/activate", o.handle(http.StatusOK, func(*http.Request, *person) error {
		return nil // the next assignment updates the app
	}))
	mux.HandleFunc("DELETE /api/v1/apps/{app}/users/{id}", o.handle(http.StatusNoContent, o.unassign))
	mux.HandleFunc("POST /api/v1/apps/{app}/users", o.assign)
	return mux
}

// change is a management call on one person.
type change func(r *http.Request, p *person) error

func (o *Org) handle(status int, do change) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		o.change(w, r, r.PathValue("id"), status, do)
	}
}

func (o *Org) change(w http.ResponseWriter, r *http.Request, id string, status int, do change) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p, ok := o.people[id]
	if !ok {
		reply(w, http.StatusNotFound, map[string]string{"errorSummary": "no such user"})
		return
	}
	if err := do(r, p); err != nil {
		o.Log("the SCIM service: %v", err)
		reply(w, http.StatusBadGateway, map[string]string{"errorSummary": err.Error()})
		return
	}
	reply(w, status, p)
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_ = json.NewEncoder(w).Encode(body) // the client may have disconnected
	}
}

func (o *Org) addUser(w http.ResponseWriter, r *http.Request) {
	p := &person{}
	if err := json.NewDecoder(r.Body).Decode(p); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"errorSummary": err.Error()})
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.people == nil {
		o.people = map[string]*person{}
	}
	p.ID = fmt.Sprintf("00u%017d", len(o.people)+1)
	o.people[p.ID] = p
	reply(w, http.StatusOK, p)
}

// assign assigns the app to a person: it looks the user up, then creates or links it.
func (o *Org) assign(w http.ResponseWriter, r *http.Request) {
	var assignment person
	if err := json.NewDecoder(r.Body).Decode(&assignment); err != nil {
		reply(w, http.StatusBadRequest, map[string]string{"errorSummary": err.Error()})
		return
	}
	o.change(w, r, assignment.ID, http.StatusOK, func(r *http.Request, p *person) (err error) {
		p.external, err = o.SCIM.provision(r.Context(), p)
		p.assigned = err == nil // Okta sends nothing more about a person whom it could not provision
		return err
	})
}

func (o *Org) changeProfile(r *http.Request, p *person) error {
	var changed person
	if err := json.NewDecoder(r.Body).Decode(&changed); err != nil {
		return err
	}
	p.Profile = changed.Profile
	if !p.assigned {
		return nil
	}
	return o.SCIM.update(r.Context(), p.external, attributes(p))
}

func (o *Org) unassign(r *http.Request, p *person) error {
	if !p.assigned {
		return nil
	}
	p.assigned = false
	return o.SCIM.update(r.Context(), p.external, map[string]any{"active": false})
}
