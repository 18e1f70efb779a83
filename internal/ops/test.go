package ops

import (
	"context"
	"net/http"
	"strings"
	"time"

	"suger-scim-gateway/internal/check"
)

// testTimeout bounds a connection test; a large organization is read whole.
const testTimeout = 60 * time.Second

// testFields are what the form of the connection test begins with. The
// credential is never among them.
type testFields struct {
	Organization   string
	CredentialName string
}

func (s *server) testFields(organization string) testFields {
	return testFields{Organization: organization, CredentialName: s.config.CredentialName}
}

type testPage struct {
	frame
	testFields
	Problem  string // why there was no test
	Report   *check.Report
	Looks    bool
	Failures string
}

func (s *server) newTestPage(r *http.Request, organization string) testPage {
	return testPage{frame: s.frame(r, "Test a connection"), testFields: s.testFields(organization)}
}

func (s *server) testForm(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, "test", s.newTestPage(r, s.config.Organization))
}

// test runs the check. The credential lives as long as this call.
func (s *server) test(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	organization, credential := strings.TrimSpace(r.PostFormValue("organization")), strings.TrimSpace(r.PostFormValue("credential"))
	page := s.newTestPage(r, organization)
	refuse := func(status int, problem string) {
		page.Problem = problem
		s.show(w, status, "test", page)
	}
	switch {
	case !s.access.isFormToken(r, r.PostFormValue("form")):
		refuse(http.StatusForbidden, "The form was too old, or not this page's. Send it again.")
		return
	case !s.config.Serves(organization):
		refuse(http.StatusBadRequest, "The gateway does not serve an organization of this name.")
		return
	case credential == "":
		refuse(http.StatusBadRequest, "The credential is missing.")
		return
	}
	select {
	case s.testing <- struct{}{}:
		defer func() { <-s.testing }()
	default:
		refuse(http.StatusTooManyRequests, "Another test is running. Try again in a moment.")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
	defer cancel()
	page.Report = s.config.Test(ctx, organization, credential)
	page.Looks = page.Report.Count(check.Look) > 0
	page.Failures = count(page.Report.Count(check.Fail), "thing is wrong.", "things are wrong.")
	s.show(w, http.StatusOK, "test", page)
}
