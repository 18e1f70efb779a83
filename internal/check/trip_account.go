package check

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// isSomebodys reports whether the account with the address existed before the check
// and may belong to somebody. is is the account in the list, and answered the
// account in the answer to adding; either may be nil. The account is left alone
// unless an earlier check left it, or whoever runs this check says that it may be
// changed. That names and role are as sent proves nothing: adding may have
// overwritten them.
func (t *trip) isSomebodys(ctx context.Context, is, answered *mapping.Record) bool {
	met := cmp.Or(is, answered) // the list may still hide it
	if met == nil || t.ours[met.ID] {
		return false
	}
	why := t.olderThanCheck(met, answered)
	if why == "" {
		return false
	}
	t.id = met.RawID
	leftBefore := answered != nil && answered.Values["name.givenName"] == tripGivenName && answered.Values["name.familyName"] == tripOtherName
	if t.users.ids[met.ID] || !leftBefore && !t.KnownAccount {
		t.leaveAlone(ctx, met, answered, why)
		return true
	}
	t.known = true
	line := t.line("write: create", OK, "", "Suger already had an account for %s, which is not a member: an earlier check left it, by its name.", t.Write)
	if t.KnownAccount {
		line = t.line("write: create", OK, "", "Suger already had an account for %s, which is not a member: --known-account allows to change and remove it.", t.Write)
	}
	line.stays = t.KnownAccount
	t.add(line)
	return false
}

// olderThanCheck explains how an account shows that it existed before the check, "" if
// it does not.
func (t *trip) olderThanCheck(is, answered *mapping.Record) string {
	if answered != nil {
		for attribute, sent := range map[string]string{"name.givenName": tripGivenName, "name.familyName": t.family} {
			was := answered.Values[attribute]
			if t.Document.User.Attributes[attribute].Part == spec.WholeField && was != "" && was != sent {
				return "Suger answered with another name than the one sent"
			}
		}
	}
	switch {
	case t.users.ids[is.ID]:
		return "the list has its id under another address"
	case t.isLowID(is.ID):
		return "its id is lower than that of another user"
	case !is.Created.IsZero() && is.Created.Before(t.began.Add(-clocksDiffer)):
		return "it was created at " + is.Created.UTC().Format(time.RFC3339)
	}
	return ""
}

// isLowID reports whether an id is below the largest of a list whose ids are all
// numbers: a new user gets a higher one.
func (t *trip) isLowID(id string) bool {
	number, err := strconv.ParseUint(id, 10, 64)
	lower := false
	for known := range t.users.ids {
		other, otherErr := strconv.ParseUint(known, 10, 64)
		if err != nil || otherErr != nil {
			return false
		}
		lower = lower || number < other
	}
	return lower
}

// leaveAlone ends the round trip. It reverts what adding changed, as far as Suger's
// answer shows what was before, and writes nothing else.
func (t *trip) leaveAlone(ctx context.Context, is, answered *mapping.Record, why string) {
	t.alien, t.report.last = true, true
	line := t.line("write: create", Fail, "operations.list users",
		"%s existed before%s, although the list of users did not show it, and may belong to somebody: %s. The check called %s; Suger then showed %s.",
		t.Write, idShown(t.id), why, t.done(), t.shown(is)).
		advise("Look at this user in Suger's console, and correct name and role. If the user was no member before, end the membership there. " +
			"If the user was a member, find in Suger's documentation how the list shows everybody, such as by a query parameter. " +
			"If an earlier check left the account, add --known-account. Otherwise choose an address that was never used in Suger.")
	line.stays = true
	if answered == nil || answered.Values["name.givenName"] == tripGivenName {
		line.Text += fmt.Sprintf(" If the account had another name or role, they were overwritten with %s %s", tripGivenName, t.family)
		if t.role.Name != "" {
			line.Text += " and role " + t.role.Name
		}
		line.Text += ", and the check does not know the old ones."
	}
	revert := func(what, attribute string, value any) {
		result := "changed it back"
		if t.sendPatch(ctx, attribute, value) != nil {
			result = "could not change it back"
		}
		line.Text += fmt.Sprintf(" The check changed the %s and %s.", what, result)
	}
	if answered != nil {
		name := make(map[string]any)
		for _, part := range []string{"givenName", "familyName"} {
			if was := answered.Values["name."+part]; was != "" && was != is.Values["name."+part] {
				name[part] = was
			}
		}
		if len(name) > 0 {
			revert("name", "name", name)
		}
		if !answered.Active && is.Active {
			revert("access", "active", false)
		}
	}
	t.add(line)
}
