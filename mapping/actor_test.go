package mapping_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// An actor sends SCIM requests to a service as one caller, with the bodies of a
// client.
type actor struct {
	t       *testing.T
	service *mapping.Service
	caller  mapping.Caller
}

// as returns an actor on the same service with another credential or organization.
func (a *actor) as(change func(*mapping.Caller)) *actor {
	other := *a
	change(&other.caller)
	return &other
}

func (a *actor) users() *mapping.Users   { return a.service.Users(a.caller) }
func (a *actor) groups() *mapping.Groups { return a.service.Groups(a.caller) }

// body parses a body as the gateway does.
func (a *actor) body(text string) map[string]any {
	a.t.Helper()
	raw, err := scim.DecodeObject([]byte(text))
	require.NoError(a.t, err)
	return raw
}

// patch parses the operations of a PATCH body.
func (a *actor) patch(operations string) map[string]any {
	a.t.Helper()
	return a.body(`{"Operations":[` + operations + `]}`)
}

func (a *actor) query(rt *scim.ResourceType, filter string) *scim.Query {
	a.t.Helper()
	q := &scim.Query{Count: scim.MaxPageSize}
	if filter != "" {
		var err error
		q.Filter, err = scim.ParseFilter(filter, rt)
		require.NoError(a.t, err)
	}
	return q
}

func (a *actor) getUser(id string) (scim.Resource, error) {
	return a.users().Get(a.t.Context(), id, nil)
}

func (a *actor) listUsers(filter string) (*scim.List, error) {
	return a.users().List(a.t.Context(), a.query(a.service.UserType(), filter))
}

// find looks a user up by userName, as Okta does before it creates one.
func (a *actor) find(mailbox string) (*scim.List, error) {
	return a.listUsers(fmt.Sprintf("userName eq %q", mailbox+"@example.com"))
}

func (a *actor) postUser(body string) (scim.Resource, error) {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), time.Minute) // in case the wait for the new user never ends
	defer cancel()
	return a.users().Create(ctx, a.body(body), nil)
}

func (a *actor) putUser(id, body string) (scim.Resource, error) {
	a.t.Helper()
	return a.users().Replace(a.t.Context(), id, a.body(body), "", nil)
}

func (a *actor) patchUser(id, operations string) (scim.Resource, error) {
	a.t.Helper()
	return a.patchUserWithin(a.t.Context(), id, operations)
}

func (a *actor) patchUserWithin(ctx context.Context, id, operations string) (scim.Resource, error) {
	a.t.Helper()
	return a.users().Patch(ctx, id, a.patch(operations), "", nil)
}

func (a *actor) deleteUser(id string) error { return a.users().Delete(a.t.Context(), id, "") }

func (a *actor) getGroup(id string) (scim.Resource, error) {
	return a.groups().Get(a.t.Context(), id, nil)
}

func (a *actor) listGroups(filter string) (*scim.List, error) {
	return a.groups().List(a.t.Context(), a.query(a.service.GroupType(), filter))
}

func (a *actor) postGroup(body string) (scim.Resource, error) {
	a.t.Helper()
	return a.groups().Create(a.t.Context(), a.body(body), nil)
}

func (a *actor) putGroup(id, body string) (scim.Resource, error) {
	a.t.Helper()
	return a.groups().Replace(a.t.Context(), id, a.body(body), "", nil)
}

func (a *actor) patchGroup(id, operations string) (scim.Resource, error) {
	a.t.Helper()
	return a.groups().Patch(a.t.Context(), id, a.patch(operations), "", nil)
}

func (a *actor) deleteGroup(id string) error { return a.groups().Delete(a.t.Context(), id, "") }

// Bodies that many tests send.

const (
	deactivation = `{"op":"replace","value":{"active":false}}`
	reactivation = `{"op":"replace","value":{"active":true}}`
)

// roleTo sets the role through the extension.
func roleTo(role string) string {
	return fmt.Sprintf(`{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:suger:2.0:User:role","value":%q}`, role)
}

// person returns the body of a new user, with more attributes appended.
func person(mailbox, more string) string {
	return fmt.Sprintf(`{"userName":"%s@example.com","name":{"givenName":"Iris","familyName":"Sample"}%s}`, mailbox, more)
}

// membersOp adds or removes members of a group.
func membersOp(op string, ids ...string) string {
	return fmt.Sprintf(`{"op":%q,"path":"members","value":%s}`, op, membersJSON(ids...))
}

func membersJSON(ids ...string) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = fmt.Sprintf(`{"value":%q}`, id)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// withMembers returns the whole body of a group.
func withMembers(name string, ids ...string) string {
	return fmt.Sprintf(`{"displayName":%q,"members":%s}`, name, membersJSON(ids...))
}
