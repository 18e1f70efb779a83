package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
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
	if fail := asFailure(err); fail != nil {
		return fail.Status
	}
	return 0
}

func said(fail *sugerclient.Error) string {
	if fail.Message == "" {
		return ""
	}
	return " Suger says: " + strings.TrimRight(fail.Message, ". ") + "."
}

// failed describes a failed call, unless the credential is the cause.
func (r *run) failed(ctx context.Context, call sugerclient.Call, err error) Line {
	fail, made, entry := asFailure(err), call.Method+" "+call.Path, spec.OperationPath(call.Operation)
	switch {
	case fail == nil:
		return r.line(call.Operation, Fail, entry, "Failed: %v.", err)
	case fail.Kind == sugerclient.Canceled:
		return r.line(call.Operation, Fail, entry, "Not finished.")
	case fail.Status == 0 || fail.Kind == sugerclient.Unreadable:
		return r.line(call.Operation, Fail, entry, "%s has no usable answer: %s.", made, causeOf(fail)).
			advise("Check again; raise SUGER_TIMEOUT if Suger is slow. Make sure that SUGER_API_URL is Suger's API and not a web page or a proxy, " +
				"and that this machine can reach it (DNS, HTTPS_PROXY, firewall) and trusts its certificate (SSL_CERT_FILE, if a proxy inspects TLS).")
	}
	line := r.line(call.Operation, Fail, entry, "Suger answers %s with %d.%s", made, fail.Status, said(fail))
	field := refusedField(call, fail.Message)
	switch {
	case fail.Kind == sugerclient.Throttled, fail.Kind == sugerclient.Unavailable:
		return line.advise("Check again later. If the answer stays the same, compare the call with Suger's documentation.")
	case fail.Status == http.StatusForbidden:
		return line.advise("Give the API client in Suger a role that may manage users.")
	case fail.Status == http.StatusNotFound, fail.Status == http.StatusMethodNotAllowed:
		line.Mapping = r.at(entry + ".call")
		if fail.Status == http.StatusMethodNotAllowed {
			r.lacking++
			line.Text = fmt.Sprintf("Suger knows the path of %s, but not with this method (405).%s", made, said(fail))
		} else if r.isUnknownPath(ctx, call, fail) {
			r.lacking++
			line.Text = fmt.Sprintf("Suger has no %s: it answers 404, as for a path that does not exist.", made)
		}
		return r.withoutOperation(line)
	case fail.Means(r.Document.Refusals.Seats):
		return line.advise("Free a seat or add seats to the plan, then check again.")
	case field != "":
		line.Mapping = r.at(entry + ".body." + field)
		return line.advise("Suger's message names %q: correct it in the body.", field)
	}
	return line.advise("Compare the call with Suger's documentation.")
}

// causeOf returns what went wrong where there is no usable answer.
func causeOf(fail *sugerclient.Error) string {
	switch {
	case fail.Err != nil:
		return fail.Err.Error()
	case fail.Status != 0:
		return fmt.Sprint(fail.Status)
	}
	return string(fail.Kind)
}

// withoutOperation advises on a call that Suger does not have: another method, or a
// mapping without the operation.
func (r *run) withoutOperation(line Line) Line {
	const correct = "Correct method and path of the call."
	if tries := otherMethod(r.Document, line.Check); tries != nil {
		return line.propose(tries...).advise("%s A common alternative, which --suggest tries with --try-verbs: %s", correct, lowerFirst(say(tries...)))
	}
	instead := map[string]string{
		opGetUser:   "the gateway then finds users in the list",
		opListRoles: "role.known then has to list all roles",
	}[line.Check]
	if instead == "" {
		return line.advise(correct)
	}
	return line.propose(Fix{Entry: spec.OperationPath(line.Check)}).
		advise("%s If Suger has no such call, leave %q out: %s.", correct, line.Check, instead)
}

// inPath matches paths in a message: some servers repeat the path.
var inPath = regexp.MustCompile(`/\S*`)

// isUnknownPath reports whether a 404 is about the path and not about an id in
// it: Suger answers an impossible path with the same message.
func (r *run) isUnknownPath(ctx context.Context, call sugerclient.Call, fail *sugerclient.Error) bool {
	if strings.Contains(fold(fail.Message), "organi") {
		return false
	}
	parent := "/"
	if before, _, found := strings.Cut(call.Path, "{organization}"); found {
		parent = before + "{organization}/"
	}
	control := call
	control.Method, control.Body, control.Query = http.MethodGet, nil, nil
	control.Path = parent + "no-such-path-of-the-gateway"
	_, err := r.probe.Do(ctx, control)
	other := asFailure(err)
	return other != nil && other.Status == fail.Status &&
		inPath.ReplaceAllString(other.Message, "") == inPath.ReplaceAllString(fail.Message, "")
}

// nameInMessage is what may be the name of a field in a message.
var nameInMessage = regexp.MustCompile(`[a-zA-Z0-9_.-]+`)

// refusedField returns the field of the sent body that Suger's message names,
// the most specific one, or "".
func refusedField(call sugerclient.Call, message string) (found string) {
	words := nameInMessage.FindAllString(plain(message), -1)
	for _, path := range pathsOf(call.Body, "") {
		if named := slices.Contains(words, lastName(path)) || slices.Contains(words, plain(path)); named && len(path) > len(found) {
			found = path
		}
	}
	return found
}

func pathsOf(body any, prefix string) []string {
	object, ok := body.(map[string]any)
	if !ok {
		return nil
	}
	var paths []string
	for key, value := range object {
		paths = append(paths, prefix+key)
		paths = append(paths, pathsOf(value, prefix+key+".")...)
	}
	slices.Sort(paths)
	return paths
}

func (r *run) credentialKind() string {
	if r.Auth == "oauth" {
		return "an OAuth App, exchanged for a token at " + r.TokenURL
	}
	key := r.Document.Credential
	return fmt.Sprintf("an API key, sent as %q", sugerclient.KeyAuth{Header: key.Header, Scheme: key.Scheme})
}

// noUsers reports why the list of users cannot be read: credential,
// organization, call, shape of the answer, or paging.
func (r *run) noUsers(ctx context.Context, call sugerclient.Call, err error) {
	fail := asFailure(err)
	r.blocked = true
	switch {
	case errors.Is(err, errNoEnd):
		line := endless(call.Path, mostRows)
		line.Mapping = r.at(listPaging)
		r.add(line)
	case fail == nil || fail.Kind == sugerclient.Canceled:
		r.add(r.failed(ctx, call, err))
	case asFailure(fail.Err) != nil || fail.Status == http.StatusUnauthorized:
		r.add(r.credentialRefused(fail))
	case fail.Status == http.StatusNotFound && !r.isUnknownPath(ctx, call, fail):
		r.add(r.line("organization", Fail, "", "Suger does not know organization %q, or does not show it to this credential (404).%s", r.Caller.Organization, said(fail)).
			advise("Compare SUGER_ORG_ID with the organization id in Suger's console."))
	default:
		r.blocked = fail.Kind == sugerclient.Throttled || fail.Status == 0 || fail.Kind == sugerclient.Unreadable
		r.listFailed(ctx, call, err)
	}
}

// credentialRefused explains a 401, or a failed exchange of the credential for a token.
func (r *run) credentialRefused(fail *sugerclient.Error) Line {
	if cause := asFailure(fail.Err); cause != nil {
		fail = cause
	}
	line := r.line("credential", Fail, "", "Not accepted (%s): %s.%s", causeOf(fail), r.credentialKind(), said(fail))
	if r.Auth == "oauth" {
		return line.advise("Set SUGER_CREDENTIAL to a valid client_id:client_secret, and SUGER_TOKEN_URL to the URL at which Suger exchanges it.")
	}
	return line.advise("Set SUGER_CREDENTIAL to a valid key: a rotated or deleted one stops working at once. For client_id:client_secret, set SUGER_AUTH=oauth.")
}

// listFailed reports why a list cannot be read. If the answer is not the list that the
// mapping describes, it looks for the list in the answer.
func (r *run) listFailed(ctx context.Context, call sugerclient.Call, err error) {
	line, entry := r.failed(ctx, call, err), spec.OperationPath(call.Operation)
	fail := asFailure(err)
	if fail == nil || fail.Kind != sugerclient.Unreadable || fail.Status >= http.StatusMultipleChoices {
		r.add(line)
		return
	}
	if answer, err := r.probe.Do(ctx, call); err == nil { // otherwise the shape is not the cause
		r.blocked = false
		body := decoded(answer.Body)
		if rows, ok := rowsIn(body, r.probe.Paging(call.Operation).Items); ok {
			line = r.proposePaging(ctx, r.line("paging", Fail, entry+".paging", "The list cannot be read to its end: %s.", causeOf(fail)).
				advise("The first answer has %s. Compare paging and total with Suger's documentation.", count(len(rows), "row")), call)
		} else {
			line.Text, line.Mapping = fmt.Sprintf("The answer has no list where the mapping looks: %s.", causeOf(fail)), r.at(entry+".items")
			line = line.propose(placeFixes(entry+".items", listsIn(body))...)
		}
	}
	r.add(line)
}
