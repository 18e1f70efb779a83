package ops

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/mapping"
)

// An explainPage asks about one person and shows what was found. It reads Suger
// with the reader's own credential, so nobody sees more than Suger allows them.
type explainPage struct {
	frame
	testFields
	changeList // what the gateway did to the person lately

	Person, Role string
	Problem      string
	Found        *check.Explanation
	Records      []string // of Suger, indented
	Shown        string   // by SCIM, likewise; "" for nobody
}

func (s *server) newExplainPage(r *http.Request, organization string) explainPage {
	return explainPage{frame: s.frame(r, "Explain"), testFields: s.testFields(organization)}
}

func (s *server) explainForm(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, "explain", s.newExplainPage(r, s.config.Organization))
}

// explain asks Suger about the person. The credential is kept only for this call.
func (s *server) explain(w http.ResponseWriter, r *http.Request) {
	form := s.readCredentialForm(w, r)
	page := s.newExplainPage(r, form.organization)
	page.Person, page.Role = strings.TrimSpace(r.PostFormValue("person")), strings.TrimSpace(r.PostFormValue("role"))
	done, status, problem := s.admit(r, form)
	if problem == "" && page.Person == "" {
		done()
		status, problem = http.StatusBadRequest, "The person is missing."
	}
	if problem != "" {
		page.Problem = problem
		s.show(w, status, "explain", page)
		return
	}
	defer done()
	ctx, cancel := context.WithTimeout(r.Context(), testTimeout)
	defer cancel()
	found, err := s.config.Explain(ctx, form.organization, form.credential, mapping.Person{UserName: page.Person, Role: page.Role})
	if err != nil {
		page.Problem = problemOf(err)
		s.show(w, http.StatusOK, "explain", page)
		return
	}
	page.Found = found
	for _, record := range found.Suger {
		page.Records = append(page.Records, indented(record))
	}
	if found.SCIM != nil {
		page.Shown = indented(found.SCIM)
	}
	page.changeList = s.changeList(shownChanges, changeFilter{Person: page.Person, shown: s.config.Activity.person(page.Person)})
	s.show(w, http.StatusOK, "explain", page)
}

// indented returns a value as indented JSON.
func indented(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // it was read from JSON
	return strings.TrimSpace(text.String())
}
