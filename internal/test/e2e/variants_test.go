package e2e

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/conversation"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
)

// Every Okta conversation of the status contract also runs with each invented contract
// and its mapping. contractRules are the constant differences of a contract; the
// stories have the differences of single steps.
var contractRules = map[string]contractRule{
	// The status is a boolean, which does not show invitations.
	"envelope": {
		status: map[string]any{"ACTIVE": "true", "INVITED": "true", "INACTIVE": "false"},
	},
	// There is no status: everyone in the list has access and a seat, also the user
	// who is inactive elsewhere, and a user who loses access is absent. There is no
	// modification time. A role is only a name, which is also its id, and has no
	// description.
	"removal": {
		people: 1, noModified: true, noStatus: true, nameIsID: true,
		held: func(line string) string {
			email, _, _ := strings.Cut(line, " ")
			if strings.Contains(line, " INACTIVE ") && email != "former@example.com" {
				return email + " absent"
			}
			return strings.NewReplacer(" INVITED ", " ACTIVE ", " INACTIVE ", " ACTIVE ").Replace(line)
		},
	},
	// The status is the time of removal, or null while the user has access.
	"multirole": {
		status: map[string]any{"INACTIVE": "<time>"},
		texts:  map[string]string{roleOfOne: roleOfMany},
	},
}

const (
	roleOfOne  = "The name or id of the person's Suger role; the easiest role attribute to map."
	roleOfMany = "The most powerful of the person's Suger roles; writing it makes it the only one."
)

// A contractRule holds the constant differences of a contract.
type contractRule struct {
	people     int               // how many more users hold a seat
	status     map[string]any    // the extension's status by that of the working contract; no entry if it is absent
	noModified bool              // users have no modification time
	noStatus   bool              // the extension's schema has no status
	nameIsID   bool              // roles are sorted by name and have no description
	texts      map[string]string // schema texts of this contract by the usual ones
	held       func(line string) string
}

// shown converts an expected body to the contract's.
func (r *contractRule) shown(body any) any {
	switch value := body.(type) {
	case []any:
		for i := range value {
			value[i] = r.shown(value[i])
		}
		if r.noStatus {
			value = slices.DeleteFunc(value, isStatusAttribute)
		}
		if r.nameIsID {
			sortRoles(value)
		}
		return value
	case map[string]any:
		for key := range value {
			value[key] = r.shown(value[key])
		}
		r.resource(value)
	case string:
		return cmp.Or(r.texts[value], value)
	}
	return body
}

// isStatusAttribute reports whether element is the schema attribute that holds Suger's
// status.
func isStatusAttribute(element any) bool {
	attribute, _ := element.(map[string]any)
	return attribute["name"] == "status" && attribute["mutability"] == "readOnly"
}

// resource converts value to the contract if it is a resource.
func (r *contractRule) resource(value map[string]any) {
	if extension, ok := value[mapping.URNSuger].(map[string]any); ok {
		word, _ := extension["status"].(string)
		delete(extension, "status")
		if status, shown := r.status[word]; shown {
			extension["status"] = status
		}
	}
	meta, _ := value["meta"].(map[string]any)
	switch meta["resourceType"] {
	case "User":
		if r.noModified {
			delete(meta, "lastModified")
		}
	case "Role":
		if r.nameIsID {
			delete(value, "description")
		}
	}
}

// sortRoles sorts a list of roles or groups by name.
func sortRoles(list []any) {
	name := func(element any) string {
		object, _ := element.(map[string]any)
		if _, isUser := object["userName"]; isUser {
			return ""
		}
		name, _ := object["displayName"].(string)
		return name
	}
	slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(name(a), name(b)) })
}

// rolesHeld returns the names of all roles that a user holds in Suger, with status and
// names.
func (s *stage) rolesHeld(email string) string {
	user, ok := s.suger.UserByEmail(email)
	if !ok {
		return "absent"
	}
	var names []string
	for _, r := range s.suger.Roles() {
		if r.ID == user.Role || slices.Contains(user.OtherRoles, r.ID) {
			names = append(names, r.Name)
		}
	}
	return strings.Join([]string{cmp.Or(strings.Join(names, "+"), "none"), user.Status, user.FirstName, user.LastName}, " ")
}

func TestConversationsWithEachContract(t *testing.T) {
	t.Parallel()
	stories := loadStories(t, "okta/status")
	contracts := []string{"envelope", "removal", "multirole"}
	require.Len(t, contractRules, len(contracts))
	for _, contract := range contracts {
		rule, ok := contractRules[contract]
		require.True(t, ok, contract)
		for _, story := range stories {
			assert.Subset(t, contracts, story.Contracts(), story.File)
			t.Run(contract+"/"+filepath.Base(story.File), func(t *testing.T) { playWith(t, contract, &rule, story) })
		}
	}
}

// playWith plays a story with a contract.
func playWith(t *testing.T, contract string, rule *contractRule, story *conversation.Story) {
	options := sandbox.Options{Contract: contract, People: story.Given.People, Seats: story.Given.Seats}
	if options.Seats > 0 {
		options.Seats += rule.people
	}
	s := newStage(t, options, story.Given.Settings)
	stack := s.stack(s.newGateway(t).URL)
	stack.Contract = &conversation.Contract{Name: contract, Shown: rule.shown, Held: rule.held}
	stack.State = s.rolesHeld
	require.NoError(t, story.Play(t.Context(), stack))
}
