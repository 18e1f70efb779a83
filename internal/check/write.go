package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// checkWrite is the check that fails if the writes are not tried.
const checkWrite = "write"

// write creates, changes and removes a test user with the gateway's own engine.
func (r *run) write(ctx context.Context) {
	domain, failed := fold(r.Write[strings.LastIndex(r.Write, "@")+1:]), r.report.Count(Fail)
	isKnown := func(address string) bool { return strings.HasSuffix(fold(address), "@"+domain) }
	for _, refusal := range []struct {
		applies             bool
		entry, text, advice string
	}{
		{failed > 0 && (!r.serves || failed != r.lacking), "", "while reading fails, writes cannot be verified.", "Fix the checks that failed above, then check again."},
		{r.users.addresses[fold(r.Write)] > 0, "", r.Write + " is a user of the organization.", "Name a user who does not exist."},
		{!r.Force && !slices.ContainsFunc(sortedNames(r.users.addresses), isKnown), "", "no user of the organization has an address at " + domain + ".",
			"Name a user at a domain of the organization, or add --force."},
		{!r.Force && r.Document.Operations.RemoveUser == nil, "operations", "the mapping has no operation that removes a user, so the user would stay.",
			`Add "remove user", or add --force and remove the user in Suger's console.`},
	} {
		if refusal.applies {
			r.add(r.line(checkWrite, Fail, refusal.entry, "Not tried: %s", refusal.text).advise("%s", refusal.advice))
			return
		}
	}
	t := &trip{run: r, service: r.Service.Users(r.Caller), began: r.Now(),
		proven: make(map[string]bool), advised: make(map[string]bool), others: make(map[string]bool)}
	defer t.cleanUp(ctx)
	t.make(ctx)
	r.report.Proven = slices.DeleteFunc(sortedNames(t.proven), func(name string) bool { return !t.proven[name] })
}

// cleanUpTime is how long the clean-up may take, also after a stop.
const cleanUpTime = 30 * time.Second

// cleanUp removes the test user whatever happened before, or ends the user's access if
// that fails, and reports what is left.
func (t *trip) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	if t.hidden {
		if _, err := t.sendRemoval(ctx, t.id); err != nil && status(err) != http.StatusNotFound {
			t.report.last = true
			t.add(t.line("clean-up", Fail, "", "%s%s, who has no access and is not listed, could not be removed.", t.Write, idShown(t.id)).
				advise("Remove the user in Suger's console."))
			return
		}
	}
	left, err := t.own(ctx)
	removal := ""
	for _, user := range left {
		if removal, err = t.sendRemoval(ctx, user.RawID); err != nil { // the membership may have an id of its own
			_ = t.service.Delete(ctx, user.ID, "") // the list shows whether it helped
		}
	}
	if len(left) > 0 {
		left, err = t.own(ctx)
	}
	if len(left) > 0 && left[0].Active {
		_ = t.sendPatch(ctx, left[0].ID, "active", false) // the list shows whether it helped
		left, err = t.own(ctx)
	}
	if len(left) == 0 && len(t.others) > 0 {
		return // which has been reported
	}
	t.report.last = t.report.last || len(left) > 0
	t.add(t.whatIsLeft(ctx, left, err, removal))
}

// own returns the users of a fresh list who have the address, without those who may be
// somebody else.
func (t *trip) own(ctx context.Context) ([]*mapping.Record, error) {
	left, err := t.listed(ctx)
	return slices.DeleteFunc(left, func(is *mapping.Record) bool { return t.isSomebodys(is, false) }), err
}

// sendRemoval removes a user by the mapping's call, and says how Suger answered, if it did.
func (t *trip) sendRemoval(ctx context.Context, id any) (answered string, err error) {
	call, ok := t.probe.Call(spec.OpRemoveUser, id)
	if !ok {
		return "", errors.New("the mapping has no operation that removes a user")
	}
	answer, err := t.probe.Do(ctx, call)
	code := status(err)
	if err == nil {
		code = answer.Status
	}
	if code != 0 {
		answered = fmt.Sprintf("Suger answered %s %s with %d", call.Method, call.Path, code)
	}
	return answered, err
}

// whatIsLeft reports whether the user is gone, and if not, how to remove it. removal is
// how Suger answered the removal, "" if it did not. An answered one is not advised again,
// unless such a call has succeeded before.
func (t *trip) whatIsLeft(ctx context.Context, left []*mapping.Record, err error, removal string) Line {
	line := t.line("clean-up", Fail, "", "")
	switch {
	case err != nil:
		line.Text = fmt.Sprintf("Whether %s%s is still in the organization is not known: %s.", t.Write, idShown(t.id), strings.TrimRight(detailOf(err), "."))
	case len(left) > 0:
		t.id = left[0].RawID
		line.Text = fmt.Sprintf("%s%s is still in the organization, %s: %s.", t.Write, idShown(t.id), t.access(left[0]), cmp.Or(removal, "it could not be removed"))
		if t.removed && !left[0].Active {
			line.Level = Warn // by the mapping, that is removal enough
		}
	case t.unseen != nil:
		line.Text = fmt.Sprintf("Suger may have added %s by %q, but its list does not show the user: there may be an open invitation, or the user appears later.",
			t.Write, t.unseen.Call.Operation)
		if id, found := t.Document.User.ID.In(t.unseen.user); found {
			t.id = id
			removal, _ = t.sendRemoval(ctx, id) // a success would prove nothing as long as the user is not listed
		}
	default:
		return t.nothingLeft(ctx)
	}
	by := ""
	if call, ok := t.probe.Call(spec.OpRemoveUser, t.id); ok && t.id != nil && (removal == "" || t.proven[spec.OpRemoveUser]) && !strings.Contains(call.Path, "{user.") {
		word, _ := spec.Text(t.id)
		by = fmt.Sprintf(", or by %s %s", call.Method, strings.NewReplacer("{organization}", t.Caller.Organization, "{user}", word).Replace(call.Path))
	}
	return line.advise("Remove the user in Suger's console%s.", by)
}

// nothingLeft reports whether Suger still answers the user, whom the list does not show.
func (t *trip) nothingLeft(ctx context.Context) Line {
	line := t.line("clean-up", OK, "", "Nothing is left of %s.", t.Write)
	if t.Document.Operations.GetUser == nil || t.id == nil {
		return line
	}
	switch is, err := t.byID(ctx); {
	case asFailure(err) != nil:
	case t.coversEverybody():
		line.Text = fmt.Sprintf("%s is no longer a member. Suger keeps the account, without membership.", t.Write)
	case err == nil:
		line = t.line("clean-up", Fail, "", "%s%s is no longer in the list, but %q still answers it, %s.", t.Write, idShown(t.id), opGetUser, t.access(is)).
			advise("Look at the user in Suger's console.")
	}
	return line
}

func idShown(id any) string {
	if word, ok := spec.Text(id); ok {
		return fmt.Sprintf(" (id %s)", word)
	}
	return ""
}

// isSomebodys reports whether an account with the address is not the check's and may
// belong to somebody. answered says that it is the answer to adding, not the list. The
// account is left alone unless an earlier check left it, or whoever runs this check says
// that it may be changed. That names and role are as sent proves nothing: adding may have
// overwritten them.
func (t *trip) isSomebodys(is *mapping.Record, answered bool) bool {
	switch {
	case is == nil || t.ours[is.ID]:
		return false
	case t.others[is.ID], t.overwrote:
		return true
	}
	why := t.olderThanCheck(is, answered)
	if why == "" {
		return false
	}
	leftBefore := answered && is.Values["name.givenName"] == tripGivenName && is.Values["name.familyName"] == tripOtherName
	if t.added && !t.users.ids[is.ID] && (leftBefore || t.KnownAccount) {
		allowed := "an earlier check left it, by its name"
		if t.KnownAccount {
			allowed = "--known-account allows to change and remove it"
		}
		line := t.line("write: create", OK, "", "Suger already had an account for %s, which is not a member: %s.", t.Write, allowed)
		t.ours[is.ID], line.stays = true, true
		t.add(line)
		return false
	}
	t.others[is.ID], t.overwrote, t.report.last = true, answered, true
	did, advice := "changed nothing.", "Choose an address that was never used in Suger."
	if len(t.writes) > 0 {
		did = fmt.Sprintf("called %s and leaves the account alone now. If the account had another name or role, this may have overwritten them with %s %s and role %s; Suger shows %s.",
			t.done(), tripGivenName, t.family, t.role.Name, t.shown(is))
		advice = "Look at this user in Suger's console, and correct name, role and access. If the user was no member before, end the membership there. " +
			"If the user was a member, find in Suger's documentation how the list shows everybody, such as by a query parameter. " +
			"If an earlier check left the account, add --known-account. Otherwise choose an address that was never used in Suger."
	}
	line := t.line("write: create", Fail, "operations.list users",
		"%s already had an account%s, which the list of users did not show and which may belong to somebody: %s. The check %s",
		t.Write, idShown(is.RawID), why, did).advise("%s", advice)
	line.stays = true
	t.add(line)
	return true
}

// olderThanCheck explains how an account shows that the check did not make it, or "".
func (t *trip) olderThanCheck(is *mapping.Record, answered bool) string {
	for attribute, sent := range map[string]string{"name.givenName": tripGivenName, "name.familyName": t.family} {
		was := is.Values[attribute]
		if answered && t.Document.User.Attributes[attribute].Part == spec.WholeField && was != "" && was != sent {
			return "Suger answered with another name than the one sent"
		}
	}
	ids := append(sortedNames(t.users.ids), is.ID)
	isText := func(id string) bool { _, err := strconv.ParseUint(id, 10, 64); return err != nil }
	isHigher := func(id string) bool { return cmp.Or(cmp.Compare(len(id), len(is.ID)), cmp.Compare(id, is.ID)) > 0 }
	switch {
	case !t.added:
		return "no call of this check has added it"
	case t.users.ids[is.ID]:
		return "the list has its id under another address"
	case !slices.ContainsFunc(ids, isText) && slices.ContainsFunc(ids, isHigher): // a new user gets the highest number
		return "its id is lower than that of another user"
	case !is.Created.IsZero() && is.Created.Before(t.began.Add(-clocksDiffer)):
		return "it was created at " + is.Created.UTC().Format(time.RFC3339)
	}
	return ""
}

// endAgain ends access that a step gave to somebody: to a user who is listed without an
// addition, or whom Suger answered without access.
func (t *trip) endAgain(ctx context.Context, s *step) {
	gaveAccess := func(c *stepCall) bool {
		return c.Err == nil && (!t.added || c.record != nil && c.record.ID == s.is.ID && !c.record.Active)
	}
	if !s.is.Active || !slices.ContainsFunc(t.writes, gaveAccess) {
		return
	}
	line := t.line(s.check, Fail, "access", "This check gave the user access and has ended it again.")
	if err := t.sendPatch(ctx, s.is.ID, "active", false); err != nil {
		line = t.line(s.check, Fail, "access", "This check gave the user access and could not end it again: %s", detailOf(err)).
			advise("End the user's access in Suger's console now.")
	}
	t.add(line)
}
