package check

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// credentialKind says what kind of credential is shown to Suger.
func (r *run) credentialKind() string {
	if r.Auth == "oauth" {
		return "an OAuth App, exchanged for a token at " + r.TokenURL
	}
	key := r.Document.Credential
	return fmt.Sprintf("an API key, sent as %q", sugerclient.KeyAuth{Header: key.Header, Scheme: key.Scheme})
}

// noUsers says why the list cannot be read: the credential, the organization,
// the call, the shape of the answer or the paging.
func (r *run) noUsers(ctx context.Context, call sugerclient.Call, err error) {
	fail := asFailure(err)
	r.blocked = true
	switch {
	case fail == nil || fail.Kind == sugerclient.Canceled:
		r.add(r.failed(ctx, call, err))
	case tokenFailure(fail) != nil:
		r.add(r.noToken(tokenFailure(fail)))
	case fail.Status == http.StatusUnauthorized:
		r.add(r.credentialRefused(fail))
	case fail.Kind == sugerclient.Unreadable && fail.Status < 300:
		r.unreadableList(ctx, call, fail)
	case fail.Status == http.StatusNotFound && !r.isUnknownPath(ctx, call, fail):
		r.add(Line{Check: "organization", Level: Fail,
			Text:   fmt.Sprintf("Suger does not know organization %q, or does not show it to this credential (404).", r.Caller.Organization) + said(fail),
			Change: "Compare SUGER_ORG_ID with the organization id in Suger's console."})
	default:
		r.blocked = fail.Kind == sugerclient.Throttled || fail.Kind == sugerclient.Unavailable && fail.Status == 0 || fail.Kind == sugerclient.Unreadable
		r.add(r.failed(ctx, call, err))
	}
}

// credentialRefused explains a 401.
func (r *run) credentialRefused(fail *sugerclient.Error) Line {
	line := Line{Check: "credential", Level: Fail, Text: fmt.Sprintf("Not accepted (401): %s.", r.credentialKind()) + said(fail),
		Change: "Set SUGER_CREDENTIAL to a valid one: a rotated or deleted key stops working at once."}
	pair := strings.Count(string(r.Caller.Credential), ":") == 1
	if r.Auth == "key" && pair {
		line.Change = "It looks like client_id:client_secret: set SUGER_AUTH=oauth for an OAuth App."
	}
	return line
}

// noToken explains a failed exchange of the credential.
func (r *run) noToken(fail *sugerclient.Error) Line {
	line := Line{Check: "credential", Level: Fail, Change: "Correct SUGER_TOKEN_URL."}
	switch {
	case fail.Status == http.StatusUnauthorized:
		line.Text = "Not accepted: " + r.credentialKind() + " refuses it."
		line.Change = "Set SUGER_CREDENTIAL to a valid client_id:client_secret."
	case fail.Status != 0:
		line.Text = fmt.Sprintf("No token: the token endpoint answers %d.", fail.Status)
	case fail.Kind == sugerclient.Unreadable:
		line.Text = "No token: the answer of the token endpoint cannot be used: " + causeOf(fail) + "."
	default:
		line.Text = "No token: the token endpoint did not answer: " + causeOf(fail) + "."
	}
	return line
}

// unreadableList looks at the answer that is not the list the mapping says.
func (r *run) unreadableList(ctx context.Context, call sugerclient.Call, fail *sugerclient.Error) {
	line := r.failed(ctx, call, fail)
	defer func() { r.add(line) }()
	answer, err := r.probe.Do(ctx, call)
	if err != nil {
		return // the same failure as before, not of the shape
	}
	r.blocked = false
	body := decoded(answer.Body)
	if rows, ok := rowsIn(body, r.probe.Paging(call.Operation).Items); ok {
		line.Check, line.Text = "paging", fmt.Sprintf("The list cannot be read to its end: %s.", causeOf(fail))
		line.Mapping = r.at(spec.OperationPath(call.Operation) + ".paging")
		line.Change = fmt.Sprintf("The first answer has %s. Compare paging and total with Suger's documentation.", count(len(rows), "row"))
		r.proposePaging(ctx, &line, call)
		return
	}
	line.Text = fmt.Sprintf("The answer holds no list where the mapping says: %s.", causeOf(fail))
	line.Mapping = r.at(spec.OperationPath(call.Operation) + ".items")
	if fixes := itemsFixes(call.Operation, body); fixes != nil {
		line.propose(fixes...)
	}
}
