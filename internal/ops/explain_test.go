package ops_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

func TestExplainPage(t *testing.T) {
	var asked []string
	var fail error
	s := newStand(t, func(c *ops.Config) {
		c.Explain = func(_ context.Context, organization, credential string, person mapping.Person) (*check.Explanation, error) {
			asked = append(asked, organization+" "+credential+" "+person.UserName+" "+person.Role)
			return &check.Explanation{
				Person: person.UserName, Target: check.Target{Organization: organization},
				Suger: []json.RawMessage{json.RawMessage(`{"email":"nova.sample@example.com","note":"<b>"}`)},
				SCIM:  scim.Resource{"userName": "nova.sample@example.com"},
				Roles: []string{"groups: Suger Viewers (VIEWER)"}, Applies: []string{"GATEWAY_DEFAULT_ROLE is VIEWER"},
				Push: mapping.Forecast{Effect: mapping.EffectRole}, Next: "Okta sends the role EDITOR.",
			}, fail
		}
	})
	s.activity.Changed(change(1))
	s.activity.Changed(mapping.Change{Time: s.clock.Now(), RequestID: "of-another", User: "reef.sample@example.com", What: "update user", Outcome: "done"})
	fields := url.Values{
		"organization": {"org-1"}, "credential": {formKey}, "person": {" nova.sample@example.com "}, "role": {"EDITOR"},
	}
	page := s.send(http.MethodPost, "/explain", fields)
	assert.Equal(t, http.StatusOK, page.status)
	assert.Equal(t, []string{"org-1 " + formKey + " nova.sample@example.com EDITOR"}, asked)
	for _, want := range []string{
		"Okta sends the role EDITOR. nova.sample@example.com in organization org-1. Nothing was changed.",
		"&#34;note&#34;: &#34;&lt;b&gt;&#34;", "groups: Suger Viewers (VIEWER)", "GATEWAY_DEFAULT_ROLE is VIEWER",
		"Recent changes by the gateway update user n…@example.com done",
	} {
		assert.Contains(t, page.text(), want)
	}
	assert.NotContains(t, page.body, "of-another")
	assert.NotContains(t, page.body+s.log.String(), formKey, "the credential is not shown again")

	fail = scim.NewError(scim.CodeTokenRefused, "Suger says: not for gossip@example.com")
	page = s.send(http.MethodPost, "/explain", fields)
	assert.Contains(t, page.text(), "Suger does not accept the token.")
	assert.NotContains(t, page.body, "gossip")

	for field, problem := range map[string]string{
		"credential": "The credential is missing.", "person": "The person is missing.",
		"organization": "The gateway does not serve this organization.",
	} {
		without := url.Values{}
		for name, values := range fields {
			if name != field {
				without[name] = values
			}
		}
		assert.Contains(t, s.send(http.MethodPost, "/explain", without).text(), problem, field)
	}
	assert.Len(t, asked, 2)
}
