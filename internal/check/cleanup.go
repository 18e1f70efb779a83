package check

import (
	"context"
	"fmt"
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
	case err != nil && t.id != nil:
		line.Level = Fail
		line.Text = fmt.Sprintf("Whether %s (id %v) is left in the organization could not be told: %s.", t.Write, t.id, detailOf(err))
	case err != nil:
		line.Level = Fail
		line.Text = fmt.Sprintf("Whether %s is left in the organization could not be told: %s.", t.Write, detailOf(err))
	case len(left) > 0:
		line.Level = Fail
		access := "with access"
		if !left[0].Active {
			access = "without access"
		}
		line.Text = fmt.Sprintf("%s (id %s) is still in the organization, %s: it could not be removed.", t.Write, left[0].ID, access)
	}
	if line.Level != OK {
		line.Change = "Remove the user by hand in Suger's console."
	}
	t.add(line)
}
