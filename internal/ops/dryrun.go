package ops

import (
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/mapping"
)

// maxDryRun is the most people and roles in a dry run's report.
const maxDryRun = 10_000

// A dryRun is what a dry run would have changed, one entry for each person or
// role, however many requests there were. The lock of [Activity] guards it.
type dryRun struct {
	entries map[[sha256.Size]byte]*dryEntry // by whom they are about
	order   []*dryEntry                     // as they came
	leftOut int                             // changes of people after maxDryRun
}

// A dryEntry is what would have changed for one person or role.
type dryEntry struct {
	Who          string       `json:"who"` // as the status page shows people
	Organization string       `json:"organization"`
	What         []string     `json:"what"` // "update user"
	Differs      []difference `json:"differs"`
	Last         time.Time    `json:"last"`
	Request      string       `json:"request"` // id of the last one
}

// note adds a change. Its value before is that of the first change, since a dry
// run leaves Suger as it is; its value after is that of the last request.
func (d *dryRun) note(c mapping.Change, who string, differs []difference) {
	about := c.UserID
	if about == "" {
		about = strings.ToLower(c.User)
	}
	key := sha256.Sum256([]byte(c.Organization + "\n" + about))
	entry, known := d.entries[key]
	if !known {
		if len(d.order) == maxDryRun {
			d.leftOut++
			return
		}
		entry = &dryEntry{Who: who, Organization: c.Organization}
		if d.entries == nil {
			d.entries = map[[sha256.Size]byte]*dryEntry{}
		}
		d.entries[key] = entry
		d.order = append(d.order, entry)
	}
	entry.Last, entry.Request = c.Time, c.RequestID
	if !slices.Contains(entry.What, c.What) {
		entry.What = append(entry.What, c.What)
	}
	for _, one := range differs {
		same := func(d difference) bool { return d.Attribute == one.Attribute }
		if i := slices.IndexFunc(entry.Differs, same); i >= 0 {
			one.Before = entry.Differs[i].Before
			entry.Differs[i] = one
		} else {
			entry.Differs = append(entry.Differs, one)
		}
	}
}

// A DryRunReport reports what a dry run would have changed.
type DryRunReport struct {
	Counts  map[string]int `json:"counts"` // people and roles, by operation
	Changes []dryEntry     `json:"changes"`
	LeftOut int            `json:"left_out"` // changes of others that did not fit
}

// DryRun returns what the dry run would have changed so far, in the order of the
// first request for each person.
func (a *Activity) DryRun() *DryRunReport {
	a.mu.Lock()
	defer a.mu.Unlock()
	report := &DryRunReport{Counts: map[string]int{}, Changes: make([]dryEntry, 0, len(a.dry.order)), LeftOut: a.dry.leftOut}
	for _, entry := range a.dry.order {
		one := *entry
		one.What, one.Differs = slices.Clone(entry.What), slices.Clone(entry.Differs)
		for _, what := range one.What {
			report.Counts[what]++
		}
		report.Changes = append(report.Changes, one)
	}
	return report
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
func (r *DryRunReport) Print(w io.Writer) error {
	var text strings.Builder
	fmt.Fprintf(&text, "Dry run. %s\n", r.Summary())
	for _, one := range r.Changes {
		fmt.Fprintf(&text, "  %-40s %s%s\n", one.Who, strings.Join(one.What, ", "), one.spoken())
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// spoken returns the differences in one line.
func (e *dryEntry) spoken() string {
	var parts []string
	for _, d := range e.Differs {
		if d.Hidden {
			parts = append(parts, spokenName(d.Attribute)+" changed")
		} else {
			parts = append(parts, fmt.Sprintf("%s: %s -> %s", spokenName(d.Attribute), spokenValue(d.Before), spokenValue(d.After)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "  " + strings.Join(parts, "; ")
}

// dryRunPage serves the report as a page.
func (s *server) dryRunPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, http.StatusOK, "dry_run", struct {
		frame
		Report *DryRunReport
		Masked bool
	}{s.frame(r, "Dry run"), s.config.Activity.DryRun(), !s.config.Activity.showPersonal})
}

// dryRunJSON serves the report as JSON.
func (s *server) dryRunJSON(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, s.config.Activity.DryRun())
}
