package mapping_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/test/sandbox"
)

// A user comes to the same JSON at once and by way of a resource, which
// the gateway completes by the URLs.
func TestViewHasOneForm(t *testing.T) {
	const base = `https://gateway.example.com/org/"a"/scim/v2`
	eachVariant(t, func(t *testing.T, v *variant) {
		s := v.stand(t, func(s *setup) { s.sandbox.People = 300 })
		odd := []string{`"Quo" \Ted`, "Zoë 🎉", "a\tb\u0001\u2028", "<&>", strings.Repeat("long ", 20)}
		for i, name := range odd {
			s.suger.PutUser(sandbox.User{Email: fmt.Sprintf("odd%d+\"%s\"@example.com", i, name), FirstName: name, LastName: "Odd", Role: "VIEWER", Status: sandbox.StatusActive})
		}
		page, err := s.users().List(t.Context(), &scim.Query{Count: scim.MaxPageSize})
		require.NoError(t, err)
		require.Len(t, page.Resources, 8+300+len(odd))
		for _, user := range page.Resources {
			r := user.Resource()
			assert.Equal(t, r.ID(), user.ID())
			assert.Equal(t, r.Version(), user.Version())
			r["meta"].(map[string]any)["location"] = scim.URLOf(base, "/Users", r.ID())
			groups, _ := r["groups"].([]any)
			for _, group := range groups {
				group := group.(map[string]any)
				group["$ref"] = scim.URLOf(base, "/Groups", group["value"].(string))
			}
			want, err := json.Marshal(r)
			require.NoError(t, err)
			got, err := scim.Marshal(scim.Located{Writer: user.(scim.Writer), Base: base})
			require.NoError(t, err)
			require.JSONEq(t, string(want), string(got))
		}
	})
}
