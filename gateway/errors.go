package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

const (
	// statusClientGone is the status in the log of a client that did not wait for
	// the answer. It is never sent.
	statusClientGone = 499

	// defaultRetry is when to retry if Suger did not say.
	defaultRetry = 30 * time.Second

	realm = `Bearer realm="suger-scim-gateway"`
)

// asSCIM turns any error into a SCIM error. It is the only place that does.
func asSCIM(err error) *scim.Error {
	var e *scim.Error
	if errors.As(err, &e) {
		return e
	}
	var routing *echo.HTTPError
	if errors.As(err, &routing) {
		switch routing.Code {
		case http.StatusNotFound:
			return scim.NewError(scim.CodeNoSuchEndpoint,
				"There is no such endpoint. The base URL ends in %s or in /org/ORGANIZATION%s, and an endpoint such as /Users follows.", scimPrefix, scimPrefix)
		case http.StatusMethodNotAllowed:
			return scim.NewError(scim.CodeMethodNotAllowed, "The endpoint does not support this method. The Allow header lists those that it supports.")
		}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return scim.Wrap(err, scim.CodeSugerUnavailable, "Suger did not answer within the time limit of one request.")
	}
	return scim.Wrap(err, scim.CodeInternal, "The gateway has a defect. See its log for the request id.")
}

// answerable is a copy of the error as this client should see it.
func (s *server) answerable(x *exchange, err error) *scim.Error {
	e := *asSCIM(err)
	if e.Code == scim.CodeTokenRefused && s.holdsCredential() && x.caller.Credential != "" {
		// Suger refuses the gateway's own credential: the client's token was right.
		e = *scim.Wrap(err, scim.CodeHeldCredential,
			"Suger does not accept the credential that the gateway holds. The gateway's operator must renew it.")
	}
	if e.Code == scim.CodeNoSuchEndpoint && x.resource == "" { // not of a bulk operation
		if endpoint := s.spelled(x.Request().URL.Path); endpoint != "" {
			e.Detail = fmt.Sprintf("There is no such endpoint: upper and lower case matter in a path. This one is written %s.", endpoint)
		}
	}
	if mapping.IsNotPair(err) {
		e.Detail = "The token is not of the form client_id:client_secret, which this gateway exchanges for an access token of Suger's. Enter both halves of the Suger API client, with the colon, as the token in Okta."
	}
	if e.Code == scim.CodeSugerUnavailable && isOkta(x.Request()) {
		// Okta retries by itself after a 429 only (Okta, "Understanding SCIM", rate limits).
		e.Status = http.StatusTooManyRequests
	}
	if (e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable) && e.RetryAfter <= 0 {
		e.RetryAfter = defaultRetry
	}
	return &e
}

func isOkta(r *http.Request) bool {
	return strings.Contains(strings.ToLower(r.UserAgent()), "okta")
}

// An errorMessage is the body of an error (RFC 7644 §3.12).
type errorMessage struct {
	Schemas  []string `json:"schemas"`
	ScimType string   `json:"scimType,omitempty"`
	Detail   string   `json:"detail"`
	Status   string   `json:"status"`
}

// message puts the code and the request id after the detail, since Okta shows
// its administrator nothing but the detail.
func (x *exchange) message(e *scim.Error) errorMessage {
	return errorMessage{
		Schemas:  []string{scim.URNError},
		ScimType: e.Type,
		Detail:   fmt.Sprintf("%s [%s, %s]", e.Detail, e.Code, x.caller.RequestID),
		Status:   strconv.Itoa(e.Status),
	}
}

// writeError answers x.failure.
func (x *exchange) writeError() {
	e, header := x.failure, x.Response().Header()
	switch {
	case e.Code == scim.CodeTokenMissing: // RFC 6750 §3: no error code without a token
		header.Set(echo.HeaderWWWAuthenticate, realm)
	case e.Status == http.StatusUnauthorized:
		header.Set(echo.HeaderWWWAuthenticate, realm+`, error="invalid_token"`)
	}
	if e.RetryAfter > 0 {
		header.Set(echo.HeaderRetryAfter, wholeSeconds(e.RetryAfter))
	}
	if err := x.writeJSON(e.Status, x.message(e)); err != nil {
		e.Err = errors.Join(e.Err, err)
	}
}

// wholeSeconds rounds up and is at least 1: Okta waits five minutes on anything
// but a positive integer.
func wholeSeconds(d time.Duration) string {
	return strconv.FormatInt(int64(max(1, (d+time.Second-1)/time.Second)), 10)
}
