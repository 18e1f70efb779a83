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
		line.Change = fmt.Sprintf("%s A usual alternative: %s", change, strings.ToLower(say(tries...)[:1])+say(tries...)[1:])
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
