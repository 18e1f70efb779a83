package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"suger-scim-gateway/internal/test/program"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Memory limits for an organization of 100,000 people.
const (
	largePeople   = 100_000
	mostMegabytes = 200
)

// An import of a large organization, page by page, reads Suger's list and its roles
// once, and the process needs little memory.
func TestLargeOrganization(t *testing.T) {
	t.Setenv("GATEWAY_LIST_TTL", "10m") // independent of the machine's speed
	binary := program.Binary(t)
	s, err := startStack(t.Context(), binary, largePeople-fixedPeople, 0)
	require.NoError(t, err)
	t.Cleanup(s.stop)
	var found size
	found.People = largePeople
	require.NoError(t, found.walk(t.Context(), newClient(1), s, binary))
	assert.Less(t, found.Resident, float64(mostMegabytes))
	assert.Positive(t, found.Resident)
	// One more call follows a full last page.
	assert.LessOrEqual(t, found.WalkCalls, largePeople/1000+1+1)
	t.Logf("%.0f MB, %d calls", found.Resident, found.WalkCalls)
}

// Changes read the list before and after them, two lists at once if two people change
// at the same time. A list that was read for a change is not kept longer than needed.
func TestChangesInALargeOrganization(t *testing.T) {
	const changers, rounds = 2, 4
	t.Setenv("GATEWAY_BUDGET", "10m") // independent of the machine's speed
	s, err := startStack(t.Context(), program.Binary(t), largePeople-fixedPeople, 0)
	require.NoError(t, err)
	t.Cleanup(s.stop)
	people, err := s.people(t.Context())
	require.NoError(t, err)
	client := newClient(changers)
	before, err := s.calls(t.Context())
	require.NoError(t, err)
	for round := range rounds {
		var wait sync.WaitGroup
		var failed [changers]error
		for i := range changers {
			person := people[len(people)/2+i].ID // not the last administrator
			role := []string{"VIEWER", "EDITOR"}[(round+i)%2]
			wait.Go(func() { failed[i] = s.giveRole(t.Context(), client, person, role) })
		}
		wait.Wait()
		require.Equal(t, [changers]error{}, failed)
		_, err := s.toGateway(func(n int) string { return lookup(fmt.Sprintf("nobody%d@example.com", n)) }).send(t.Context(), client, round)
		require.NoError(t, err)
	}
	after, err := s.calls(t.Context())
	require.NoError(t, err)
	resident := float64(s.gateway.peakMemory()) / (1 << 20)
	assert.Less(t, resident, float64(mostMegabytes))
	assert.Positive(t, resident)
	assert.Greater(t, after-before, changers*rounds, "the changes took effect")
	t.Logf("%.0f MB, %d calls", resident, after-before)
}

// Changes of one large group wait for each other, and no waiting change holds the
// group's members.
func TestConcurrentGroupChanges(t *testing.T) {
	const organization, changes = 20_000, 64
	t.Setenv("GATEWAY_BUDGET", "10m")
	s, err := startStack(t.Context(), program.Binary(t), organization-fixedPeople, 0)
	require.NoError(t, err)
	t.Cleanup(s.stop)
	people, err := s.people(t.Context())
	require.NoError(t, err)
	client := newClient(changes)
	var wait sync.WaitGroup
	var failed [changes]error
	for i := range changes {
		operation := `{"op":"add","path":"members","value":[{"value":"` + people[i].ID + `"}]}`
		wait.Go(func() {
			failed[i] = s.patch(t.Context(), client, "/Groups/EDITOR?excludedAttributes=members", operation)
		})
	}
	wait.Wait()
	require.Equal(t, [changes]error{}, failed)
	resident := float64(s.gateway.peakMemory()) / (1 << 20)
	assert.Less(t, resident, float64(mostMegabytes))
	assert.Positive(t, resident)
	t.Logf("%.0f MB", resident)
}

func (s *stack) giveRole(ctx context.Context, client *http.Client, person, role string) error {
	return s.patch(ctx, client, "/Users/"+person, `{"op":"replace","path":"roles","value":[{"value":"`+role+`"}]}`)
}

func (s *stack) patch(ctx context.Context, client *http.Client, path, operation string) error {
	text := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operation + `]}`
	request, err := http.NewRequestWithContext(ctx, http.MethodPatch, s.gateway.address+"/scim/v2"+path, strings.NewReader(text))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.key)
	request.Header.Set("Content-Type", "application/scim+json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, answer)
	}
	return err
}
