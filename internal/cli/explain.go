package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/mapping"
)

// explain says what there is to know of one person, to find out why a push does
// not do what somebody expects. It reads Suger with the credential at hand, as
// check does, and changes nothing.
func explain(ctx context.Context, c *console, args []string) error {
	run := &checkRun{console: c}
	flags := c.newFlags("explain")
	flags.StringVar(&run.request.Caller.Organization, "org", "", "`ID` of the organization (default SUGER_ORG_ID)")
	role := flags.String("role", "", "`NAME` of the role that Okta would send; without it a push says nothing of the role")
	flags.BoolVar(&run.json, "json", false, "write it as JSON")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("explain takes one person: explain nova.quill@example.com (flags come first)")
	}
	config, err := settings.LoadFor(c.err, run.missing)
	if err != nil {
		return err
	}
	run.request.Caller.Credential = config.HeldCredential()
	if err := run.complete(&process{Config: config}); err != nil {
		return err
	}
	e, err := run.explain(ctx, config, mapping.Person{UserName: strings.TrimSpace(flags.Arg(0)), Role: *role})
	switch {
	case err != nil:
		return err
	case run.json:
		return run.writeJSON(e)
	}
	return run.printExplanation(e)
}

// An explanation is what there is to know of one person.
type explanation struct {
	Person       string            `json:"person"`
	Organization string            `json:"organization"`
	Suger        []json.RawMessage `json:"suger"` // records with this address, as Suger has them
	SCIM         scim.Resource     `json:"scim"`  // nil if SCIM shows nobody
	Roles        []string          `json:"roles"` // how SCIM shows the role, by carrier
	Applies      []string          `json:"applies"`
	Push         mapping.Forecast  `json:"push"` // what it would do
	Next         string            `json:"next"`
}

func (run *checkRun) explain(ctx context.Context, config *settings.Config, person mapping.Person) (*explanation, error) {
	e := &explanation{Person: person.UserName, Organization: run.request.Caller.Organization}
	users := run.request.Service.Users(run.request.Caller)
	forecasts, err := users.Compare(ctx, []mapping.Person{person})
	if err != nil {
		return nil, err
	}
	e.Push = forecasts[0] // of the person; the others are everybody else
	if e.Suger, err = run.records(ctx, person.UserName); err != nil {
		return nil, err
	}
	if e.SCIM, err = run.shown(ctx, users, person.UserName); err != nil {
		return nil, err
	}
	e.Roles = rolesByCarrier(e.SCIM)
	e.Applies = run.applies(config, e)
	e.Next = nextStep(e.Push)
	return e, nil
}

// shown is the person as SCIM shows them, or nil.
func (run *checkRun) shown(ctx context.Context, users *mapping.Users, userName string) (scim.Resource, error) {
	quoted, err := json.Marshal(userName)
	if err != nil {
		return nil, err
	}
	filter, err := scim.ParseFilter("userName eq "+string(quoted), run.request.Service.UserType())
	if err != nil {
		return nil, err
	}
	list, err := users.List(ctx, &scim.Query{Filter: filter, Count: 1})
	if err != nil || len(list.Resources) == 0 {
		return nil, err
	}
	return list.Resources[0].Resource(), nil
}

// records are the rows of Suger's list with an address.
func (run *checkRun) records(ctx context.Context, userName string) ([]json.RawMessage, error) {
	probe := run.request.Service.Probe(run.request.Caller)
	call, _ := probe.Call("list users", nil) // no mapping is without it
	rows := &rowsOf{probe: probe, userName: userName}
	_, err := probe.Rows(ctx, call, probe.Paging("list users"), rows)
	found := make([]json.RawMessage, 0, len(rows.found))
	for _, one := range rows.found {
		found = append(found, one.text)
	}
	return found, err
}

// rowsOf keeps the rows of a list that are about one address.
type rowsOf struct {
	probe    *mapping.Probe
	userName string
	read     int
	found    []foundRow
}

type foundRow struct {
	at   int // in the list
	text json.RawMessage
}

// Keep drops the rows after the first n.
func (r *rowsOf) Keep(n int) {
	r.read = n
	r.found = slices.DeleteFunc(r.found, func(f foundRow) bool { return f.at >= n })
}

// Row keeps a copy of a row with the address. One that cannot be read is nobody's.
func (r *rowsOf) Row(row []byte) error {
	if decoded, err := mapping.Decode(row); err == nil {
		if record, err := r.probe.ReadUser(decoded); err == nil && strings.EqualFold(record.UserName, r.userName) {
			r.found = append(r.found, foundRow{r.read, bytes.Clone(row)})
		}
	}
	r.read++
	return nil
}

// rolesByCarrier is how a user's role stands in the resource: in the extension, in
// roles, and as groups.
func rolesByCarrier(user scim.Resource) []string {
	var lines []string
	if extension, ok := user[mapping.URNSuger].(map[string]any); ok && extension["role"] != nil {
		lines = append(lines, fmt.Sprintf("attribute role of %s: %v", mapping.URNSuger, extension["role"]))
	}
	for _, carrier := range []string{"roles", "groups"} {
		elements, _ := user[carrier].([]any)
		for _, element := range elements {
			if one, ok := element.(map[string]any); ok {
				lines = append(lines, fmt.Sprintf("%s: %v (%v)", carrier, cmp.Or[any](one["display"], one["value"]), one["value"]))
			}
		}
	}
	return lines
}

// applies are the guards and settings that decide about the person.
func (run *checkRun) applies(config *settings.Config, e *explanation) []string {
	is := func(email string) bool { return strings.EqualFold(email, e.Person) }
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if slices.ContainsFunc(config.ProtectedUsers, is) {
		add("GATEWAY_PROTECTED_USERS has this address: SCIM may read the person and change nothing")
	}
	if len(e.Suger) > 1 {
		add("Suger has %d records with this address: SCIM changes none of them", len(e.Suger))
	}
	add("GATEWAY_DEFAULT_ROLE is %s: who is given no role gets it", cmp.Or(config.DefaultRole, run.request.Document.Role.Default))
	if !config.AllowAdminGrant {
		add("GATEWAY_ALLOW_ADMIN_GRANT=false: SCIM does not grant the administrator role")
	}
	if brake := mapping.Brake(config.ChangeBrake); brake.Limit > 0 {
		add("GATEWAY_CHANGE_BRAKE is %s: more removals, deactivations and role drops wait", brake)
	}
	if config.DryRun {
		add("GATEWAY_DRY_RUN=true: changes are answered as if done, and none is made")
	}
	if config.Strict {
		add("GATEWAY_STRICT=true: unknown attributes are refused")
	}
	return lines
}

// nextStep is what Okta should send, and what to do if it does not.
func nextStep(push mapping.Forecast) string {
	switch push.Effect {
	case mapping.EffectRefused:
		return fmt.Sprintf("A push would be refused: %s [%s]. %s", push.Why, push.Code, push.Code.Entry().Cure)
	case mapping.EffectCreate:
		return fmt.Sprintf("Suger has no such person. Okta looks the userName up, finds nobody, and creates the person with the role %s. If it does not, look at Assignments in the app.", push.After)
	case mapping.EffectReturn:
		return fmt.Sprintf("The person has no access. Okta sends active=true, which gives it back with the role %s. If it does not, unassign and assign the person.", push.After)
	case mapping.EffectRole:
		return fmt.Sprintf("Okta sends the role %s in place of %s. If it does not, look at the order of the groups in the app's Assignments, and press Retry under Dashboard, Tasks.", push.After, push.Before)
	}
	return "Nothing: a push would change nothing. If Okta shows an error, press Retry under Dashboard, Tasks."
}

func (run *checkRun) printExplanation(e *explanation) error {
	var text strings.Builder
	section := func(title string, lines ...string) {
		fmt.Fprintf(&text, "\n%s\n", title)
		for _, line := range lines {
			fmt.Fprintf(&text, "  %s\n", strings.ReplaceAll(line, "\n", "\n  "))
		}
	}
	fmt.Fprintf(&text, "%s in organization %s at %s. Nothing was changed.\n", e.Person, e.Organization, run.request.URL)
	if len(e.Suger) == 0 {
		section("Suger holds", "nobody with this address")
	}
	for _, record := range e.Suger {
		var indented bytes.Buffer
		if err := json.Indent(&indented, record, "", "  "); err != nil {
			return err
		}
		section("Suger holds", indented.String())
	}
	if e.SCIM == nil {
		section("SCIM shows", "nobody")
	} else {
		shown, err := json.MarshalIndent(e.SCIM, "", "  ")
		if err != nil {
			return err
		}
		section("SCIM shows", string(shown))
		section("The role, by carrier", e.Roles...)
	}
	section("What applies", e.Applies...)
	section("What Okta should send next", e.Next)
	section("What the gateway did lately", "the running gateway's status page, Changes, finds the person; its log has all, in the audit records")
	_, err := run.out.Write([]byte(text.String()))
	return err
}
