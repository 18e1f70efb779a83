package mapping

import (
	"context"
	"errors"

	"suger-scim-gateway/sugerclient"
)

// A Caller is on whose behalf a SCIM request is answered. All state that is
// kept between requests is kept apart by Organization and Credential.
type Caller struct {
	Organization string     // Suger organization id
	Credential   Credential // what Suger is shown
	RequestID    string     // for the log and the audit record
}

// A Credential is what Suger is shown. It does not print itself.
type Credential = sugerclient.Credential

// CallStats counts the calls to Suger that one request has caused.
type CallStats = sugerclient.Stats

// WithCallStats returns a context whose calls are counted in the CallStats beside it.
func WithCallStats(ctx context.Context) (context.Context, *CallStats) {
	return sugerclient.WithStats(ctx)
}

// IsNotPair reports whether err comes from a credential that is not
// client_id:client_secret, so that it cannot be exchanged for an access token.
func IsNotPair(err error) bool { return errors.Is(err, sugerclient.ErrNotPair) }

// LogText is err for the log. Suger's own words are left out: they may repeat a
// whole user.
func LogText(err error) string {
	var call *sugerclient.Error
	if errors.As(err, &call) {
		return call.Brief()
	}
	return err.Error()
}
