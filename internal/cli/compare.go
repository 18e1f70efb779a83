package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/mapping"
)

// effectTexts say what an effect means, for a person who reads the comparison.
var effectTexts = map[mapping.Effect]string{
	mapping.EffectRefused: "Would be refused",
	mapping.EffectAbsent:  "Not on the list, with access in Suger",
	mapping.EffectCreate:  "Would be created",
	mapping.EffectReturn:  "Without access, would get it back",
	mapping.EffectRole:    "Would hold another role",
	mapping.EffectNone:    "Unchanged",
}

// compareWith tells what would change in Suger if Okta pushed a list of people,
// and changes nothing.
func (run *checkRun) compareWith(ctx context.Context, c *config, file string) error {
	people, err := readPeople(file)
	if err != nil {
		return fmt.Errorf("--compare: %w", err)
	}
	if err := run.complete(c); err != nil {
		return err
	}
	forecasts, err := run.request.Service.Users(run.request.Caller).Compare(ctx, people)
	if err != nil {
		return err
	}
	if run.json {
		encoder := json.NewEncoder(run.out)
		encoder.SetIndent("", "  ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(forecasts)
	}
	return run.printForecasts(forecasts, len(people))
}

// printForecasts writes who would change, by what would happen, and of those who
// would not only how many they are.
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
