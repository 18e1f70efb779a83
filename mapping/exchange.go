package mapping

import (
	"context"

	"suger-scim-gateway/sugerclient"
)

// An Exchange is one call of an operation on a user or role, and what came of
// it, for the check.
type Exchange struct {
	Call   sugerclient.Call
	Answer *sugerclient.Answer // nil if the call failed
	Err    error               // nil if it did not
}

type exchangeKey struct{}

// WithExchanges returns a context whose calls are shown to see once they are
// over, but for those that read a list. see is called by the goroutine that
// makes the call.
func WithExchanges(ctx context.Context, see func(Exchange)) context.Context {
	return context.WithValue(ctx, exchangeKey{}, see)
}

// observe passes e to the context's observer, if there is one.
func observe(ctx context.Context, e Exchange) {
	if see, ok := ctx.Value(exchangeKey{}).(func(Exchange)); ok {
		see(e)
	}
}
