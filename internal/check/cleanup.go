package check

import (
	"context"
	"fmt"
	"strings"
	"time"
)

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
	left, err := t.withAddress(ctx)
	if t.removed && len(left) > 0 && !left[0].Active {
		t.add(Line{Check: "clean-up", Level: Look, Text: fmt.Sprintf("%s stays in the list without access, since Suger keeps those whom it removes.", t.Write)})
		return
	}
	if len(left) > 0 {
		for _, record := range left {
			if call, ok := t.probe.Call("remove user", record.RawID); ok {
				_, _ = t.probe.Do(ctx, call) // whether it helped is looked at next
			}
		}
		left, err = t.withAddress(ctx)
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
	case t.unseen != nil:
		t.unlisted(ctx, &line)
	default:
		if t.knownBeyond(ctx) {
			line.Text += " Suger goes on knowing the person, who is no member any more."
		}
	}
	if line.Level != OK {
		line.Change = "Remove the user by hand in Suger's console" + t.byCall() + "."
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
