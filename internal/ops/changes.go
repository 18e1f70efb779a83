package ops

import (
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
	list := changeList{Changes: s.config.Activity.recent(maxChanges), MaxChanges: maxChanges, Masked: !s.config.Activity.showPersonal}
	list.Remembered = len(list.Changes)
	list.Changes = slices.DeleteFunc(list.Changes, func(c changeNote) bool { return !filter.keeps(c) })
	list.Changes = list.Changes[:min(n, len(list.Changes))]
	return list
}

// A changeFilter selects changes; an empty field selects all.
type changeFilter struct {
	Person  string // as entered
	Outcome string // one of outcomeGroups
	Request string // id

	shown string // Person as the changes show people
}

// outcomeGroups are the outcomes that the filter offers, as an administrator sees
// them.
var outcomeGroups = []struct {
	Name     string
	outcomes []string
}{
	{"done", []string{"done", "already left"}},
	{"not done", []string{"refused", "failed"}},
	{"unclear", []string{"unconfirmed", "uncertain"}},
	{"dry run", []string{"dry run"}},
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
	if f.Request != "" && c.Request != f.Request {
		return false
	}
	if !strings.Contains(strings.ToLower(c.Who), strings.ToLower(f.shown)) {
		return false
	}
	for _, group := range outcomeGroups {
		if group.Name == f.Outcome {
			return slices.Contains(group.outcomes, c.Outcome)
		}
	}
	return true
}

// Level returns the style of an outcome.
func (c changeNote) Level() string {
	switch c.Outcome {
	case "done", "already left":
		return "good"
	case "dry run":
		return "plainly"
	case "refused":
		return "look"
	}
	return "bad"
}

// Result returns the outcome in words that say whether Suger was changed.
func (c changeNote) Result() string {
	switch c.Outcome {
	case "refused", "failed":
		return "not done, " + c.Outcome
	case "dry run":
		return "not done, a dry run"
	case "unconfirmed":
		return "unconfirmed, check it in Suger"
	case "uncertain":
		return "perhaps done, check it in Suger"
	}
	return c.Outcome
}

// spoken holds readable names of attributes.
var spoken = map[string]string{
	"userName": "E-mail address", "active": "Active", "role": "Role", "name": "Name",
	"name.givenName": "Given name", "name.familyName": "Family name", "name.formatted": "Full name",
	"displayName": "Display name", "title": "Title", "locale": "Language", "timezone": "Time zone",
}

// spokenName returns the name of an attribute in plain words, if it has one.
func spokenName(attribute string) string {
	if name, ok := spoken[attribute]; ok {
		return name
	}
	return attribute
}

// spokenValue returns a value in plain words: "yes" for true.
func spokenValue(value string) string {
	switch value {
	case "true":
		return "yes"
	case "false":
		return "no"
	}
	return value
}

// changes serves all changes in memory, or those that a filter selects.
func (s *server) changes(w http.ResponseWriter, r *http.Request) {
	filter := s.changeFilter(r)
	s.show(w, http.StatusOK, "all_changes", struct {
		frame
		changeList
		Filter   changeFilter
		Outcomes any
	}{s.frame(r, "Recent changes"), s.changeList(maxChanges, filter), filter, outcomeGroups})
}
