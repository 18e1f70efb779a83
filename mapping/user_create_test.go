package mapping_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

func TestCreate(t *testing.T) {
	s := newStand(t)
	made, err := s.postUser(person("nova", `,"roles":["EDITOR"],"active":true`))
	require.NoError(t, err)
	user, ok := s.suger.UserByEmail("nova@example.com")
	require.True(t, ok)
	assert.Equal(t, user.ID, made.ID())
	assert.Equal(t, "Iris Sample EDITOR INVITED", strings.Join([]string{user.FirstName, user.LastName, user.Role, user.Status}, " "))

	_, err = s.postUser(person("NOVA", ""))
	assertCode(t, scim.CodeUserExists, err)
	assert.Equal(t, 1, s.suger.Count("add user"))
	assert.Equal(t, "EDITOR INVITED", s.state("nova"), "a conflict changes nothing")
}

// If the client sends only the full name, the gateway splits it into Suger's first and
// last name.
func TestFullNameAlone(t *testing.T) {
	for sent, want := range map[string]string{
		`"displayName":"Iris Sample"`:                                                  "Iris|Sample",
		`"displayName":"Iris van der Sample"`:                                          "Iris van der|Sample",
		`"displayName":"Iris"`:                                                         "Iris|",
		`"name":{"formatted":"Iris Sample"}`:                                           "Iris|Sample",
		`"name":{"formatted":5},"displayName":"Iris Sample"`:                           "Iris|Sample",
		`"displayName":"Iris Sample","name":{"familyName":"Other"}`:                    "|Other",
		`"displayName":"","name":{"formatted":null}`:                                   "|",
		`"displayName":"Iris Sample","name":{"givenName":"Nova","familyName":"Aster"}`: "Nova|Aster",
	} {
		t.Run(sent, func(t *testing.T) {
			s := newStand(t)
			made, err := s.postUser(`{"userName":"nova@example.com",` + sent + `}`)
			require.NoError(t, err)
			user, _ := s.suger.UserByEmail("nova@example.com")
			assert.Equal(t, want, user.FirstName+"|"+user.LastName)

			_, err = s.putUser(made.ID(), `{"userName":"nova@example.com","name":{"givenName":"","familyName":""},"displayName":"Iris Sample"}`)
			require.NoError(t, err)
			user, _ = s.suger.UserByEmail("nova@example.com")
			if want != "|" {
				assert.Equal(t, "|", user.FirstName+"|"+user.LastName, "an emptied name stays empty")
			} else {
				assert.Equal(t, "Iris|Sample", user.FirstName+"|"+user.LastName)
			}
		})
	}
}

func TestCreateInactive(t *testing.T) {
	s := newStand(t)
	made, err := s.postUser(person("nova", `,"active":false`))
	require.NoError(t, err)
	assert.Equal(t, false, made["active"])
	assert.Equal(t, "VIEWER INACTIVE", s.state("nova"))
}

func TestCreateIsRefused(t *testing.T) {
	tests := []struct {
		name, body string
		seats      int
		code       scim.Code
	}{
		{"without a userName", `{"name":{"givenName":"Iris"}}`, 0, scim.CodeInvalidValue},
		{"in a foreign domain", `{"userName":"nova@elsewhere.example"}`, 0, scim.CodeDomainRefused},
		{"without a seat", person("nova", ""), 7, scim.CodeNoSeat},
		{"for an active user", person("viewer", ""), 0, scim.CodeUserExists},
		{"for an invited user", person("invited", ""), 0, scim.CodeUserExists},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t, func(u *setup) { u.sandbox.Seats = test.seats })
			before := s.suger.Users()
			_, err := s.postUser(test.body)
			assertCode(t, test.code, err)
			assert.Equal(t, before, s.suger.Users())
		})
	}
}

// A user who returns by a create has the old id, and only the roles that the create
// asks for.
func TestReturnByCreate(t *testing.T) {
	tests := []struct{ name, more, want string }{
		{"without a role", ``, "VIEWER ACTIVE"},
		{"with the old role", `,"roles":["EDITOR"]`, "EDITOR ACTIVE"},
		{"with another role", `,"` + roleURN + `":"Finance"`, "Finance ACTIVE"},
		{"with an empty list of roles", `,"roles":[]`, "VIEWER ACTIVE"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStand(t)
			id := s.id("former")
			back, err := s.postUser(`{"userName":"Former@Example.com"` + test.more + `}`)
			require.NoError(t, err)
			assert.Equal(t, id, back.ID())
			assert.Equal(t, true, back["active"])
			assert.Equal(t, test.want, s.state("former"))
			user, _ := s.suger.User(id)
			assert.Equal(t, "Heather Harbor", user.FirstName+" "+user.LastName, "attributes that are not sent stay")
			_, err = s.postUser(person("former", ""))
			assertCode(t, scim.CodeUserExists, err)
		})
	}
}

// The cached list can be some seconds old, but no create depends on it.
func TestCreateWithOldCachedList(t *testing.T) {
	t.Run("a user removed since", func(t *testing.T) {
		s := newStand(t)
		_, err := s.find("former")
		require.NoError(t, err)
		s.suger.RemoveUser(s.id("former"))
		_, err = s.postUser(person("former", ""))
		require.NoError(t, err)
		assert.Equal(t, "VIEWER INVITED", s.state("former"))
	})
	t.Run("a user deactivated since", func(t *testing.T) {
		s := newStand(t)
		_, err := s.find("nova")
		require.NoError(t, err)
		id := s.put("nova", "EDITOR", "INACTIVE").ID
		back, err := s.postUser(person("nova", ""))
		require.NoError(t, err)
		assert.Equal(t, id, back.ID())
		assert.Equal(t, "VIEWER ACTIVE", s.state("nova"))
	})
	t.Run("an active user who got the address since", func(t *testing.T) {
		s := newStand(t)
		_, err := s.find("nova")
		require.NoError(t, err)
		user, _ := s.suger.UserByEmail("editor@example.com")
		user.Email = "nova@example.com"
		s.suger.PutUser(user)
		_, err = s.postUser(person("nova", ""))
		assertCode(t, scim.CodeUserExists, err)
		assert.Equal(t, "EDITOR ACTIVE", s.state("nova"))
	})
	t.Run("the same user added by another replica", func(t *testing.T) {
		s := newStand(t)
		other := s.replica()
		_, err := s.find("nova")
		require.NoError(t, err)
		first, err := other.postUser(person("nova", ""))
		require.NoError(t, err)
		_, err = s.postUser(person("nova", `,"roles":["EDITOR"]`))
		assertCode(t, scim.CodeUserExists, err)
		assert.Equal(t, first.ID(), s.id("nova"))
		assert.Equal(t, "VIEWER INVITED", s.state("nova"))
	})
}

func TestCreateRemovesNoRole(t *testing.T) {
	s := newStand(t)
	_, err := s.find("nova")
	require.NoError(t, err)
	s.put("nova", "ADMIN", "ACTIVE") // added in Suger's console a moment ago
	s.suger.RemoveUser(s.id("admin"))
	_, err = s.postUser(person("nova", ""))
	assertCode(t, scim.CodeUserExists, err)
	assert.Equal(t, "ADMIN ACTIVE", s.state("nova"))
}

// Suger's clock and the gateway's can differ by any time.
func TestCreateWhenClocksDiffer(t *testing.T) {
	for _, skew := range []time.Duration{-time.Hour, time.Hour} {
		s := newStand(t)
		s.fault(sandbox.Fault{Kind: sandbox.ClockSkew, Delay: skew})
		_, err := s.postUser(person("nova", ""))
		require.NoError(t, err, "skew %v", skew)
	}
}

// If a user's id is the address, locking the id and the address does not block itself.
func TestReturnWhenIDsAreAddresses(t *testing.T) {
	s := newStand(t)
	s.suger.PutUser(sandbox.User{ID: "nova@example.com", Email: "nova@example.com", Role: "VIEWER", Status: "INACTIVE"})
	_, err := s.postUser(person("nova", ""))
	require.NoError(t, err)
	assert.Equal(t, "VIEWER ACTIVE", s.state("nova"))
}

// The answer to an add is lost: the user exists once, and the create succeeds.
func TestCreateWithLostAnswer(t *testing.T) {
	faults := map[string]sandbox.Fault{
		"reset after the write": {Kind: sandbox.Reset, After: true},
		"500 after the write":   {Kind: sandbox.Status(500), After: true},
		"503 after the write":   {Kind: sandbox.Status(503), After: true},
		"cut off":               {Kind: sandbox.Cut},
		"truncated":             {Kind: sandbox.Truncated},
		"empty body":            {Kind: sandbox.Empty},
		"HTML page":             {Kind: sandbox.HTML},
		"another shape":         {Kind: sandbox.WrongShape},
		"no user":               {Kind: sandbox.Literal, Body: `{"ok":true}`},
	}
	for name, fault := range faults {
		for _, role := range []string{"VIEWER", "Finance"} {
			t.Run(name+", "+role, func(t *testing.T) {
				s := newStand(t)
				before := len(s.suger.Users())
				fault.Operation, fault.Times = "add user", 1
				s.fault(fault)
				made, err := s.postUser(person("nova", `,"roles":["`+role+`"]`))
				require.NoError(t, err)
				assert.Equal(t, s.id("nova"), made.ID())
				assert.Equal(t, role+" INVITED", s.state("nova"))
				assert.Len(t, s.suger.Users(), before+1)
			})
		}
	}
}

// An add takes effect, its answer is lost, and Suger cannot be read afterwards either:
// the create is an error, and the next lookup does not use the cached list.
func TestCreateIsFoundLater(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"no answer":          {Operation: "add user", Kind: sandbox.Reset, After: true},
		"half of the answer": {Operation: "add user", Kind: sandbox.Cut},
		"another shape":      {Operation: "add user", Kind: sandbox.WrongShape},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			list, err := s.find("nova") // caches the list
			require.NoError(t, err)
			require.Zero(t, list.TotalResults)
			s.fault(fault)
			s.unavailableAfterWrite()
			_, err = s.postUser(person("nova", ""))
			assertCode(t, scim.CodeSugerUnavailable, err)
			assert.ErrorContains(t, err, "A retry finds out")
			s.fault()
			assert.Equal(t, "VIEWER INVITED", s.state("nova"))
			list, err = s.find("nova")
			require.NoError(t, err)
			assert.Equal(t, 1, list.TotalResults)
		})
	}
}

// An add that does not take effect is an error. The gateway does not retry it within
// the request: the client retries, and the gateway then looks the user up first.
func TestCreateFails(t *testing.T) {
	faults := map[string]struct {
		fault sandbox.Fault
		code  scim.Code
	}{
		"reset":              {sandbox.Fault{Kind: sandbox.Reset}, scim.CodeSugerUnavailable},
		"503":                {sandbox.Fault{Kind: sandbox.Status(503)}, scim.CodeSugerUnavailable},
		"401":                {sandbox.Fault{Kind: sandbox.Status(401)}, scim.CodeTokenRefused},
		"403":                {sandbox.Fault{Kind: sandbox.Status(403)}, scim.CodeNotAllowed},
		"400":                {sandbox.Fault{Kind: sandbox.Status(400)}, scim.CodeSugerRefused},
		"409 for a new user": {sandbox.Fault{Kind: sandbox.Status(409)}, scim.CodeUserExists},
		"empty answer":       {sandbox.Fault{Kind: sandbox.Literal, Body: `""`}, ""},
	}
	for name, test := range faults {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			test.fault.Operation = "add user"
			s.fault(test.fault)
			_, err := s.postUser(person("nova", ""))
			if test.code == "" { // the sandbox applies it despite the empty answer
				require.NoError(t, err)
				return
			}
			assertCode(t, test.code, err)
			assert.Equal(t, "absent", s.state("nova"))
			assert.Equal(t, 1, s.suger.Count("add user"))
		})
	}
}

// Ten concurrent creates for one address make one user.
func TestConcurrentCreates(t *testing.T) {
	s := newStand(t)
	second := s.as(func(c *mapping.Caller) { c.Credential = "second-" + standKey })
	var group sync.WaitGroup
	ids := make([]string, 10)
	for i := range ids {
		by := []*actor{s.actor, second}[i%2]
		group.Go(func() {
			made, err := by.postUser(person("nova", ""))
			if err == nil {
				ids[i] = made.ID()
				return
			}
			assertCode(t, scim.CodeUserExists, err)
		})
	}
	group.Wait()
	id := s.id("nova")
	made := 0
	for _, got := range ids {
		if got != "" {
			assert.Equal(t, id, got)
			made++
		}
	}
	assert.Equal(t, 1, made)
	assert.Equal(t, "VIEWER INVITED", s.state("nova"))
}

// If the role has a call of its own, it is set before access is restored: whatever
// fails, the user never has access with the old role.
func TestReturnSetsTheRoleFirst(t *testing.T) {
	s := newStand(t, func(u *setup) {
		u.document = withChanges(t, func(doc *spec.Document) {
			set := *doc.Operations.UpdateUser
			set.Body = map[string]any{"role": "{role}"}
			doc.Operations.SetRole = &set
		})
	})
	patches := 0
	s.onCall(func(r *http.Request) {
		if r.Method == http.MethodPatch {
			if patches++; patches == 2 {
				r.URL.Path = "/nowhere"
			}
		}
	})
	_, err := s.postUser(person("former", ""))
	require.Error(t, err)
	assert.Equal(t, "VIEWER INACTIVE", s.state("former"))
	_, err = s.postUser(person("former", ""))
	require.NoError(t, err)
	assert.Equal(t, "VIEWER ACTIVE", s.state("former"))
}
