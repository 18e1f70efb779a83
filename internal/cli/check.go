package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/mail"
	"os"
	"slices"
	"strings"

	"suger-scim-gateway/internal/check"
	"suger-scim-gateway/internal/settings"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// checkAttempts per call are few, so that the check does not hide an unreliable Suger.
const checkAttempts = 2

// A checkRun is a run of the check or explain command.
type checkRun struct {
	*console
	json    bool
	suggest string // file to write a draft to
	request check.Config
}

// runCheck compares the configured Suger with the mapping. The error only counts failures.
func runCheck(ctx context.Context, c *console, args []string) error {
	run := &checkRun{console: c}
	flags := c.newFlags()
	flags.StringVar(&run.request.Caller.Organization, "org", "", "`ID` of the organization to check (default SUGER_ORG_ID)")
	flags.StringVar(&run.suggest, "suggest", "", "draft a mapping from Suger's answers and write it to `FILE`, which must not exist")
	flags.StringVar(&run.request.List, "list", "", "with --suggest: `PATH` of Suger's list of users (default "+check.DefaultList+")")
	flags.BoolVar(&run.request.TryVerbs, "try-verbs", false, "with --suggest and --write: where Suger refuses a method, try the other common ones")
	list := flags.String("compare", "", "instead, list who would change if Okta pushed the people in `FILE` (CSV or JSON); see docs/operate.md")
	flags.BoolVar(&run.json, "json", false, "write the report as JSON")
	flags.Func("write", "also prove the writes: create, change and remove a user with this `ADDRESS`, which must not exist in Suger; Suger may send an invitation there", func(text string) error {
		address, err := mail.ParseAddress(text)
		if err != nil || address.Address != text {
			return errors.New("not an e-mail address")
		}
		run.request.Write = text
		return nil
	})
	flags.BoolVar(&run.request.Force, "force", false, "with --write: write although no user has an address at that domain, or the mapping cannot remove a user; with --suggest also overwrite FILE")
	flags.BoolVar(&run.request.KnownAccount, "known-account", false, "with --write: continue if Suger has an account with the address that its list does not show; the check changes its name, role and access, and removes it")
	flags.BoolVar(&run.request.ShowPersonal, "show-personal", false, "show e-mail addresses, and values that may be personal")
	if err := parse(flags, args); err != nil {
		return err
	}
	if *list != "" && run.request.Write+run.suggest != "" {
		return errors.New("--compare makes no check: use it without --write and --suggest")
	}
	if _, err := run.prepare(); err != nil {
		return err
	}
	switch {
	case *list != "":
		return run.compareWith(ctx, *list)
	case run.suggest != "":
		return run.suggestTo(ctx)
	}
	run.begin()
	return run.end(check.Run(ctx, run.request), "")
}

func (run *checkRun) prepare() (*settings.Config, error) {
	config, err := settings.LoadFor(run.err, run.missing)
	if err != nil {
		return nil, err
	}
	run.request.Caller.Credential = config.HeldCredential()
	return config, (&process{Config: config}).complete(&run.request)
}

func (run *checkRun) missing(c *settings.Config, found *settings.Problems) {
	if !c.Credential.Given() {
		found.Add("SUGER_CREDENTIAL", "is needed, or SUGER_CREDENTIAL_FILE: the Suger credential that clients send or the gateway holds")
	}
	chosen := cmp.Or(run.request.Caller.Organization, string(c.Organization))
	switch run.request.Caller.Organization = chosen; {
	case chosen == "":
		found.Add("SUGER_ORG_ID", "is needed, or --org: the id of the organization")
	case len(c.Organizations) > 0 && !slices.Contains(c.Organizations, chosen):
		found.Add("SUGER_ORG_ALLOW", "does not list this organization, so the gateway would not serve it")
	}
}

// begin shows the lines of a report as they are found, unless all of it is JSON.
func (run *checkRun) begin() {
	if run.json {
		return
	}
	fmt.Fprintf(run.out, "%s\n\n", run.request.Target())
	run.request.See = func(line check.Line) { fmt.Fprint(run.out, line) }
}

// end writes the rest of a report, and a note, or all of the report as JSON.
func (run *checkRun) end(report *check.Report, note string) (err error) {
	if run.json {
		err = run.writeJSON(report)
	} else {
		_, err = fmt.Fprint(run.out, report.Summary(), note)
	}
	if err == nil && !report.OK {
		err = fmt.Errorf("%d of %d checks failed", report.Count(check.Fail), len(report.Lines))
	}
	return err
}

// complete fills in the request of a check from the settings. Dry run and change brake are
// off: the check changes only what --write asks for.
func (p *process) complete(request *check.Config) error {
	request.URL, request.Auth, request.TokenURL = string(p.SugerURL), p.SugerAuth, string(p.SugerTokenURL)
	request.Caller.RequestID = "check"
	request.Document, request.File = p.Document, cmp.Or(p.MappingFile, mapping.DefaultName)
	for _, value := range p.oktaValues([]string{p.baseURL(request.Caller.Organization)}) {
		request.Okta = append(request.Okta, check.Value{Field: value.Field, Value: cmp.Or(strings.Join(value.Values, ", "), value.Note)})
	}
	clientConfig := p.clientConfig()
	clientConfig.Attempts, clientConfig.RefusedFor = checkAttempts, -1
	client, err := sugerclient.New(clientConfig)
	if err != nil {
		return err
	}
	users := p.Mapping()
	users.DryRun, users.Brake, users.Log, users.Audit = false, mapping.Brake{}, nil, nil
	request.Client, request.Settings = client, users
	request.Service, err = mapping.New(p.Document, client, users)
	return err
}

// suggestTo drafts a mapping, shows the report of its check and writes it. A draft
// that fails the check is written, too, so that it can be corrected. The file is opened
// before anything changes in Suger, because a draft that cannot be written is lost.
func (run *checkRun) suggestTo(ctx context.Context) error {
	mode := os.O_WRONLY | os.O_CREATE
	if !run.request.Force {
		mode |= os.O_EXCL
	}
	file, err := os.OpenFile(run.suggest, mode, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s exists: name a new file, or add --force", run.suggest)
	case err != nil:
		return fmt.Errorf("the draft cannot be written: %w", err)
	}
	defer file.Close()
	run.request.File = run.suggest
	run.begin()
	draft, report, err := check.Suggest(ctx, run.request)
	if draft == nil {
		if info, unknown := file.Stat(); unknown == nil && info.Size() == 0 {
			_ = os.Remove(run.suggest)
		}
		return err
	}
	if failed := os.WriteFile(run.suggest, []byte(draft.String()), 0o600); failed != nil {
		return failed
	}
	if err != nil {
		return fmt.Errorf("wrote %s, but cannot check it: %w", run.suggest, err)
	}
	return run.end(report, fmt.Sprintf("\nWrote %s. Verify its lines that are \"likely\" or \"not seen\".\n", run.suggest))
}

func (run *checkRun) writeJSON(value any) error {
	_, err := fmt.Fprintln(run.out, check.Indented(value))
	return err
}
