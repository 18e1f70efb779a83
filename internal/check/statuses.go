package check

import (
	"fmt"
)

// statuses says which words the status has, and what they mean to the mapping.
func (r *run) statuses() {
	spec := &r.Document.Access
	u := r.users.fields.use("status")
	if !spec.Shows() {
		line := Line{Check: "status", Level: OK, Mapping: r.at("access.end"), Text: "The mapping has none: only removal ends access."}
		if like := r.users.fields.candidates(statusWanted, r.roles); len(like) > 0 {
			line.Level, line.Text = Look, fmt.Sprintf("The mapping has none, so only removal ends access. But %s in Suger's users looks like one.", either(like))
			line.Change = "Add access.field if it tells who has access."
		}
		r.add(line)
		return
	}
	if u.present == 0 || r.users.readable() == 0 {
		return // said already
	}
	line := Line{Check: "status words", Level: OK, Mapping: r.at("access")}
	with := fmt.Sprintf("%s with access, %d of them invited, and %d without.", count(r.users.access, "user"), r.users.pending, r.users.count-r.users.access)
	switch {
	case len(r.users.unknown) > 0:
		line.Level, line.Text, line.Change = Fail, r.unknownStatus(), "Say in access which of them mean access (active) and which do not (inactive)."
	case len(spec.Active)+len(spec.Inactive) == 0 || u.kind() != isText && u.kind() != isFlag:
		line.Text = with
	case wordsAreSet(r.users.statuses, r.users.count) || r.ShowPersonal:
		line.Text = fmt.Sprintf("%s: %s", tally(r.users.statuses), with)
	default:
		line.Text = with
	}
	r.add(line)
}

// statusWanted is what a mapping without a status would look for.
var statusWanted = &use{name: "status"}

// unknownStatus describes words that the mapping does not know. They are shown
// if they are few, since many different ones may be anybody's data.
func (r *run) unknownStatus() string {
	n := 0
	for _, users := range r.users.unknown {
		n += users
	}
	const counts = "They count as having access."
	if users, absent := r.users.unknown[""]; absent && len(r.users.unknown) == 1 {
		return fmt.Sprintf("%s have no status. %s", ofUsers(users, r.users.count), counts)
	}
	if wordsAreSet(r.users.unknown, n) || r.ShowPersonal {
		return fmt.Sprintf("The mapping does not know the words of %s: %s. %s", ofUsers(n, r.users.count), tally(r.users.unknown), counts)
	}
	return fmt.Sprintf("The mapping does not know the words of %s, and there are %d different ones: the field may be no status. %s",
		ofUsers(n, r.users.count), len(r.users.unknown), counts)
}
