package mapping_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// A variant is a contract of the sandbox and its differences from the others.
// variants/CONTRACT.yaml is its mapping.
type variant struct {
	contract   string
	status     map[string]string // the words for ACTIVE, INVITED and INACTIVE
	many       bool              // users hold any number of roles
	removes    bool              // only removal ends access
	global     bool              // people exist beyond the organization and keep their id
	fixedEmail bool              // an e-mail address cannot change
	fixedRoles bool              // roles cannot be written
	wholeReads bool              // an update rereads the user
	ownRoleOps bool              // role changes have operations of their own
	noGet      bool              // no call reads a single user
	pages      int               // of a list of 1108 users
	pushed     string            // the roles of a VIEWER who is in a pushed group without permissions
}

var variants = []variant{
	{contract: "membership", pages: 1, removes: true, fixedEmail: true, noGet: true, global: true, pushed: "VIEWER"},
	{contract: "twostep", pages: 1, removes: true, fixedEmail: true, fixedRoles: true, ownRoleOps: true, noGet: true, global: true},
	{contract: "status", pages: 2, status: map[string]string{"ACTIVE": "ACTIVE", "INVITED": "INVITED", "INACTIVE": "INACTIVE"}, pushed: "VIEWER"},
	{contract: "envelope", pages: 6, status: map[string]string{"ACTIVE": "true", "INVITED": "true", "INACTIVE": "false"}, wholeReads: true, pushed: "VIEWER"},
	{contract: "removal", pages: 12, removes: true, fixedRoles: true, ownRoleOps: true, noGet: true},
	{contract: "multirole", pages: 3, status: map[string]string{"INACTIVE": "2024-03-04T09:08:00.000Z"}, many: true, fixedEmail: true, ownRoleOps: true, pushed: "Partners and VIEWER"},
}

// The sandbox serves every variant's contract.
func TestVariantsAreTheContracts(t *testing.T) {
	var names []string
	for _, v := range variants {
		names = append(names, v.contract)
	}
	assert.Subset(t, sandbox.Contracts(), names)
}

// mappingOf reads the mapping of a variant.
func mappingOf(t testing.TB, name string) *spec.Document {
	t.Helper()
	if name == "membership" {
		return mapping.DefaultDocument()
	}
	document, err := spec.Parse(name+".yaml", []byte(sourceOf(t, name)))
	require.NoError(t, err)
	return document
}

// sourceOf returns the text of a variant's mapping.
func sourceOf(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("variants", name+".yaml"))
	require.NoError(t, err)
	return string(data)
}

// stand starts the contract with its mapping.
func (v *variant) stand(t *testing.T, changes ...func(*setup)) *stand {
	t.Helper()
	s := newStand(t, append([]func(*setup){func(s *setup) {
		s.sandbox.Contract = v.contract
		s.document = mappingOf(t, v.contract)
	}}, changes...)...)
	if v.global { // if no one can be inactive, "former" is a member here and elsewhere
		s.suger.PutUser(sandbox.User{Email: "former@example.com", FirstName: "Heather", LastName: "Harbor", Role: "EDITOR"})
	}
	return s
}

// eachVariant runs test for every variant.
func eachVariant(t *testing.T, test func(t *testing.T, v *variant)) {
	for i := range variants {
		t.Run(variants[i].contract, func(t *testing.T) { test(t, &variants[i]) })
	}
}

// extension returns a user's Suger extension.
func extension(r scim.Resource) map[string]any {
	object, _ := r[mapping.URNSuger].(map[string]any)
	return object
}
