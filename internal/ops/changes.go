package ops

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"text/template"
	"time"

	"suger-scim-gateway/mapping"
)

// shownChanges is how many changes the status page shows.
const shownChanges = 12

// A changeFilter selects changes; an empty field selects all.
type changeFilter struct{ Person, Outcome, Request string }

// A changeList is the data of the template of changes.
type changeList struct {
	Filter     changeFilter
	Newest     []shownChange
	Now        time.Time
	Remembered int
	Masked     bool
}

// changeList returns the newest changes that a filter selects, n at most. An address is
// compared as it is shown, masked or not.
func (s *server) changeList(n int, filter changeFilter) changeList {
	a := s.config.Activity
	a.mu.Lock()
	defer a.mu.Unlock()
	list := changeList{Filter: filter, Now: a.now(), Remembered: len(a.changes), Masked: !a.showPersonal}
	person := strings.ToLower(a.person(filter.Person))
	for _, c := range a.changes {
		if len(list.Newest) < n && strings.Contains(strings.ToLower(c.User), person) &&
			(filter.Request == "" || c.RequestID == filter.Request) &&
			(filter.Outcome == "" || c.Outcome == filter.Outcome) {
			list.Newest = append(list.Newest, c)
		}
	}
	return list
}

func (s *server) changes(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	filter := changeFilter{Person: strings.TrimSpace(query.Get("person")), Outcome: query.Get("outcome"), Request: query.Get("request")}
	s.show(w, r, http.StatusOK, "all_changes", "Recent changes", s.changeList(maxChanges, filter))
}

// outcomes are how changes end, as the filter offers them.
var outcomes = []string{"done", "already left", "refused", "failed", "unconfirmed", "uncertain", "dry run"}

// attributeNames holds readable names of attributes.
var attributeNames = map[string]string{
	"userName": "E-mail address", "active": "Active", "role": "Role", "name": "Name",
	"name.givenName": "Given name", "name.familyName": "Family name", "name.formatted": "Full name",
	"displayName": "Display name", "title": "Title", "locale": "Language", "timezone": "Time zone",
}

func attributeName(attribute string) string { return cmp.Or(attributeNames[attribute], attribute) }

func valueText(value string) string {
	return cmp.Or(map[string]string{"": "nothing", "true": "yes", "false": "no"}[value], value)
}

// maxDryRun is the most people and roles in a dry run's report.
const maxDryRun = 10_000

// A DryRunReport reports what a dry run would have changed, with one entry for each person
// or role.
type DryRunReport struct {
	Counts  map[string]int `json:"counts"` // people and roles, by operation
	Changes []dryEntry     `json:"changes"`
	LeftOut int            `json:"left_out"` // changes of others that did not fit

	Masked bool                      `json:"-"` // personal data is masked
	at     map[[sha256.Size]byte]int // index in Changes, by whom the change is about
}

// A dryEntry is what would have changed for one person or role. Its slices are replaced,
// never written to, so that a copy stays as it is.
type dryEntry struct {
	Who          string       `json:"who"` // as the status page shows people
	Organization string       `json:"organization"`
	What         []string     `json:"what"` // "update user"
	Differs      []difference `json:"differs"`
	Last         time.Time    `json:"last"`
	Request      string       `json:"request"` // id of the last one
}

// add adds a change. Of each attribute the last request counts.
func (d *DryRunReport) add(c mapping.Change, who string, differs []difference) {
	key := sha256.Sum256([]byte(c.Organization + "\n" + cmp.Or(c.UserID, strings.ToLower(c.User))))
	at, known := d.at[key]
	if !known {
		if len(d.Changes) == maxDryRun {
			d.LeftOut++
			return
		}
		at = len(d.Changes)
		d.at[key] = at
		d.Changes = append(d.Changes, dryEntry{Who: who, Organization: c.Organization})
	}
	entry := &d.Changes[at]
	entry.Last, entry.Request = c.Time, c.RequestID
	if !slices.Contains(entry.What, c.What) {
		entry.What = append(slices.Clip(entry.What), c.What)
		d.Counts[c.What]++
	}
	again := func(old difference) bool {
		return slices.ContainsFunc(differs, func(d difference) bool { return d.Attribute == old.Attribute })
	}
	entry.Differs = append(slices.DeleteFunc(slices.Clone(entry.Differs), again), differs...)
}

// DryRun returns what the dry run would have changed so far.
func (a *Activity) DryRun() *DryRunReport {
	a.mu.Lock()
	defer a.mu.Unlock()
	return &DryRunReport{Counts: maps.Clone(a.dry.Counts), Changes: slices.Clone(a.dry.Changes), LeftOut: a.dry.LeftOut, Masked: !a.showPersonal}
}

// Summary returns the report in one sentence.
func (r *DryRunReport) Summary() string {
	if len(r.Changes) == 0 {
		return "Nothing would have been changed so far."
	}
	var parts []string
	for _, what := range slices.Sorted(maps.Keys(r.Counts)) {
		parts = append(parts, what+" "+number(r.Counts[what]))
	}
	text := count(len(r.Changes), "person or role", "people and roles") + " would have been changed: " + strings.Join(parts, ", ") + "."
	if r.LeftOut > 0 {
		text += " " + count(r.LeftOut, "change", "changes") + " of others did not fit in this report; the audit log has them."
	}
	return text
}

// Print writes the report as text, for the end of a dry run.
func (r *DryRunReport) Print(w io.Writer) error { return dryRunText.Execute(w, r) }

//go:embed pages/dry_run.txt
var dryRunSource string

var dryRunText = template.Must(template.New("").Funcs(template.FuncMap{
	"list": func(words []string) string { return strings.Join(words, ", ") }, "attribute": attributeName, "value": valueText,
}).Parse(dryRunSource))
