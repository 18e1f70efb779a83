package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// adminPrefix is where the admin routes are. No contract has a path there.
const adminPrefix = "/_sandbox/"

// adminRoutes are the sandbox's own routes, not a part of any contract and
// never counted as calls:
//
//	GET /_sandbox/faults     the faults in their text form, one a line
//	PUT /_sandbox/faults     replaces them; the same form
//	DELETE /_sandbox/faults  switches them off
//	GET /_sandbox/calls      the calls received, as JSON
//	GET /_sandbox/state      the organization in numbers, as JSON
//
// They ask for no credential: they are for a sandbox that only its owner can
// reach.
func (s *Sandbox) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_sandbox/faults", s.showFaults)
	mux.HandleFunc("PUT /_sandbox/faults", s.putFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/calls", func(w http.ResponseWriter, _ *http.Request) { showJSON(w, s.Calls()) })
	mux.HandleFunc("GET /_sandbox/state", func(w http.ResponseWriter, _ *http.Request) { showJSON(w, s.state()) })
	return mux
}

func (s *Sandbox) showFaults(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	for _, fault := range s.Faults() {
		_, _ = fmt.Fprintln(w, fault) // the client may have gone; there is nobody to tell
	}
}

func (s *Sandbox) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(w, r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	active, err := parseFaults(string(body))
	if err == nil {
		err = s.SetFaults(active...)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// parseFaults reads one fault a line; empty lines are nothing.
func parseFaults(lines string) ([]Fault, error) {
	var active []Fault
	for line := range strings.Lines(lines) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		fault, err := ParseFault(line)
		if err != nil {
			return nil, err
		}
		active = append(active, fault)
	}
	return active, nil
}

// state is the organization in numbers.
type state struct {
	Organization string         `json:"organization"`
	Contract     string         `json:"contract"`
	Operations   []string       `json:"operations"`
	Domains      []string       `json:"domains"`
	Seats        int            `json:"seats"`      // 0 is no limit
	SeatsTaken   int            `json:"seatsTaken"` // by users who are not inactive
	Users        int            `json:"users"`
	ByStatus     map[string]int `json:"byStatus"`
	ByRole       map[string]int `json:"byRole"` // by the role's name
}

func (s *Sandbox) state() state {
	out := state{
		Organization: s.organization, Contract: s.contract.name, Operations: s.operations(),
		Domains: s.store.domains, Seats: s.store.seats,
		ByStatus: make(map[string]int), ByRole: make(map[string]int),
	}
	names := make(map[string]string)
	for _, role := range s.Roles() {
		names[role.ID] = role.Name
		out.ByRole[role.Name] = 0
	}
	for _, user := range s.Users() {
		out.Users++
		out.ByStatus[user.Status]++
		if user.seated() {
			out.SeatsTaken++
		}
		for _, id := range user.roles() {
			out.ByRole[names[id]]++
		}
	}
	return out
}

func showJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client may have gone; there is nobody to tell
}
