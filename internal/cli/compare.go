package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/reload"
	"suger-scim-gateway/mapping"
)

// compareWith reports what would change in Suger if Okta pushed a list of people,
// and changes nothing.
func (run *checkRun) compareWith(ctx context.Context, file string) error {
	text, err := reload.ReadFile(file, maxPeopleFile)
	if err != nil {
		return fmt.Errorf("--compare: %w", err)
	}
	people, err := parsePeople(text)
	if err != nil {
		return fmt.Errorf("--compare: %s: %w", file, err)
	}
	forecasts, err := run.request.Service.Users(run.request.Caller).Compare(ctx, people)
	if err != nil {
		return err
	}
	if run.json {
		return run.writeJSON(forecasts)
	}
	slices.SortFunc(forecasts, func(a, b mapping.Forecast) int {
		return cmp.Compare(strings.ToLower(a.UserName), strings.ToLower(b.UserName))
	})
	byEffect := make(map[mapping.Effect][]mapping.Forecast)
	for _, one := range forecasts {
		byEffect[one.Effect] = append(byEffect[one.Effect], one)
	}
	return run.print(run.out, "comparison.txt", map[string]any{
		"Listed": len(people), "Target": run.request.Target(), "Effects": mapping.Effects(), "ByEffect": byEffect,
	})
}

// maxPeopleFile is the largest list of people, in bytes.
const maxPeopleFile = 64 << 20

// An entry is one person on the list: a row by the titles of its columns, or what
// Okta's API answers for a user of an app.
type entry struct {
	UserName, Login, Email string
	Role, SugerRole        string
	Credentials            struct{ UserName string }
	Profile                struct{ Role, SugerRole string }
}

// parsePeople parses a list of people: one that begins with [ as JSON, any other as CSV.
// An entry without a name and a repeated name are errors.
func parsePeople(text []byte) ([]mapping.Person, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // of spreadsheets
	var entries []entry
	var err error
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		entries, err = parseRows(text)
	} else if err = json.Unmarshal(text, &entries); err != nil {
		err = fmt.Errorf("not a list of people: %w", err)
	}
	switch {
	case err != nil:
		return nil, err
	case len(entries) == 0:
		return nil, errors.New("there is nobody on the list")
	}
	people, seen := make([]mapping.Person, len(entries)), make(map[string]int, len(entries))
	for i, e := range entries {
		name := strings.TrimSpace(cmp.Or(e.UserName, e.Credentials.UserName, e.Login, e.Email))
		if name == "" {
			return nil, fmt.Errorf("entry %d has no user name", i+1)
		}
		folded := strings.ToLower(name)
		if first, twice := seen[folded]; twice {
			return nil, fmt.Errorf("%s is on the list twice, as entry %d and %d", name, first, i+1)
		}
		seen[folded] = i + 1
		people[i] = mapping.Person{UserName: name, Role: strings.TrimSpace(cmp.Or(e.Role, e.SugerRole, e.Profile.SugerRole, e.Profile.Role))}
	}
	return people, nil
}

// parseRows parses CSV with a title line, in which letter case, blanks and underscores do
// not matter. Other columns are ignored.
func parseRows(text []byte) (entries []entry, err error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.TrimLeadingSpace = true
	rows, err := reader.ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	titles := make([]string, len(rows[0]))
	for i, title := range rows[0] {
		titles[i] = strings.NewReplacer(" ", "", "_", "").Replace(strings.ToLower(title))
	}
	cell := func(row []string, title string) string {
		if i := slices.Index(titles, title); i >= 0 {
			return row[i]
		}
		return ""
	}
	if cell(titles, "username")+cell(titles, "login")+cell(titles, "email") == "" {
		return nil, errors.New("the first line has no column userName, login or email; separate columns by commas")
	}
	for _, row := range rows[1:] {
		entries = append(entries, entry{
			UserName: cell(row, "username"), Login: cell(row, "login"), Email: cell(row, "email"),
			Role: cell(row, "role"), SugerRole: cell(row, "sugerrole"),
		})
	}
	return entries, nil
}

// explain prints everything known about one person, to find out why a push does not do
// what somebody expects. It changes nothing.
func explain(ctx context.Context, c *console, args []string) error {
	run := &checkRun{console: c}
	flags := c.newFlags()
	flags.StringVar(&run.request.Caller.Organization, "org", "", "`ID` of the organization in which to look for the person (default SUGER_ORG_ID)")
	role := flags.String("role", "", "`NAME` of the role that Okta would send; without it the push has no role")
	flags.BoolVar(&run.json, "json", false, "write it as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("explain needs one person, after the flags: explain [flags] nova.quill@example.com")
	}
	config, err := run.prepare()
	if err != nil {
		return err
	}
	e, err := check.Explain(ctx, run.request, config.Mapping(), mapping.Person{UserName: strings.TrimSpace(flags.Arg(0)), Role: *role})
	switch {
	case err != nil:
		return err
	case run.json:
		return run.writeJSON(e)
	}
	return run.print(run.out, "explanation.txt", e)
}
