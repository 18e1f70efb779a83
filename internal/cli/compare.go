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
	people, err := readPeople(file)
	if err != nil {
		return fmt.Errorf("--compare: %w", err)
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

// readPeople reads a list of people, as CSV with a title line or as JSON.
func readPeople(path string) ([]mapping.Person, error) {
	text, err := reload.ReadFile(path, maxPeopleFile)
	if err != nil {
		return nil, err
	}
	people, err := parsePeople(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return people, nil
}

// An entry is one person on the list: a row by the titles of its columns, or what
// Okta's API answers for a user of an app.
type entry struct {
	UserName, Login, Email string
	Role, SugerRole        string
	Credentials            struct{ UserName string }
	Profile                struct{ Role, SugerRole string }
}

// parsePeople parses a list that begins with [ as JSON and any other as CSV.
// An entry without a name and a repeated name are errors.
func parsePeople(text []byte) ([]mapping.Person, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // of spreadsheets
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		var err error
		if text, err = rowsAsJSON(text); err != nil {
			return nil, err
		}
	}
	var entries []entry
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("not a list of people: %w", err)
	}
	if len(entries) == 0 {
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

// columns are the titles of the columns that are read, in lower case without blanks
// and underscores. One of the first three is needed.
var columns = []string{"username", "login", "email", "role", "sugerrole"}

func rowsAsJSON(text []byte) ([]byte, error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.TrimLeadingSpace = true
	rows, err := reader.ReadAll()
	if err != nil || len(rows) == 0 {
		return []byte("[]"), err
	}
	titles := rows[0]
	for i, title := range titles {
		titles[i] = strings.NewReplacer(" ", "", "_", "").Replace(strings.ToLower(title))
	}
	if !slices.ContainsFunc(titles, func(title string) bool { return slices.Contains(columns[:3], title) }) {
		return nil, errors.New("the first line has no column userName, login or email; separate columns by commas")
	}
	var objects []map[string]string
	for _, row := range rows[1:] {
		object := map[string]string{}
		for i, title := range titles {
			if slices.Contains(columns, title) {
				object[title] = row[i]
			}
		}
		objects = append(objects, object)
	}
	return json.Marshal(objects)
}

// explain prints everything known about one person, to find out why a push does
// not do what somebody expects. It reads Suger with SUGER_CREDENTIAL, as check
// does, and changes nothing.
func explain(ctx context.Context, c *console, args []string) error {
	run := &checkRun{console: c}
	flags := c.newFlags()
	flags.StringVar(&run.request.Caller.Organization, "org", "", "`ID` of the organization in which to look for the person (default SUGER_ORG_ID)")
	role := flags.String("role", "", "`NAME` of the role that Okta would send; without it the push has no role")
	flags.BoolVar(&run.json, "json", false, "write it as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if rest := flags.Args(); len(rest) > 1 && strings.HasPrefix(rest[1], "-") {
		return fmt.Errorf("put the flags before the person: explain %s %s", strings.Join(rest[1:], " "), rest[0])
	}
	if flags.NArg() != 1 {
		return errors.New("explain needs one person: explain [flags] nova.quill@example.com")
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
