package ops

import (
	"context"
	"net/http"
	"strings"
	"time"

	"suger-scim-gateway/internal/check"
)

const (
	maxForm     = 16 << 10         // bytes
	testTimeout = 60 * time.Second // a large organization is read whole
)

// A formPage has a form that asks Suger with a credential of the reader's, so
// that nobody sees more than Suger would show them. The credential is not kept
// and not shown again.
type formPage struct {
	frame
	Organization   string
	CredentialName string
	Problem        string // why Suger was not asked
}

func (s *server) formPage(r *http.Request, title string) formPage {
	page := formPage{frame: s.frame(r, title), Organization: s.config.Organization, CredentialName: s.config.CredentialName}
	if r.Method == http.MethodPost {
		page.Organization = strings.TrimSpace(r.PostFormValue("organization"))
	}
	return page
}

// ask calls do with the credential of the form, for one form at a time, and
// returns the status of the answer. If it does not call do, page says why.
func (s *server) ask(r *http.Request, page *formPage, do func(ctx context.Context, credential string)) int {
	credential := strings.TrimSpace(r.PostFormValue("credential"))
	switch {
	case !s.config.Serves(page.Organization):
		page.Problem = "The gateway does not serve an organization of this name."
		return http.StatusBadRequest
	case credential == "":
		page.Problem = "The credential is missing."
		return http.StatusBadRequest
	}
	select {
	case s.testing <- struct{}{}:
		defer func() { <-s.testing }()
	default:
		page.Problem = "Another test is running. Try again in a moment."
		return http.StatusTooManyRequests
	}
	ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
	defer cancel()
	do(ctx, credential)
	return http.StatusOK
}

type testPage struct {
	formPage
	Report   *check.Report
	Looks    bool
	Failures string
}

// test serves the form of the connection test, and runs the check when it is sent.
func (s *server) test(w http.ResponseWriter, r *http.Request) {
	page, status := testPage{formPage: s.formPage(r, "Test a connection")}, http.StatusOK
	if r.Method == http.MethodPost {
		status = s.ask(r, &page.formPage, func(ctx context.Context, credential string) {
			page.Report = s.config.Test(ctx, page.Organization, credential)
			page.Looks = page.Report.Count(check.Look) > 0
			page.Failures = count(page.Report.Count(check.Fail), "thing is wrong.", "things are wrong.")
		})
	}
	s.show(w, status, "test", page)
}
