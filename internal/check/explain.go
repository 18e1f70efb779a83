package check

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// An Explanation is everything known about one person.
type Explanation struct {
	Person  string            `json:"person"`
	Target  Target            `json:"target"`
	Suger   []json.RawMessage `json:"suger"` // records with this address, as Suger has them
	SCIM    scim.Resource     `json:"scim"`  // nil if SCIM shows nobody
	Roles   []string          `json:"roles"` // how SCIM shows the role, by attribute
	Applies []string          `json:"applies"`
	Push    mapping.Forecast  `json:"push"` // what a push would do
	Next    string            `json:"next"`
}

// Explain collects everything known about one person, with the credential of
// config, and changes nothing. decides holds the gateway's settings for users
// and roles. The error is a *[scim.Error] of reading Suger.
func Explain(ctx context.Context, config Config, decides mapping.Config, person mapping.Person) (*Explanation, error) {
	e := &Explanation{Person: person.UserName, Target: config.Target(), Suger: []json.RawMessage{}}
	users := config.Service.Users(config.Caller)
	forecasts, err := users.Compare(ctx, []mapping.Person{person})
	if err != nil {
		return nil, err
	}
	e.Push = forecasts[0] // of the person; the others are everybody else
	rows, _, err := newRun(config).withAddress(ctx, person.UserName)
	if err != nil {
		return nil, err
	}
	e.Suger = append(e.Suger, rows...)
	filter, err := scim.ParseFilter(fmt.Sprintf("userName eq %q", person.UserName), config.Service.UserType())
	if err != nil {
		return nil, err
	}
	list, err := users.List(ctx, &scim.Query{Filter: filter, Count: 1})
	if err != nil {
		return nil, err
	}
	if len(list.Resources) > 0 {
		e.SCIM = list.Resources[0]
	}
	if extension, ok := e.SCIM[mapping.URNSuger].(map[string]any); ok && extension["role"] != nil {
		e.Roles = append(e.Roles, fmt.Sprintf("attribute role of %s: %v", mapping.URNSuger, extension["role"]))
	}
	for _, carrier := range []string{"roles", "groups"} {
		elements, _ := e.SCIM[carrier].([]any)
		for _, element := range elements {
			one, _ := element.(map[string]any)
			e.Roles = append(e.Roles, fmt.Sprintf("%s: %v (%v)", carrier, cmp.Or[any](one["display"], one["value"]), one["value"]))
		}
	}
	e.Applies = applies(config, decides, e)
	e.Next = nextStep(e.Push)
	return e, nil
}

func applies(config Config, decides mapping.Config, e *Explanation) []string {
	protected := slices.ContainsFunc(decides.ProtectedUsers, func(email string) bool { return strings.EqualFold(email, e.Person) })
	var lines []string
	for _, rule := range []struct {
		applies bool
		text    string
	}{
		{protected, "GATEWAY_PROTECTED_USERS lists this address: SCIM can read this person, but not change anything"},
		{len(e.Suger) > 1, fmt.Sprintf("Suger has %d records with this address: SCIM changes none of them", len(e.Suger))},
		{true, fmt.Sprintf("GATEWAY_DEFAULT_ROLE is %s: a user without a role gets it", cmp.Or(decides.DefaultRole, config.Document.Role.Default))},
		{!decides.AllowAdminGrant, "GATEWAY_ALLOW_ADMIN_GRANT=false: SCIM does not grant the administrator role"},
		{decides.Brake.Limit > 0, fmt.Sprintf("GATEWAY_CHANGE_BRAKE is %s: more removals, deactivations and role drops wait", decides.Brake)},
		{decides.DryRun, "GATEWAY_DRY_RUN=true: the gateway answers changes as if done, but makes none"},
		{decides.Strict, "GATEWAY_STRICT=true: the gateway refuses unknown attributes"},
	} {
		if rule.applies {
			lines = append(lines, rule.text)
		}
	}
	return lines
}

func nextStep(push mapping.Forecast) string {
	switch push.Effect {
	case mapping.EffectRefused:
		text := fmt.Sprintf("A push would be refused: %s [%s]", push.Why, push.Code)
		if cure := push.Code.Entry().Cure; !strings.Contains(push.Why, cure) {
			text += " " + cure
		}
		return text
	case mapping.EffectCreate:
		return fmt.Sprintf("Suger has no such person. If Okta sends the person, the gateway creates the person with the role %s. If Okta sends nothing, check Assignments in the app.", push.After)
	case mapping.EffectReturn:
		return fmt.Sprintf("The person has no access. If Okta sends active=true, the gateway gives access back with the role %s. If Okta sends nothing, unassign and assign the person.", push.After)
	case mapping.EffectRole:
		return fmt.Sprintf("If Okta sends %s, the gateway changes the role from %s. If Okta sends nothing, check the order of the groups in the app's Assignments, and press Retry under Dashboard, Tasks.", push.After, push.Before)
	}
	return "Nothing: a push would change nothing. If Okta shows an error, press Retry under Dashboard, Tasks."
}

// Indented returns a report, or a value that was read from JSON, as indented JSON.
func Indented(value any) string {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // no such value has an error
	return strings.TrimSpace(text.String())
}
