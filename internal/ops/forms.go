package ops

import (
	"context"
	"net/http"
	"strings"
	"time"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/mapping"
)

const (
	maxForm     = 16 << 10         // bytes
	testTimeout = 60 * time.Second // a large organization is read whole
)

// A formPage has a form that asks Suger with a credential of the reader's, so
// that nobody sees more than Suger would show them. The credential is not kept
// and not shown again.
type formPage struct {
	Changes changeList // recent ones to Person

	Organization string
	Problem      string // why Suger was not asked, or did not answer

	Report *check.Report // of a connection test

	Person, Role string
	Found        *check.Explanation // of Person
}

// form serves the page of a form, "explain" or "test"; when it is sent, it asks Suger
// with the credential, for one form at a time.
func (s *server) form(view, title string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		field := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
		page := &formPage{Organization: field("organization"), Person: field("person"), Role: field("role")}
		credential, status := field("credential"), http.StatusBadRequest
		switch {
		case r.Method != http.MethodPost:
			page.Organization, status = s.config.Organization, http.StatusOK
		case view == "explain" && page.Person == "":
			page.Problem = "The person is missing."
		case !s.config.Serves(page.Organization):
			page.Problem = "The gateway does not serve this organization."
		case credential == "":
			page.Problem = "The credential is missing."
		case !s.testing.TryLock():
			page.Problem, status = "Another test is running. Try again in a moment.", http.StatusTooManyRequests
		default:
			defer s.testing.Unlock()
			ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
			defer cancel()
			status = http.StatusOK
			var err error
			if view == "test" {
				page.Report, err = s.config.Test(ctx, page.Organization, credential)
			} else {
				page.Changes = s.changeList(shownChanges, changeFilter{Person: page.Person})
				page.Found, err = s.config.Explain(ctx, page.Organization, credential, mapping.Person{UserName: page.Person, Role: page.Role})
			}
			page.Problem = problemOf(err)
		}
		s.show(w, r, status, view, title, page)
	}
}
