package mapping

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// defaultRetryAfter is when to retry if Suger does not say.
const defaultRetryAfter = 30 * time.Second

// asSCIM converts an error of a call to one for the SCIM client. Every error
// that leaves this package passes through it.
func (s *suger) asSCIM(err error) error {
	if err == nil {
		return nil
	}
	var known *scim.Error
	if errors.As(err, &known) {
		return err
	}
	if errors.Is(err, context.Canceled) {
		return err // the client is gone
	}
	var call *sugerclient.Error
	if !errors.As(err, &call) {
		if errors.Is(err, context.DeadlineExceeded) {
			return unavailable(err, "in time", defaultRetryAfter)
		}
		return scim.Wrap(err, scim.CodeInternal, "Internal error of the gateway. Find the request id in its log.")
	}
	switch call.Kind {
	case sugerclient.Canceled:
		return err
	case sugerclient.Invalid:
		return scim.Wrap(err, scim.CodeSugerUnreadable,
			"Suger's record has an id that the call %q cannot use. Run the check command to see what differs from the mapping.", call.Operation)
	case sugerclient.Throttled:
		e := scim.Wrap(err, scim.CodeSugerThrottled, "Suger limits the rate of calls (%s). Okta retries this automatically.", call.Operation)
		e.RetryAfter = wait(call.RetryAfter)
		return e
	case sugerclient.Unavailable:
		return unavailable(err, fmt.Sprintf("to %q", call.Operation), call.RetryAfter)
	case sugerclient.Unreadable:
		return scim.Wrap(err, scim.CodeSugerUnreadable,
			"Suger's answer to %q cannot be read. Run the check command to see what differs from the mapping.", call.Operation)
	}
	return s.refusedBySuger(call)
}

// translate is asSCIM for the error that a function returns, when deferred.
func (s *suger) translate(err *error) { *err = s.asSCIM(*err) }

// refusedBySuger converts a 4xx answer of Suger.
func (s *suger) refusedBySuger(call *sugerclient.Error) error {
	refusals := &s.model.doc.Refusals
	said := saidBySuger(call.Message)
	switch {
	case call.Status == 401:
		return scim.Wrap(call, scim.CodeTokenRefused,
			"Suger does not accept the API key. Enter a valid Suger API key as the token in Okta's provisioning settings.")
	case call.Status == 403:
		return scim.Wrap(call, scim.CodeNotAllowed,
			"Suger does not let this API key %s in organization %q.%s Give the key's API client a role that manages users.",
			call.Operation, scim.Clip(s.Organization, 40), said)
	case callMissing(call):
		return scim.Wrap(call, scim.CodeUnsupported,
			"Suger does not have the call %q of the mapping. Run the check command, and correct the mapping file.", call.Operation)
	case call.Status == 404 && (call.Operation == spec.OpListUsers || call.Operation == spec.OpListRoles):
		return scim.Wrap(call, scim.CodeOrgUnknown,
			"Suger does not know organization %q, or this key may not see it. Compare it with the organization id in Suger's console and in the SCIM base URL.",
			scim.Clip(s.Organization, 40))
	case call.Status == 404:
		return scim.Wrap(call, scim.CodeNotFound, "Suger did not find it (%s).%s", call.Operation, said)
	case call.Status == 409 || call.Means(refusals.Duplicate):
		code := scim.CodeUserExists
		switch call.Operation {
		case spec.OpAddRole, spec.OpUpdateRole, spec.OpRemoveRole:
			code = scim.CodeGroupExists
		}
		return scim.Wrap(call, code, "Suger says that it already exists (%s).%s", call.Operation, said)
	case call.Means(refusals.Seats):
		return scim.Wrap(call, scim.CodeNoSeat, "Suger has no seat left.%s Free a seat or add some to the plan, then retry.", said)
	case call.Means(refusals.Domain):
		return scim.Wrap(call, scim.CodeDomainRefused,
			"Suger only accepts users with an e-mail domain of the organization.%s", said)
	}
	return scim.Wrap(call, scim.CodeSugerRefused, "Suger refused to %s.%s", call.Operation, said)
}

func unavailable(cause error, what string, retryAfter time.Duration) error {
	e := scim.Wrap(cause, scim.CodeSugerUnavailable, "Suger did not answer %s. Nothing is wrong in Okta, which retries this later.", what)
	e.RetryAfter = wait(retryAfter)
	return e
}

func wait(asked time.Duration) time.Duration { return cmp.Or(max(asked, 0), defaultRetryAfter) }

// saidBySuger quotes Suger's own words, which the client has cleaned and bounded.
func saidBySuger(message string) string {
	if message == "" {
		return ""
	}
	return " Suger says: " + strings.TrimRight(scim.Clip(message, 300), ". ") + "."
}
