package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/check"
)

// lists are the paths of the list of users by contract.
var lists = map[string]string{
	"membership": "", "status": "",
	"envelope":  "/v2/organizations/{organization}/members",
	"removal":   "/v1/workspaces/{organization}/users",
	"multirole": "/v3/orgs/{organization}/users",
}

// A draft of each contract is right but for what no reading call can tell.
func TestSuggest(t *testing.T) {
	for contract, list := range lists {
		t.Run(contract, func(t *testing.T) {
			s := stand{contract: contract, config: func(c *check.Config) { c.List = list }}
			draft, report, err := check.Suggest(t.Context(), s.open(t), func(check.Line) {})
			if draft != nil {
				golden(t, "suggest-"+contract+".yaml", draft.String())
			}
			require.NoError(t, err)
			assert.Zero(t, report.Count(check.Fail), text(report))
			s.assertNothingPersonal(t, draft.String())
		})
	}
}
