package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

func asFailure(err error) *sugerclient.Error {
	var fail *sugerclient.Error
	errors.As(err, &fail)
	return fail
}

// status returns the HTTP status of a failed call, 0 if there was none.
func status(err error) int {
	return cmp.Or(asFailure(err), &sugerclient.Error{}).Status
}

func said(fail *sugerclient.Error) string {
	if fail.Message == "" {
		return ""
	}
	return " Suger says: " + strings.TrimRight(fail.Message, ". ") + "."
}

// failed describes a failed call, unless the credential is the cause.
func (r *run) failed(ctx context.Context, call sugerclient.Call, err error) Line {
	fail, made, entry := cmp.Or(asFailure(err), &sugerclient.Error{Err: err}), call.Method+" "+call.Path, spec.OperationPath(call.Operation)
	if fail.Status == 0 || fail.Kind == sugerclient.Unreadable {
		advice := "Correct SUGER_API_URL, or the network path to Suger: DNS, HTTPS_PROXY, firewall, or its certificate (SSL_CERT_FILE, if a proxy inspects TLS). " +
			"If Suger is slow, raise SUGER_TIMEOUT."
		if fail.Status != 0 {
			advice = "Make sure that SUGER_API_URL is Suger's API and not a web page or a proxy, then check again."
		}
		return r.line(call.Operation, Fail, entry, "%s has no usable answer: %s.", made, causeOf(fail)).advise("%s", advice)
	}
	line := r.line(call.Operation, Fail, entry, "Suger answers %s with %d.%s", made, fail.Status, said(fail))
	switch fail.Status {
	case http.StatusForbidden:
		return line.advise("Give the API client in Suger a role that may manage users.")
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		line.Mapping = r.at(entry + ".call")
		if fail.Status == http.StatusMethodNotAllowed || r.isUnknownPath(ctx, call, fail) {
			r.lacking++
			line.Text = fmt.Sprintf("Suger has no %s: it answers %d.%s", made, fail.Status, said(fail))
		}
		const correct = "Correct method and path of the call."
		if tries := otherMethod(r.Document, line.Check); tries != nil {
			return line.advise(correct).orTry(tries)
		}
		if line.Check == opGetUser || line.Check == opListRoles {
			return line.propose(Fix{Entry: entry}).advise("%s If Suger has no such call, leave %q out (see docs/mapping.md).", correct, line.Check)
		}
		return line.advise(correct)
	}
	return line.advise("Compare the call with Suger's documentation, then check again.")
}

// causeOf returns what went wrong where there is no usable answer.
func causeOf(fail *sugerclient.Error) string {
	if fail.Err == nil {
		return fmt.Sprint(fail.Status)
	}
	return fail.Err.Error()
}

// inPath matches paths in a message: some servers repeat the path.
var inPath = regexp.MustCompile(`/\S*`)

// isUnknownPath reports whether a 404 is about the path and not about an id in
// it: Suger answers an impossible path with the same message.
func (r *run) isUnknownPath(ctx context.Context, call sugerclient.Call, fail *sugerclient.Error) bool {
	if strings.Contains(fold(inPath.ReplaceAllString(fail.Message, "")), "organi") {
		return false
	}
	control := call
	control.Method, control.Path, control.Body, control.Query = http.MethodGet, "/no-such-path-of-the-gateway", nil, nil
	if before, _, found := strings.Cut(call.Path, "{organization}"); found {
		control.Path = before + "{organization}" + control.Path
	}
	_, err := r.probe.Do(ctx, control)
	other := asFailure(err)
	return other != nil && other.Status == fail.Status &&
		inPath.ReplaceAllString(other.Message, "") == inPath.ReplaceAllString(fail.Message, "")
}

func (r *run) credentialKind() string {
	if r.Auth == "oauth" {
		return "an OAuth App, exchanged for a token at " + r.TokenURL
	}
	key := r.Document.Credential
	return fmt.Sprintf("an API key, sent as %q", sugerclient.Auth{Header: key.Header, Scheme: key.Scheme})
}

// noUsers reports why the list of users cannot be read: credential,
// organization, call, shape of the answer, or paging.
func (r *run) noUsers(ctx context.Context, call sugerclient.Call, err error) {
	fail := cmp.Or(asFailure(err), &sugerclient.Error{})
	exchange := asFailure(fail.Err) // of the credential for a token
	switch {
	case errors.Is(err, errNoEnd):
		r.add(r.line("paging", Fail, listPaging, "GET %s has not ended after %d rows or %s: its pages do not seem to end.", call.Path, mostRows, mostListTime).
			advise("Find in Suger's documentation how the last page is marked, and correct paging in the mapping: see docs/mapping.md."))
	case exchange != nil || fail.Status == http.StatusUnauthorized:
		fail = cmp.Or(exchange, fail)
		advice := "Set SUGER_CREDENTIAL to a valid key: a rotated or deleted one stops working at once. For client_id:client_secret, set SUGER_AUTH=oauth."
		if r.Auth == "oauth" {
			advice = "Set SUGER_CREDENTIAL to a valid client_id:client_secret, and SUGER_TOKEN_URL to the URL at which Suger exchanges it."
		}
		r.add(r.line("credential", Fail, "", "Not accepted (%s): %s.%s", causeOf(fail), r.credentialKind(), said(fail)).advise("%s", advice))
	case fail.Status == http.StatusNotFound && !r.isUnknownPath(ctx, call, fail):
		r.add(r.line("organization", Fail, "", "Suger does not know organization %q, or does not show it to this credential (404).%s", r.Caller.Organization, said(fail)).
			advise("Compare SUGER_ORG_ID with the organization id in Suger's console, and check that SUGER_API_URL is Suger's API."))
	default:
		r.listFailed(ctx, call, err)
	}
}

// listFailed reports why a list cannot be read. If the answer is not the list that the
// mapping describes, it looks for the list in the answer.
func (r *run) listFailed(ctx context.Context, call sugerclient.Call, err error) {
	line, entry, fail := r.failed(ctx, call, err), spec.OperationPath(call.Operation), asFailure(err)
	if fail != nil && fail.Kind == sugerclient.Unreadable && fail.Status < http.StatusMultipleChoices {
		if answer, err := r.probe.Do(ctx, call); err == nil { // otherwise the shape is not the cause
			body := decoded(answer.Body)
			if rows, ok := rowsIn(body, r.probe.Paging(call.Operation).Items); ok {
				line = r.proposePaging(ctx, r.line("paging", Fail, entry+".paging", "The list cannot be read to its end: %s.", causeOf(fail)).
					advise("The first answer has %s. Compare paging and total with Suger's documentation.", count(len(rows), "row")), call)
			} else {
				line.Text, line.Mapping = fmt.Sprintf("The answer has no list where the mapping looks: %s.", causeOf(fail)), r.at(entry+".items")
				line = line.propose(placeFixes(entry+".items", listsIn(body))...)
			}
		}
	}
	r.add(line)
}
