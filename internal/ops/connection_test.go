package ops_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/ops"
)

const formKey = "suger-key-of-somebody"

func fields(organization, credential string) url.Values {
	return url.Values{"organization": {organization}, "credential": {credential}}
}

func TestConnectionTest(t *testing.T) {
	var asked []string
	report := &check.Report{OK: true, Suger: check.Target{URL: "https://api.example.com", Organization: "org-1"}}
	s := newStand(t, func(c *ops.Config) {
		c.Test = func(_ context.Context, organization, credential string) (*check.Report, error) {
			asked = append(asked, organization+" "+credential)
			return report, nil
		}
	})
	send := func() answer { return s.send(http.MethodPost, "/test", fields(" org-1 ", " "+formKey+" ")) }

	report.Lines = []check.Line{{Check: "list users", Level: check.OK, Text: "25 users."}}
	page := send()
	assert.Equal(t, http.StatusOK, page.status)
	assert.Contains(t, page.text(), "All checks passed. https://api.example.com, organization org-1 ok list users 25 users.")

	report.Lines = append(report.Lines, check.Line{
		Check: "fields", Level: check.Warn, Text: "<b>email</b> is named otherwise.", Change: "Correct the mapping.",
		Mapping: &check.Place{Entry: "user.attributes", File: "suger.yaml", Line: 12},
	})
	page = send()
	assert.Contains(t, page.text(), "No check failed. Needs attention: 1 check.")
	assert.Contains(t, page.text(), "warn fields &lt;b&gt;email&lt;/b&gt; is named otherwise. Correct the mapping. suger.yaml, line 12: user.attributes")

	report.OK = false
	report.Lines = append(report.Lines, check.Line{Check: "credential", Level: check.Fail, Text: "Not accepted."})
	page = send()
	assert.Contains(t, page.text(), "1 check failed.")
	assert.Contains(t, page.text(), "fail credential Not accepted.")

	assert.Equal(t, []string{"org-1 " + formKey, "org-1 " + formKey, "org-1 " + formKey}, asked)
	assert.NotContains(t, page.body, formKey)
	assert.NotContains(t, s.log.String(), formKey)
}

func TestConnectionTestRefuses(t *testing.T) {
	s := newStand(t, func(c *ops.Config) {
		c.Test = func(context.Context, string, string) (*check.Report, error) {
			t.Error("there must be no test")
			return &check.Report{}, nil
		}
	})
	for name, test := range map[string]struct {
		fields url.Values
		status int
		want   string
	}{
		"an organization that is not served": {fields("org-2", formKey), 400, "The gateway does not serve this organization."},
		"no credential":                      {fields("org-1", " "), 400, "The credential is missing."},
		"a form that is too large":           {fields("org-1", strings.Repeat("k", 20<<10)), 400, "The gateway does not serve"},
	} {
		t.Run(name, func(t *testing.T) {
			page := s.send(http.MethodPost, "/test", test.fields)
			assert.Equal(t, test.status, page.status)
			assert.Contains(t, page.text(), test.want)
			assert.NotContains(t, page.body, formKey)
		})
	}
	page := s.get("/test?organization=org-1&credential=" + formKey)
	assert.NotContains(t, page.body, formKey, "nothing is taken from a URL")
}

func TestOneConnectionTestAtATime(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := newStand(t, func(c *ops.Config) {
		c.Test = func(context.Context, string, string) (*check.Report, error) {
			entered <- struct{}{}
			<-release
			return &check.Report{OK: true}, nil
		}
	})
	first := make(chan int)
	go func() { first <- s.send(http.MethodPost, "/test", fields("org-1", formKey)).status }()
	<-entered
	page := s.send(http.MethodPost, "/test", fields("org-1", formKey))
	assert.Equal(t, http.StatusTooManyRequests, page.status)
	assert.Contains(t, page.text(), "Another test is running.")
	close(release)
	assert.Equal(t, http.StatusOK, <-first)
}
