package ops

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// shownChanges is how many changes the status page shows.
const shownChanges = 12

// A changeList is the data of the template of changes.
type changeList struct {
	Changes    []changeNote
	Remembered int
	MaxChanges int
	Masked     bool
}

func (s *server) changeList(n int, filter changeFilter) changeList {
	list := changeList{Changes: s.config.Activity.recent(), MaxChanges: maxChanges, Masked: !s.config.Activity.showPersonal}
	list.Remembered = len(list.Changes)
	list.Changes = slices.DeleteFunc(list.Changes, func(c changeNote) bool { return !filter.keeps(c) })
	list.Changes = list.Changes[:min(n, len(list.Changes))]
	return list
}

// recent returns the changes in memory, the newest first.
func (a *Activity) recent() []changeNote {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []changeNote
	for i := a.changed - 1; i >= max(0, a.changed-maxChanges); i-- {
		list = append(list, a.changes[i%maxChanges])
	}
	return list
}

// A changeFilter selects changes; an empty field selects all.
type changeFilter struct {
	Person  string // as entered
	Outcome string // one of outcomeGroups
	Request string // id

	shown string // Person as the changes show people
}

// changeFilter reads the filter of a request. An address is compared as it is
// shown: if addresses are masked, all that look the same match.
func (s *server) changeFilter(r *http.Request) changeFilter {
	query := r.URL.Query()
	person := strings.TrimSpace(query.Get("person"))
	return changeFilter{Person: person, Outcome: query.Get("outcome"), Request: query.Get("request"), shown: s.config.Activity.person(person)}
}

// Any reports whether the filter excludes anything.
func (f changeFilter) Any() bool { return f.Person != "" || f.Outcome != "" || f.Request != "" }

func (f changeFilter) keeps(c changeNote) bool {
	return (f.Request == "" || c.Request == f.Request) &&
		strings.Contains(strings.ToLower(c.Who), strings.ToLower(f.shown)) &&
		(!slices.Contains(outcomeGroups, f.Outcome) || c.Result().group == f.Outcome)
}

// An outcome is how a change ended, as an administrator sees it.
type outcome struct {
	group string // one of outcomeGroups
	Level string // its style
	Text  string // whether Suger was changed
}

// outcomeGroups are the outcomes that the filter offers.
var outcomeGroups = []string{"done", "not done", "unclear", "dry run"}

var outcomes = map[string]outcome{
	"done":         {"done", "good", "done"},
	"already left": {"done", "good", "already left"},
	"refused":      {"not done", "warn", "not done, refused"},
	"failed":       {"not done", "bad", "not done, failed"},
	"unconfirmed":  {"unclear", "bad", "unconfirmed, check it in Suger"},
	"uncertain":    {"unclear", "bad", "perhaps done, check it in Suger"},
	"dry run":      {"dry run", "plainly", "not done, a dry run"},
}

// Result returns the outcome of a change.
func (c changeNote) Result() outcome {
	return cmp.Or(outcomes[c.Outcome], outcome{Level: "bad", Text: c.Outcome})
}

// spoken holds readable names of attributes.
var spoken = map[string]string{
	"userName": "E-mail address", "active": "Active", "role": "Role", "name": "Name",
	"name.givenName": "Given name", "name.familyName": "Family name", "name.formatted": "Full name",
	"displayName": "Display name", "title": "Title", "locale": "Language", "timezone": "Time zone",
}

// spokenName returns the name of an attribute in plain words, if it has one.
func spokenName(attribute string) string { return cmp.Or(spoken[attribute], attribute) }

// spokenValue returns a value in plain words: "yes" for true, "nothing" for "".
func spokenValue(value string) string {
	return cmp.Or(map[string]string{"": "nothing", "true": "yes", "false": "no"}[value], value)
}

// changes serves all changes in memory, or those that a filter selects.
func (s *server) changes(w http.ResponseWriter, r *http.Request) {
	filter := s.changeFilter(r)
	s.show(w, http.StatusOK, "all_changes", struct {
		frame
		changeList
		Filter   changeFilter
		Outcomes []string
	}{s.frame(r, "Recent changes"), s.changeList(maxChanges, filter), filter, outcomeGroups})
}
