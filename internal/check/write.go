package check

import (
	"context"
	"fmt"
	"net/mail"
	"strings"
	"time"
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

// cleanUpTime is how long the clean-up may take, also after the check has been
// stopped.
const cleanUpTime = 30 * time.Second

// cleanUp removes the throw-away user whatever happened before, and says what is
// left if it cannot.
func (t *trip) cleanUp(ctx context.Context) {
	if t.alien {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	if t.unseen != nil && !t.waited {
		_, _ = t.appears(ctx) // what is there is looked at next
	}
	defer func() { t.report.last = t.report.last || t.kept }()
	left, err := t.withAddress(ctx)
	t.kept = t.added && len(left) > 0
	if t.kept && t.removed && !left[0].Active {
		t.add(Line{Check: "clean-up", Level: Look, stays: true, Text: fmt.Sprintf("%s stays in the list without access, since Suger keeps those whom it removes.", t.Write)})
		return
	}
	if len(left) > 0 && !t.added {
		t.add(Line{Check: "clean-up", Level: Look, stays: true, Text: fmt.Sprintf("%s is in the list now, and was not added by this check: it is left alone.", t.Write)})
		return
	}
	answered := "" // how the removal was, if Suger took it
	if len(left) > 0 {
		for _, record := range left {
			if call, ok := t.probe.Call("remove user", record.RawID); ok {
				answer, err := t.probe.Do(ctx, call)
				if err != nil { // the membership may have an id of its own
					_ = t.service.Delete(ctx, record.ID, "") // whether it helped is looked at next
					continue
				}
				answered = fmt.Sprintf("%s %s with %d", call.Method, call.Path, answer.Status)
			}
		}
		left, err = t.withAddress(ctx)
		t.kept = len(left) > 0
	}
	if len(left) > 0 && left[0].Active {
		t.id = left[0].RawID
		_ = t.sendPatch(ctx, map[string]any{"active": false}) // whether it helped is looked at next
		left, err = t.withAddress(ctx)
	}
	line := Line{Check: "clean-up", Level: OK, Text: fmt.Sprintf("Nothing is left of %s.", t.Write)}
	switch {
	case err != nil:
		line.Level = Fail
		line.Text = fmt.Sprintf("Whether %s%s is left in the organization could not be told: %s.", t.Write, t.idShown(t.id), strings.TrimRight(detailOf(err), "."))
	case len(left) > 0:
		line.Level = Fail
		access := "with access"
		if !left[0].Active {
			access = "without access"
		}
		t.id = left[0].RawID
		line.Text = fmt.Sprintf("%s%s is still in the organization, %s: it could not be removed.", t.Write, t.idShown(t.id), access)
		if answered != "" {
			line.Text = fmt.Sprintf("Suger answered %s, and goes on listing %s%s, %s.", answered, t.Write, t.idShown(t.id), access)
		}
	case t.unseen != nil:
		t.unlisted(ctx, &line)
	default:
		if t.knownBeyond(ctx) {
			line.Text += " Suger goes on knowing the person, who is no member any more."
		}
	}
	if line.Level != OK {
		line.stays = true
		line.Change = "Remove the user by hand in Suger's console."
		if answered == "" {
			line.Change = "Remove the user by hand in Suger's console" + t.byCall() + "."
		}
	}
	t.add(line)
}

// unlisted says what may be left of a user whom Suger took and never listed.
func (t *trip) unlisted(ctx context.Context, line *Line) {
	e := t.unseen
	line.Level = Look
	line.Text = fmt.Sprintf("%q failed and may have been done all the same, though the list does not show %s.", e.Call.Operation, t.Write)
	if e.Answer == nil {
		return
	}
	line.Level = Fail
	line.Text = fmt.Sprintf("Suger answered %q with %d, and its list does not show %s: there may be an open invitation, or the user shows up later.", e.Call.Operation, e.Answer.Status, t.Write)
	user, _ := t.answerOf(*e)
	if id, ok := t.Document.User.ID.In(user); ok {
		t.id = id
		if call, ok := t.probe.Call("remove user", id); ok {
			if answer, err := t.probe.Do(ctx, call); err == nil {
				line.Text += fmt.Sprintf(" %q was answered %d, which proves nothing about somebody who is not listed.", call.Operation, answer.Status)
			}
		}
	}
}

func (t *trip) idShown(id any) string {
	if word, ok := wordOf(id); ok {
		return fmt.Sprintf(" (id %s)", word)
	}
	return ""
}

// byCall is how the user is removed without the console, as far as that is known.
func (t *trip) byCall() string {
	word, known := wordOf(t.id)
	call, ok := t.probe.Call("remove user", t.id)
	if !known || !ok || strings.Contains(call.Path, "{user.") {
		return ""
	}
	path := strings.NewReplacer("{organization}", t.Caller.Organization, "{user}", word).Replace(call.Path)
	return fmt.Sprintf(", or by %s %s", call.Method, path)
}

// knownBeyond reports whether Suger still answers the person who was removed.
func (t *trip) knownBeyond(ctx context.Context) bool {
	if t.id == nil || !t.coversEverybody() {
		return false
	}
	call, ok := t.probe.Call(opGetUser, t.id)
	if !ok {
		return false
	}
	_, err := t.probe.Do(ctx, call)
	return err == nil
}
