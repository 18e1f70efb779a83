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
	formPage
	changeList // what the gateway did to the person lately

	Person, Role string
	Found        *check.Explanation
	Records      []string // of Suger, indented
	Shown        string   // by SCIM, likewise; "" for nobody
}

// explain serves the form, and asks Suger about the person when it is sent.
func (s *server) explain(w http.ResponseWriter, r *http.Request) {
	page, status := explainPage{formPage: s.formPage(r, "Explain")}, http.StatusOK
	if r.Method == http.MethodPost {
		page.Person, page.Role = strings.TrimSpace(r.PostFormValue("person")), strings.TrimSpace(r.PostFormValue("role"))
		if page.Person == "" {
			page.Problem, status = "The person is missing.", http.StatusBadRequest
		} else {
			status = s.ask(r, &page.formPage, func(ctx context.Context, credential string) { s.fill(ctx, &page, credential) })
		}
	}
	s.show(w, status, "explain", page)
}

func (s *server) fill(ctx context.Context, page *explainPage, credential string) {
	found, err := s.config.Explain(ctx, page.Organization, credential, mapping.Person{UserName: page.Person, Role: page.Role})
	if err != nil {
		page.Problem = problemOf(err)
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
