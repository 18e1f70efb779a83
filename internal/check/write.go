package check

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
)

// write creates, changes and removes a throw-away user through the gateway's
// own engine, so that what is proven is what the gateway does.
func (r *run) write(ctx context.Context) {
	if refusal := r.refuseToWrite(); refusal != nil {
		r.add(*refusal)
		return
	}
	t := &trip{run: r, service: r.Service.Users(r.Caller), tried: make(map[string]bool), proven: make(map[string]bool), began: r.Now()}
	defer t.cleanUp(ctx)
	t.make(ctx)
	for _, name := range sortedNames(t.proven) {
		if t.proven[name] {
			r.report.Proven = append(r.report.Proven, name)
		}
	}
}

// refuseToWrite says why the round trip is not made, or is nil.
func (r *run) refuseToWrite() *Line {
	line := &Line{Check: "write", Level: Fail}
	address, err := mail.ParseAddress(r.Write)
	switch {
	case err != nil || address.Address != r.Write:
		line.Text, line.Change = "Not tried: what --write names is no e-mail address.", "Name somebody who does not exist, at a domain of the organization."
	case r.report.Count(Fail) > 0 && (!r.serves || r.report.Count(Fail) != r.lacking):
		line.Text, line.Change = "Not tried: as long as reading fails, what is written cannot be judged.", "Mend what failed above, then check again."
	case r.users.addresses[fold(r.Write)] > 0:
		line.Text, line.Change = fmt.Sprintf("Not tried: %s is a user of the organization.", r.Write), "Name somebody who does not exist."
	case !r.Force && !r.usesDomain(r.Write):
		line.Text = fmt.Sprintf("Not tried: no user of the organization has an address at %s.", domainOf(r.Write))
		line.Change = "Name somebody at a domain of the organization, or add --force."
	case !r.Force && r.Document.Operations.RemoveUser == nil:
		line.Text, line.Mapping = "Not tried: the mapping has no operation that removes a user, so the user would stay.", r.at("operations")
		line.Change = "Add \"remove user\", or add --force and remove the user in Suger's console."
	default:
		return nil
	}
	return line
}

func (r *run) usesDomain(address string) bool {
	for known := range r.users.addresses {
		if domainOf(known) == domainOf(address) {
			return true
		}
	}
	return false
}

func domainOf(address string) string { return fold(address[strings.LastIndex(address, "@")+1:]) }
