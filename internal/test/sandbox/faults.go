package sandbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"time"

	core "suger-scim-gateway/internal/sandbox"
)

// Kinds of faults besides those of the product.
const (
	Cut               FaultKind = "cut"          // breaks the connection in the middle of the answer
	Truncated         FaultKind = "truncated"    // answers half of the JSON with a matching length
	HTML              FaultKind = "html"         // answers 200 with a web page
	Empty             FaultKind = "empty"        // answers without a body
	WrongShape        FaultKind = "shape"        // answers JSON of another shape
	Literal           FaultKind = "body"         // answers Body as JSON
	NotApplied        FaultKind = "unapplied"    // acknowledges a write without applying it
	ShiftingList      FaultKind = "shifting"     // moves the pages after the first by Shift rows, 0 meaning 1: above 0 loses rows, below 0 repeats some
	ClockSkew         FaultKind = "skew"         // moves the Date header and all times by Delay, which may be negative
	WrongOrganization FaultKind = "organization" // answers with another organization's id in it
)

var kinds = map[FaultKind]core.Misbehavior{
	Cut: spoiled(func(out core.Answer) core.Answer {
		if len(out.Body) == 0 {
			out = withBody(out, []byte("{}"))
		}
		out.Header.Set("Content-Length", strconv.Itoa(len(out.Body)))
		out.Body = out.Body[:len(out.Body)/2]
		return out
	}),
	Truncated: spoiled(func(out core.Answer) core.Answer {
		if len(out.Body) == 0 {
			return withBody(out, []byte("{"))
		}
		out.Body = out.Body[:(len(out.Body)+1)/2]
		return out
	}),
	HTML: spoiled(func(core.Answer) core.Answer { return core.WebPage(http.StatusOK) }),
	Empty: spoiled(func(out core.Answer) core.Answer {
		out.Body = nil
		return out
	}),
	WrongShape: spoiled(func(out core.Answer) core.Answer {
		if bytes.HasPrefix(out.Body, []byte("{")) {
			return withBody(out, []byte(`["ok"]`))
		}
		return withBody(out, []byte(`{"result":"ok"}`))
	}),
	Literal: {Spoil: func(f *Fault, _ *core.Request, operate func() core.Answer) core.Answer {
		return withBody(operate(), []byte(f.Body))
	}},
	NotApplied: {Suits: func(rt *core.Route, _ *http.Request) bool { return rt.Writes() && rt.Operation != core.GetToken }, Spoil: unapplied},
	ShiftingList: {Suits: func(rt *core.Route, r *http.Request) bool { return rt.Operation == "list users" && pastFirst(r) },
		Spoil: func(f *Fault, q *core.Request, operate func() core.Answer) core.Answer {
			shift := f.Shift
			if shift == 0 {
				shift = 1
			}
			q.Request = q.WithContext(context.WithValue(q.Context(), shiftKey{}, shift))
			return operate()
		}},
	ClockSkew: {Spoil: skewed},
	WrongOrganization: {Spoil: func(_ *Fault, q *core.Request, operate func() core.Answer) core.Answer {
		out := operate()
		id, _ := json.Marshal(q.Store.Home().ID) // a string has no error
		other, _ := json.Marshal(q.Store.Home().ID + "X")
		out.Body = bytes.ReplaceAll(out.Body, id, other)
		return out
	}},
}

// SetFaults replaces the active faults. The error says which one is invalid.
func (s *Sandbox) SetFaults(faults ...Fault) error {
	for i, f := range faults {
		if f.Shift != 0 && f.Kind != ShiftingList || f.Body != "" && f.Kind != Literal {
			return fmt.Errorf("sandbox: fault %d: shift is for shifting and body for body", i+1)
		}
		if _, here := kinds[f.Kind]; here && (f.Delay != 0) != (f.Kind == ClockSkew) {
			return fmt.Errorf("sandbox: fault %d: of these kinds a skew has a delay, and needs one", i+1)
		}
	}
	return s.Sandbox.SetFaults(faults...)
}

// spoiled changes an answer.
func spoiled(change func(core.Answer) core.Answer) core.Misbehavior {
	return core.Misbehavior{Spoil: func(_ *Fault, _ *core.Request, operate func() core.Answer) core.Answer {
		out := operate()
		out.Header = out.Header.Clone()
		return change(out)
	}}
}

// withBody replaces the body; a 204 becomes a 200.
func withBody(out core.Answer, body []byte) core.Answer {
	if out.Status == http.StatusNoContent {
		out.Status = http.StatusOK
	}
	return core.Answer{Status: out.Status, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
}

// unapplied performs the operation and restores the previous data.
func unapplied(_ *Fault, q *core.Request, operate func() core.Answer) core.Answer {
	users, emails := make(map[string]core.User), make(map[string]string)
	for id, user := range q.Store.Users {
		users[id] = *user
	}
	for email, user := range q.Store.Emails {
		emails[email] = user.ID
	}
	members, roles := make([][]core.Member, len(q.Store.Organizations)), make([][]core.Role, len(q.Store.Organizations))
	ids := make([][]string, len(q.Store.Organizations))
	for i, o := range q.Store.Organizations {
		for _, m := range o.Members {
			members[i], ids[i] = append(members[i], *m), append(ids[i], m.ID)
		}
		for _, role := range o.Roles {
			roles[i] = append(roles[i], *role)
		}
	}

	out := operate()

	for _, o := range q.Store.Organizations {
		for len(o.Members) > 0 {
			o.Remove(o.Members[0].ID)
		}
	}
	clear(q.Store.Users)
	clear(q.Store.Emails)
	for _, user := range users {
		q.Store.Put(user)
	}
	for email, id := range emails {
		q.Store.Emails[email] = q.Store.Users[id]
	}
	for i, o := range q.Store.Organizations {
		for at := range members[i] {
			m := &members[i][at]
			m.User = q.Store.Users[ids[i][at]]
			o.Add(m)
		}
		o.Roles = nil
		for at := range roles[i] {
			o.Roles = append(o.Roles, &roles[i][at])
		}
	}
	return out
}

// aTime is a time of an answer.
var aTime = regexp.MustCompile(`"\d{4}-\d\d-\d\dT[0-9:.]+Z"`)

// skewed moves the Date header and all times in the answer.
func skewed(f *Fault, q *core.Request, operate func() core.Answer) core.Answer {
	out := operate()
	out.Header = out.Header.Clone()
	out.Header.Set("Date", q.Store.Clock().Add(f.Delay).UTC().Format(http.TimeFormat))
	out.Body = aTime.ReplaceAllFunc(out.Body, func(text []byte) []byte {
		at, err := time.Parse(`"`+core.TimeFormat+`"`, string(text))
		if err != nil {
			return text
		}
		return at.Add(f.Delay).AppendFormat(nil, `"`+core.TimeFormat+`"`)
	})
	return out
}
