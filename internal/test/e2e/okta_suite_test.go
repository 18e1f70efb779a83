package e2e

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/oktaorg"
	"suger-scim-gateway/internal/test/runscope"
	"suger-scim-gateway/internal/test/sandbox"
)

// TestOktaSuites runs Okta's acceptance suites against the gateway with a Suger
// sandbox behind it. Okta publishes the suites, so they are not part of this project:
// download them from https://developer.okta.com/standards/SCIM/SCIMFiles/ and set
// SCIM_OKTA_SUITES to the folder or to a file.
//
// With SCIM_BASE_URL and SCIM_AUTH (the whole header value, "Bearer ...") they run
// against another gateway. They create a user and deactivate it again;
// SCIM_USER_DOMAIN is an e-mail domain that its Suger organization accepts, if it
// does not accept the suites' atko.com.
func TestOktaSuites(t *testing.T) {
	t.Parallel()
	path := os.Getenv("SCIM_OKTA_SUITES")
	if path == "" {
		t.Skip("OKTA'S ACCEPTANCE SUITES DID NOT RUN: set SCIM_OKTA_SUITES to the folder they were downloaded to") // the files are Okta's and not part of this project
	}
	suites, err := runscope.Load(path)
	require.NoError(t, err)
	for _, contract := range suiteContracts() {
		for _, suite := range suites {
			for _, put := range appKinds(suite) {
				name := contract + "/" + strings.Join(strings.Fields(suite.Name+map[bool]string{true: " PUT"}[put]), "_")
				t.Run(name, func(t *testing.T) { runSuite(t, suite, contract, put) })
			}
		}
	}
}

// suiteContracts returns the contracts that the suites run on: the default one and the
// one with a status, or "elsewhere" for a gateway that already runs.
func suiteContracts() []string {
	if os.Getenv("SCIM_BASE_URL") != "" {
		return []string{"elsewhere"}
	}
	return []string{"membership", "status"}
}

func runSuite(t *testing.T, suite runscope.Suite, contract string, put bool) {
	base, authorization := suiteTarget(t, contract)
	report, err := runscope.Run(t.Context(), suite, suiteVariables(t, base, authorization, put), t.Logf)
	if contract == "membership" {
		err = withoutRemoved(err)
	}
	require.NoError(t, err)
	t.Logf("%d requests, %d assertions checked", report.Requests, report.Assertions)
	assert.Zero(t, report.Skipped, "the suite must not skip steps")
}

// readOfRemoved matches the failures of the suite that reads deactivated users and
// expects active false. A Suger without a status has removed them, so they cannot be
// read; a lookup finds no user, which Okta accepts too.
var readOfRemoved = regexp.MustCompile(`(?m)^step \d+, Verify if user is deactivated in SCIM App: (response_status: want equal_number 200, got 404|equal: there is no active)\n?`)

// withoutRemoved removes readOfRemoved from a suite's failures.
func withoutRemoved(err error) error {
	if err == nil {
		return nil
	}
	if rest := readOfRemoved.ReplaceAllString(err.Error(), ""); rest != "" {
		return errors.New(rest)
	}
	return nil
}

// appKinds returns one run for a suite that only uses the SCIM service, and two runs,
// with PATCH and with PUT, for a suite that drives an Okta organization.
func appKinds(suite runscope.Suite) []bool {
	for _, step := range suite.Steps {
		if strings.Contains(step.URL, "{{oktaOrgUrl}}") {
			return []bool{false, true}
		}
	}
	return []bool{false}
}

// suiteTarget returns the SCIM service to test: the one in the environment, or a new
// one.
func suiteTarget(t *testing.T, contract string) (base, authorization string) {
	if base = os.Getenv("SCIM_BASE_URL"); base != "" {
		return strings.TrimRight(base, "/"), os.Getenv("SCIM_AUTH")
	}
	s := newStage(t, sandbox.Options{Contract: contract, Domains: []string{"example.com", "atko.com"}}, nil)
	return s.newGateway(t).URL + "/scim/v2", "Bearer " + testKey
}

// suiteVariables returns the variables that a user of the suites sets and those that
// their initial scripts generate. For the suites that drive an Okta organization it
// starts one.
func suiteVariables(t *testing.T, base, authorization string, put bool) map[string]string {
	org := &oktaorg.Org{Log: t.Logf, SCIM: oktaorg.Client{
		BaseURL: base, Authorization: authorization, HTTP: http.DefaultClient, Put: put,
	}}
	okta := httptest.NewServer(org.Handler())
	t.Cleanup(okta.Close)

	domain := cmp.Or(os.Getenv("SCIM_USER_DOMAIN"), "atko.com")
	person := func(prefix string) string { return prefix + rand.Text()[:12] + "@" + domain }
	userName := person("Runscope")
	return map[string]string{
		// for the SPEC and Entitlements suites
		"SCIMBaseURL":            base,
		"auth":                   authorization,
		"EntitlementEndpoint":    "/Roles",
		"randomUsername":         userName,
		"randomUsernameCaps":     strings.ToUpper(userName),
		"randomEmail":            userName,
		"randomGivenName":        "Runscope",
		"randomFamilyName":       "Quill",
		"InvalidUserEmail":       "abcdefgh@atko.com",
		"UserIdThatDoesNotExist": "010101001010101011001010101011",
		// for the CRUD suite
		"SCIMUrl":                    base,
		"SCIMAuth":                   authorization,
		"oktaOrgUrl":                 okta.URL,
		"oktaAppId":                  "0oa1exampleApp0001",
		"oktaToken":                  "none",
		"okta_user_firstname":        "Nova",
		"okta_user_firstname_update": "Novella",
		"okta_user_lastname":         "Quill",
		"okta_user_email":            strings.ToLower(person("runscope")),
		"okta_user_title":            "Keeper",
		"okta_user_primaryphone":     "555-555-0100",
	}
}
