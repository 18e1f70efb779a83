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

// tokenOperation is what the client calls the exchange of a credential.
const tokenOperation = "get token"

// asFailure is the failure of a call, nil for another error.
func asFailure(err error) *sugerclient.Error {
	var fail *sugerclient.Error
	errors.As(err, &fail)
	return fail
}

// status is the HTTP status of a failed call, 0 if there was none.
func status(err error) int {
	if fail := asFailure(err); fail != nil {
		return fail.Status
	}
	return 0
}

// tokenFailure is the failure of the exchange of the credential before a call,
// or nil.
func tokenFailure(fail *sugerclient.Error) *sugerclient.Error {
	if cause := asFailure(fail.Err); cause != nil && cause.Operation == tokenOperation {
		return cause
	}
	return nil
}

// said quotes Suger's own words.
func said(fail *sugerclient.Error) string {
	if fail.Message == "" {
		return ""
	}
	return " Suger says: " + strings.TrimRight(fail.Message, ". ") + "."
}

// failed describes a failed call of an operation whose credential is not the
// matter.
func (r *run) failed(ctx context.Context, call sugerclient.Call, err error) Line {
	line := Line{Check: call.Operation, Level: Fail, Mapping: r.at(spec.OperationPath(call.Operation))}
	fail := asFailure(err)
	if fail == nil {
		line.Text = "Failed: " + err.Error() + "."
		return line
	}
	switch {
	case fail.Kind == sugerclient.Canceled:
		line.Text = "Not finished."
	case fail.Kind == sugerclient.Throttled:
		line.Mapping = nil
		line.Text, line.Change = "Suger asks to slow down (429)."+said(fail), "Wait, and check again."
	case fail.Kind == sugerclient.Unavailable && fail.Status == 0:
		line.Mapping = nil
		line.Text, line.Change = "Suger did not answer: "+causeOf(fail)+".", "Check again; raise SUGER_TIMEOUT if Suger is slow."
	case fail.Kind == sugerclient.Unavailable:
		line.Text, line.Change = fmt.Sprintf("Suger answers %d.", fail.Status)+said(fail), "Check again later. If it stays so, compare the call with Suger's documentation."
	case fail.Kind == sugerclient.Unreadable && fail.Status >= 300:
		line.Mapping = nil
		line.Text, line.Change = fmt.Sprintf("Suger answers %d, a redirect, which the gateway does not follow.", fail.Status), "Correct SUGER_API_URL."
	case fail.Kind == sugerclient.Unreadable:
		line.Text, line.Change = "The answer cannot be used: "+causeOf(fail)+".", "Make sure that SUGER_API_URL is Suger's API and not a web page or a proxy."
	case fail.Kind == sugerclient.Invalid:
		line.Text = "The call cannot be sent: " + causeOf(fail) + "."
	default:
		r.refused(ctx, call, fail, &line)
	}
	return line
}

func causeOf(fail *sugerclient.Error) string {
	if fail.Err == nil {
		return string(fail.Kind)
	}
	return fail.Err.Error()
}

// refused describes a 4xx.
func (r *run) refused(ctx context.Context, call sugerclient.Call, fail *sugerclient.Error, line *Line) {
	made := call.Method + " " + call.Path
	switch {
	case fail.Status == http.StatusForbidden:
		line.Mapping = nil
		line.Text = fmt.Sprintf("The credential may not %s (403).", call.Operation) + said(fail)
		line.Change = "Give the API client in Suger a role that may manage users."
	case fail.Status == http.StatusNotFound && r.isUnknownPath(ctx, call, fail):
		r.lacking++
		line.Mapping = r.at(spec.OperationPath(call.Operation) + ".call")
		line.Text = fmt.Sprintf("Suger has no %s: it answers 404 as it does to a path that cannot exist.", made)
		r.withoutOperation(line, "Correct method and path of the call.", call.Operation)
	case fail.Status == http.StatusMethodNotAllowed:
		r.lacking++
		line.Mapping = r.at(spec.OperationPath(call.Operation) + ".call")
		line.Text = fmt.Sprintf("Suger knows the path of %s, but not with this method (405).", made) + said(fail)
		r.withoutOperation(line, "Correct the method of the call.", call.Operation)
	case fail.Status == http.StatusNotFound:
		line.Mapping = r.at(spec.OperationPath(call.Operation) + ".call")
		line.Text = fmt.Sprintf("Suger answers %s with 404.", made) + said(fail)
		r.withoutOperation(line, "Correct method and path of the call.", call.Operation)
	default:
		line.Text = fmt.Sprintf("Suger refuses %s (%d).", made, fail.Status) + said(fail)
		line.Change = "Compare the call with Suger's documentation."
		if fail.Means(r.Document.Refusals.Seats) {
			line.Change, line.Mapping = "Free a seat or add some to the plan, then check again.", nil
			return
		}
		if field := refusedField(call, fail.Message); field != "" {
			line.Mapping = r.at(spec.OperationPath(call.Operation) + ".body." + field)
			line.Change = fmt.Sprintf("Suger seems to stumble over %q: correct it in the body.", field)
		}
	}
}

// withoutOperation says what a mapping is like that does without an operation.
func (r *run) withoutOperation(line *Line, change, operation string) {
	line.Change = change
	instead := map[string]string{
		opGetUser:   "the gateway then finds users in the list",
		opListRoles: "the roles of role.known are then all there are",
	}[operation]
	if tries := otherMethod(r.Document, operation); tries != nil {
		line.Fixes = tries
		line.Change = fmt.Sprintf("%s A usual alternative, which --suggest tries with --try-verbs: %s", change, lowerFirst(say(tries...)))
	}
	if instead != "" {
		line.Change = fmt.Sprintf("%s If Suger has no such call, leave %q out: %s.", change, operation, instead)
		line.Fixes = []Fix{{Entry: spec.OperationPath(operation)}}
	}
}

// inPath takes paths out of a message, which some servers repeat.
var inPath = regexp.MustCompile(`/\S*`)

// isUnknownPath reports whether a 404 is about the path and not about what the
// ids in it name: a path that cannot exist is answered in the same words.
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

// refusedField is the field of the sent body that Suger's message names, the
// most specific one, or "".
func refusedField(call sugerclient.Call, message string) string {
	var found string
	for _, path := range pathsOf(call.Body, "") {
		name := path[strings.LastIndex(path, ".")+1:]
		mentioned := slices.ContainsFunc(strings.FieldsFunc(message, notOfName), func(word string) bool {
			return plain(word) == plain(name) || plain(word) == plain(path)
		})
		if mentioned && len(path) > len(found) {
			found = path
		}
	}
	return found
}

func notOfName(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.' && c != '-'
}

// pathsOf lists the fields of a body by dotted path.
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
	case errors.Is(err, errNoEnd):
		line := endless(call.Path, r.pagingOf(call.Operation), mostRows)
		line.Mapping = r.atPaging("")
		r.add(line)
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
