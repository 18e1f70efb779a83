package gateway

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// An exchange is one request and its answer.
type exchange struct {
	echo.Context
	resource string         // of the route, "" for an unknown path
	caller   mapping.Caller // complete once the route was entered
	token    string         // what the client presented
	noToken  error          // why that is no token, or nil
	mark     marks.Mark     // of the token in pass-through mode
	known    bool           // the token is one of the gateway's own, or was good before
	client   netip.Addr     // who sent the request; the zero Addr if that is not known
	refused  bool           // the token was missing or refused, in one bulk operation at least
	base     string         // URL that endpoints are relative to
	form     scim.JSONForm  // for one resource of the answer after another
	failure  *scim.Error    // what was answered, if it was an error
}

// ctx is the request's context, which ends with its budget.
func (x *exchange) ctx() context.Context { return x.Request().Context() }

// account gives the request its id, turns what went wrong into an answer, and
// writes the line in the log.
func (s *server) account(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := s.config.Now()
		client := c.Request().Context() // ends when the client goes away, and never with the budget
		ctx, stats := sugerclient.WithStats(client)
		c.SetRequest(c.Request().WithContext(ctx))
		x := &exchange{
			Context: c, client: s.clientAddress(c.Request()),
			caller: mapping.Caller{RequestID: newRequestID()},
		}
		header := x.Response().Header()
		header.Set(echo.HeaderXRequestID, x.caller.RequestID)
		header.Set("Cache-Control", "no-store") // answers hold personal data
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")

		if err := next(x); err != nil {
			x.failure = s.answerable(x, err)
			if !x.Response().Committed {
				x.writeError() // even if nobody seems to be there: net/http would answer 200
			}
			if client.Err() != nil {
				x.failure.Status = statusClientGone
			}
			s.note(x, x.failure)
		}
		s.judgeToken(x, stats)
		s.record(x, stats, s.config.Now().Sub(started))
		return nil
	}
}

// note tells the metrics and the throttle of an error that is answered.
func (s *server) note(x *exchange, e *scim.Error) {
	s.config.Failed(e.Code)
	x.refused = x.refused || e.Code == scim.CodeTokenMissing || e.Code == scim.CodeTokenRefused
}

// newRequestID makes 80 random bits readable.
func newRequestID() string { return strings.ToLower(rand.Text()[:16]) }

// catchPanic turns a panic into an error. The panic's value and stack are
// logged here; they hold no body.
func (s *server) catchPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch v := recover(); v {
			case nil:
			case http.ErrAbortHandler: // how a handler asks net/http to drop the connection
				panic(v)
			default:
				x := c.(*exchange)
				s.log.Error("panic", "request_id", x.caller.RequestID, "route", x.Path(),
					"panic", scim.Clip(fmt.Sprint(v), maxLogged), "stack", string(debug.Stack()))
				err = scim.NewError(scim.CodeInternal, "The gateway has a defect: the request was not completed.")
			}
		}()
		return next(c)
	}
}
