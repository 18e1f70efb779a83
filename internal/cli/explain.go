package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/mapping"
)

// explain prints everything known about one person, to find out why a push does
// not do what somebody expects. It reads Suger with SUGER_CREDENTIAL, as check
// does, and changes nothing.
func explain(ctx context.Context, c *console, args []string) error {
	run := &checkRun{console: c}
	flags := c.newFlags("explain")
	flags.StringVar(&run.request.Caller.Organization, "org", "", "`ID` of the organization (default SUGER_ORG_ID)")
	role := flags.String("role", "", "`NAME` of the role that Okta would send; without it the push has no role")
	flags.BoolVar(&run.json, "json", false, "write it as JSON")
	if err := flags.Parse(args); err != nil {
		return err
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
	return run.printExplanation(e)
}

func (run *checkRun) printExplanation(e *check.Explanation) error {
	var text strings.Builder
	section := func(title string, contents ...string) {
		fmt.Fprintf(&text, "\n%s\n", title)
		for _, content := range contents {
			fmt.Fprintf(&text, "  %s\n", strings.ReplaceAll(content, "\n", "\n  "))
		}
	}
	fmt.Fprintf(&text, "%s in organization %s at %s. Nothing was changed.\n", e.Person, e.Target.Organization, e.Target.URL)
	if len(e.Suger) == 0 {
		section("Suger holds", "nobody with this address")
	}
	for _, record := range e.Suger {
		section("Suger holds", check.Indented(record))
	}
	if e.SCIM == nil {
		section("SCIM shows", "nobody")
	} else {
		section("SCIM shows", check.Indented(e.SCIM))
		section("The role, by attribute", e.Roles...)
	}
	section("Settings and rules that apply", e.Applies...)
	section("What Okta should send next", e.Next)
	section("Recent changes by the gateway", "see Changes on the status page of the running gateway, or the audit records in its log")
	_, err := run.out.Write([]byte(text.String()))
	return err
}
