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

	"suger-scim-gateway/internal/reload"
	"suger-scim-gateway/mapping"
)

// effectTexts describe the effects.
var effectTexts = map[mapping.Effect]string{
	mapping.EffectRefused: "Would be refused",
	mapping.EffectAbsent:  "Not on the list, with access in Suger",
	mapping.EffectCreate:  "Would be created",
	mapping.EffectReturn:  "Without access, would get it back",
	mapping.EffectRole:    "Would hold another role",
	mapping.EffectNone:    "Unchanged",
}

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
	return run.printForecasts(forecasts, len(people))
}

// printForecasts lists the people who would change by effect, and counts the rest.
func (run *checkRun) printForecasts(forecasts []mapping.Forecast, listed int) error {
	target := run.request.Target()
	fmt.Fprintf(run.out, "%d people on the list, compared with Suger at %s, organization %s. Nothing was changed.\n",
		listed, target.URL, target.Organization)
	for _, effect := range mapping.Effects() {
		of := slices.DeleteFunc(slices.Clone(forecasts), func(f mapping.Forecast) bool { return f.Effect != effect })
		fmt.Fprintf(run.out, "\n%s: %d\n", effectTexts[effect], len(of))
		if effect == mapping.EffectNone {
			break
		}
		slices.SortFunc(of, func(a, b mapping.Forecast) int {
			return cmp.Compare(strings.ToLower(a.UserName), strings.ToLower(b.UserName))
		})
		for _, one := range of {
			fmt.Fprintf(run.out, "  %-40s %s\n", one.UserName, forecastText(one))
		}
	}
	return nil
}

func forecastText(f mapping.Forecast) string {
	switch {
	case f.Effect == mapping.EffectRefused:
		return fmt.Sprintf("%s [%s]", f.Why, f.Code)
	case f.Before == "" || f.After == "" || f.Before == f.After:
		return cmp.Or(f.After, f.Before)
	}
	return f.Before + " -> " + f.After
}

// maxPeopleFile is the largest list of people, in bytes.
const maxPeopleFile = 64 << 20

// Titles of the columns, in lower case without blanks and underscores, in order of
// preference.
var (
	userNameTitles = []string{"username", "login", "email"}
	roleTitles     = []string{"role", "sugerrole"}
)

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

// parsePeople parses a list that begins with [ as JSON and any other as CSV.
// An entry without a name and a repeated name are errors.
func parsePeople(text []byte) ([]mapping.Person, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // of spreadsheets
	parse := parsePeopleCSV
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("[")) {
		parse = parsePeopleJSON
	}
	people, err := parse(text)
	if err != nil {
		return nil, err
	}
	if len(people) == 0 {
		return nil, errors.New("there is nobody on the list")
	}
	seen := make(map[string]int, len(people))
	for i, person := range people {
		if person.UserName == "" {
			return nil, fmt.Errorf("entry %d has no user name", i+1)
		}
		folded := strings.ToLower(person.UserName)
		if first, twice := seen[folded]; twice {
			return nil, fmt.Errorf("%s is on the list twice, as entry %d and %d", person.UserName, first, i+1)
		}
		seen[folded] = i + 1
	}
	return people, nil
}

func parsePeopleCSV(text []byte) ([]mapping.Person, error) {
	reader := csv.NewReader(bytes.NewReader(text))
	reader.TrimLeadingSpace = true
	rows, err := reader.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, nil
	}
	name, role := column(rows[0], userNameTitles), column(rows[0], roleTitles)
	if name < 0 {
		return nil, errors.New("the first line has no column userName, login or email")
	}
	var people []mapping.Person
	for _, row := range rows[1:] {
		person := mapping.Person{UserName: strings.TrimSpace(row[name])}
		if role >= 0 {
			person.Role = strings.TrimSpace(row[role])
		}
		people = append(people, person)
	}
	return people, nil
}

// column is the index of the first of the titles, or -1.
func column(row []string, titles []string) int {
	for _, title := range titles {
		for i, cell := range row {
			if plain := strings.NewReplacer(" ", "", "_", "").Replace(strings.ToLower(cell)); plain == title {
				return i
			}
		}
	}
	return -1
}

// parsePeopleJSON parses {"userName", "role"}, and what Okta's API answers for the
// users of an app: {"credentials": {"userName"}, "profile": {"sugerRole"}}.
func parsePeopleJSON(text []byte) ([]mapping.Person, error) {
	var entries []struct {
		UserName    string
		Role        string
		Credentials struct{ UserName string }
		Profile     struct{ Role, SugerRole string }
	}
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("not a list of people: %w", err)
	}
	var people []mapping.Person
	for _, entry := range entries {
		people = append(people, mapping.Person{
			UserName: strings.TrimSpace(cmp.Or(entry.UserName, entry.Credentials.UserName)),
			Role:     strings.TrimSpace(cmp.Or(entry.Role, entry.Profile.SugerRole, entry.Profile.Role)),
		})
	}
	return people, nil
}
