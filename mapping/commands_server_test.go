package mapping_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A commandServer is the Suger that variants/commands.yaml describes. It is invented,
// shares no code with the mapping engine, and is strict: it refuses a body with an
// unknown field or with a number in quotes.
type commandServer struct {
	t      *testing.T
	mu     sync.Mutex
	people []*commandPerson
	calls  []string // paths, in order
	now    func() time.Time
}

type commandPerson struct {
	Number    int            `json:"number"`
	Mail      string         `json:"mail"`
	Names     commandNames   `json:"names"`
	Title     string         `json:"title"`
	Grants    []commandGrant `json:"grants"`
	Joined    int64          `json:"joined"`
	Suspended int64          `json:"suspended"`
}

type commandNames struct {
	First string `json:"first"`
	Last  string `json:"last"`
}

type commandGrant struct {
	Role int `json:"role"`
}

const commandTenant, commandPageSize = "sandboxed", 50

func (c *commandServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, r.URL.Path)
	commands := map[string]func(*http.Request, *json.Decoder) (any, string){
		"/rpc/people.list": c.list, "/rpc/people.create": c.create, "/rpc/people.save": c.save,
		"/rpc/people.suspend": c.suspend, "/rpc/people.restore": c.restore,
	}
	command, known := commands[r.URL.Path]
	assert.True(c.t, known && r.Method == "POST", "%s %s", r.Method, r.URL.Path)
	assert.Equal(c.t, []string{commandTenant, "Key " + standKey}, []string{r.Header.Get("X-Tenant"), r.Header.Get("Authorization")})
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	decoder := json.NewDecoder(&body)
	decoder.DisallowUnknownFields()
	answer, refusal := command(r, decoder)
	w.Header().Set("Content-Type", "application/json")
	if refusal != "" {
		w.WriteHeader(http.StatusUnprocessableEntity)
		answer = map[string]string{"error": refusal}
	}
	assert.NoError(c.t, json.NewEncoder(w).Encode(answer))
}

func (c *commandServer) list(r *http.Request, body *json.Decoder) (any, string) {
	var in struct {
		Include []string `json:"include"`
	}
	if err := body.Decode(&in); err != nil || !slices.Equal(in.Include, []string{"grants"}) {
		return nil, "include must be [grants]"
	}
	page, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || len(r.URL.Query()) != 1 {
		return nil, "page must be the only parameter"
	}
	from := min(page*commandPageSize, len(c.people))
	to := min(from+commandPageSize, len(c.people))
	return map[string]any{"result": map[string]any{"rows": c.people[from:to]}}, ""
}

func (c *commandServer) create(_ *http.Request, body *json.Decoder) (any, string) {
	var in struct {
		Mail   string         `json:"mail"`
		Names  commandNames   `json:"names"`
		Title  string         `json:"title"`
		Grants []commandGrant `json:"grants"`
	}
	if err := body.Decode(&in); err != nil {
		return nil, err.Error()
	}
	person := &commandPerson{Number: 100 + len(c.people), Mail: in.Mail, Names: in.Names, Title: in.Title, Grants: in.Grants, Joined: c.now().Unix()}
	c.people = append(c.people, person)
	return map[string]any{"number": person.Number}, ""
}

// save replaces the whole person: a missing field becomes empty.
func (c *commandServer) save(_ *http.Request, body *json.Decoder) (any, string) {
	var in struct {
		Number int            `json:"number"`
		Mail   string         `json:"mail"`
		Names  commandNames   `json:"names"`
		Title  string         `json:"title"`
		Grants []commandGrant `json:"grants"`
	}
	if err := body.Decode(&in); err != nil {
		return nil, err.Error()
	}
	return c.change(in.Number, func(p *commandPerson) {
		p.Mail, p.Names, p.Title, p.Grants = in.Mail, in.Names, in.Title, in.Grants
	})
}

func (c *commandServer) suspend(_ *http.Request, body *json.Decoder) (any, string) {
	var in struct {
		Number int       `json:"number"`
		Since  time.Time `json:"since"`
	}
	if err := body.Decode(&in); err != nil {
		return nil, err.Error()
	}
	return c.change(in.Number, func(p *commandPerson) { p.Suspended = in.Since.Unix() })
}

func (c *commandServer) restore(_ *http.Request, body *json.Decoder) (any, string) {
	var in struct {
		Number int    `json:"number"`
		Reason string `json:"reason"`
	}
	if err := body.Decode(&in); err != nil || in.Reason != "back in Okta" {
		return nil, "reason is missing"
	}
	return c.change(in.Number, func(p *commandPerson) { p.Suspended = 0 })
}

func (c *commandServer) change(number int, change func(*commandPerson)) (any, string) {
	for _, person := range c.people {
		if person.Number == number {
			change(person)
			return map[string]any{"ok": true}, ""
		}
	}
	return nil, "unknown number"
}

// person returns a copy of the person with this address.
func (c *commandServer) person(mail string) commandPerson {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, person := range c.people {
		if person.Mail == mail {
			return *person
		}
	}
	return commandPerson{}
}

// takeCalls returns the calls since it was last called.
func (c *commandServer) takeCalls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	calls := c.calls
	c.calls = nil
	return calls
}
