package scim

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// largeGroup has n made-up members.
func largeGroup(n int) Resource {
	members := make([]any, n)
	for i := range members {
		members[i] = map[string]any{"value": fmt.Sprintf("user-%06d", i), "display": fmt.Sprintf("user%d@example.com", i), "type": "User"}
	}
	return Resource{"schemas": []any{URNGroup}, "id": "g1", "displayName": "Everybody", "members": members}
}

// memberChanges is a PATCH that removes every other of the first n members and
// adds as many new ones, one operation each.
func memberChanges(n int) string {
	operations := make([]string, 0, n)
	for i := range n / 2 {
		operations = append(operations,
			fmt.Sprintf(`{"op":"remove","path":"members[value eq \"user-%06d\"]"}`, 2*i),
			fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":"new-%06d"}]}`, i))
	}
	return "[" + strings.Join(operations, ",") + "]"
}

func TestPatchOfManyMembers(t *testing.T) {
	group := largeGroup(5000)
	got, err := patched(t, wholeGroup(), group, memberChanges(MaxPatchOperations))
	require.NoError(t, err)
	want := group.Clone()
	members := []any{}
	for i, member := range want["members"].([]any) {
		if i%2 == 1 || i >= 1000 {
			members = append(members, member)
		}
	}
	for i := range 500 {
		members = append(members, map[string]any{"value": fmt.Sprintf("new-%06d", i)})
	}
	want["members"] = members
	require.Equal(t, want, got)
}

// TestPatchOfManyAlike has what an index by value alone would be slow on.
func TestPatchOfManyAlike(t *testing.T) {
	values := make([]string, MaxPatchValues)
	for i := range values {
		values[i] = fmt.Sprintf(`{"value":"a@example.com","type":"%d","primary":true}`, i)
	}
	add := `{"op":"add","path":"emails","value":[` + strings.Join(values, ",") + `]}`
	got, err := patched(t, gatewayUser(), Resource{"id": "u1"}, "["+strings.Repeat(add+",", 20)+add+`,{"op":"remove","path":"emails","value":"a@example.com"}]`)
	require.NoError(t, err)
	require.Equal(t, []any{}, got["emails"])
}

// A filter that must be compared with each of many members can be used so often
// and no more.
func TestPatchComparesWithinBounds(t *testing.T) {
	terms := "display sw \\\"z\\\"" + strings.Repeat(" or display sw \\\"z\\\"", MaxFilterTerms-1)
	operation := `{"op":"remove","path":"members[` + terms + `]"}`
	group := largeGroup(60_000)
	began := time.Now()
	_, err := patched(t, wholeGroup(), group, "["+strings.Repeat(operation+",", 229)+operation+"]")
	require.ErrorContains(t, err, "too many comparisons")
	require.Less(t, time.Since(began), 5*time.Second)
	_, err = patched(t, wholeGroup(), group, "["+operation+"]")
	require.NoError(t, err, "one is within the bound")
}

// A list that nobody waits for is not compared to its end.
func TestSelectStops(t *testing.T) {
	filter, err := ParseFilter(`displayName eq "x"`, wholeGroup())
	require.NoError(t, err)
	asked := 0
	q := &Query{Filter: filter, Stopped: func() bool { return true }}
	q.Select(10_000, func(int) View {
		asked++
		return largeGroup(0)
	})
	require.Less(t, asked, 1000)
}
