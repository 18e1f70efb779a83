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

// testFields are the initial values of the connection test's form. The credential
// is never among them.
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

// test runs the check. The credential is kept only for this call.
func (s *server) test(w http.ResponseWriter, r *http.Request) {
	form := s.readCredentialForm(w, r)
	page := s.newTestPage(r, form.organization)
	done, status, problem := s.admit(r, form)
	if problem != "" {
		page.Problem = problem
		s.show(w, status, "test", page)
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
	defer cancel()
	page.Report = s.config.Test(ctx, form.organization, form.credential)
	page.Looks = page.Report.Count(check.Look) > 0
	page.Failures = count(page.Report.Count(check.Fail), "thing is wrong.", "things are wrong.")
	s.show(w, http.StatusOK, "test", page)
}

// A credentialForm is a form that asks Suger with a credential of the reader's.
type credentialForm struct{ organization, credential string }

func (s *server) readCredentialForm(w http.ResponseWriter, r *http.Request) credentialForm {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	return credentialForm{strings.TrimSpace(r.PostFormValue("organization")), strings.TrimSpace(r.PostFormValue("credential"))}
}

// admit returns why Suger is not asked, or admits one form at a time until done is
// called.
func (s *server) admit(r *http.Request, form credentialForm) (done func(), status int, problem string) {
	switch {
	case !s.access.isFormToken(r, r.PostFormValue("form")):
		return nil, http.StatusForbidden, "The form was too old, or not this page's. Send it again."
	case !s.config.Serves(form.organization):
		return nil, http.StatusBadRequest, "The gateway does not serve an organization of this name."
	case form.credential == "":
		return nil, http.StatusBadRequest, "The credential is missing."
	}
	select {
	case s.testing <- struct{}{}:
		return func() { <-s.testing }, 0, ""
	default:
		return nil, http.StatusTooManyRequests, "Another test is running. Try again in a moment."
	}
}
