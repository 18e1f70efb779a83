package check

import (
	"context"
	"fmt"
	"strings"

	"suger-scim-gateway/mapping/spec"
)

// findUser looks people up by their addresses, as the list has them and in capital
// letters.
func (r *run) findUser(ctx context.Context) {
	if r.Document.Operations.FindUser == nil || len(r.users.samples) == 0 {
		return
	}
	tried := 0
	for _, s := range r.users.samples {
		if !s.record.Active {
			continue // the list decides about them
		}
		tried++
		for _, address := range []string{s.record.UserName, strings.ToUpper(s.record.UserName)} {
			if line := r.found(ctx, s, address); line.Level != OK {
				r.add(line)
				return
			}
		}
	}
	if tried == 0 {
		return
	}
	text := "%s found by the address, in any letter case."
	if !r.Document.Operations.FindUser.Decides {
		text += " If the call finds nobody, the gateway reads the list."
	}
	r.add(Line{Check: spec.OpFindUser, Level: OK, Mapping: r.at("operations.find user"), Text: fmt.Sprintf(text, count(tried, "user"))})
}

// found looks one user up by an address. A call that decides and misses somebody
// would hide them from Okta; one that does not only costs the time of a call.
func (r *run) found(ctx context.Context, s sample, address string) Line {
	decides := r.Document.Operations.FindUser.Decides
	line := Line{Check: spec.OpFindUser, Level: Warn, Mapping: r.at("operations.find user"), Change: "Correct the call, or leave it out."}
	found, decided, err := r.probe.Find(ctx, address)
	switch {
	case err != nil:
		call, _ := r.probe.Call(spec.OpFindUser, nil)
		return r.failed(ctx, call, err)
	case found == s.record.ID:
		return Line{Level: OK}
	case found != "":
		line.Level, line.Text = Fail, "The call finds a user who has another address."
	case decided:
		line.Level, line.Mapping = Fail, r.at("operations.find user.decides")
		line.Text = "The call does not find a user of the list" + inCapitals(address, s.record.UserName) + ", and decides: the gateway would tell Okta that there is no such user."
		line.propose(fix("operations.find user.decides", false))
	case decides:
		line.Text = "The answer does not show a user of the list" + inCapitals(address, s.record.UserName) + ", so the gateway reads the list anyway."
	default:
		line.Text = "The call does not find a user of the list" + inCapitals(address, s.record.UserName) + ", so it saves nothing."
	}
	return line
}

func inCapitals(address, as string) string {
	if address == as {
		return ""
	}
	return " in capital letters"
}
