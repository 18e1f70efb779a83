// Package check compares a live Suger with the mapping file: it reads what the
// gateway would read, reports which operation or field differs and which entry of
// the file to change, and, if asked to, creates, changes and removes a test user
// to prove the writes.
//
// Start with [Run]. The report has no credentials, and only counts of people
// unless [Config].ShowPersonal is set.
package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// A Config is what to check, and how.
type Config struct {
	URL      string // Suger's API
	Auth     string // "key" or "oauth", as SUGER_AUTH
	TokenURL string // token endpoint for an OAuth App
	Caller   mapping.Caller
	Service  *mapping.Service // as in the gateway, but without dry run and change brake

	Client   *sugerclient.Client // of [Suggest]
	Settings mapping.Config      // of Service, and of the services that Suggest makes
	List     string              // path of the list of users, "" for [DefaultList]
	TryVerbs bool                // try other usual methods where Suger does not offer one

	Document *spec.Document
	File     string // name of the mapping file in messages

	Okta []Value // what to enter there, besides the names of the roles

	Write        string        // e-mail address of a user to create, change and remove; "" to read only
	Patience     time.Duration // how long to wait until the list shows an added user; 20 seconds if 0
	Force        bool          // write although no user has the address's domain, or the mapping cannot remove a user
	KnownAccount bool          // the address may have an account in Suger, which may be changed and removed
	ShowPersonal bool          // show e-mail addresses and domains

	See func(Line)       // called with each line as it is found; may be nil
	Now func() time.Time // time.Now if nil

	ours map[string]bool // ids of the accounts that the trips of this check have made
}

// Target returns what the check looks at, for the head of a report.
func (c *Config) Target() Target {
	return Target{URL: c.URL, Organization: c.Caller.Organization, Auth: c.Auth, Mapping: c.File}
}

// A run is one check.
type run struct {
	Config
	probe  *mapping.Probe
	report *Report
	users  *userList
	roles  roleList // nil if they could not be read

	serves  bool // the gateway can answer a SCIM client
	lacking int  // failed checks that found that Suger lacks a call
}

func newRun(config Config) *run {
	if config.Now == nil {
		config.Now = time.Now
	}
	config.Patience = cmp.Or(config.Patience, 20*time.Second)
	if config.ours == nil {
		config.ours = make(map[string]bool)
	}
	return &run{Config: config, probe: config.Service.Probe(config.Caller), report: &Report{Suger: config.Target(), Lines: []Line{}}}
}

// Run makes the checks in order of dependency, and omits those that depend on a
// failed one. It cleans up what it wrote even if the context ends.
func Run(ctx context.Context, config Config) *Report {
	r := newRun(config)
	r.checkAll(ctx)
	if ctx.Err() != nil {
		r.add(Line{Check: "check", Level: Fail, Text: "Stopped before the end."})
	}
	r.report.OK = r.report.Count(Fail) == 0
	r.report.Okta = append([]Value{}, r.Okta...)
	if r.roles != nil {
		r.report.Okta = append(r.report.Okta, Value{"Role attribute: enum", strings.Join(r.roles.names(), ", ")})
	}
	return r.report
}

func (r *run) checkAll(ctx context.Context) {
	if r.users = r.listUsers(ctx); r.users == nil {
		return // no other call makes sense
	}
	r.paging(ctx)
	if r.roles = r.listRoles(ctx); ctx.Err() != nil {
		return
	}
	r.checkFields()
	r.statuses()
	r.rolesOfUsers()
	r.unmapped()
	r.getUser(ctx)
	r.findUser(ctx)
	r.namesOfRoles()
	if ctx.Err() != nil {
		return
	}
	r.gateway(ctx)
	switch {
	case r.Write != "":
		r.write(ctx)
	case r.serves:
		r.add(r.line("managing users", Warn, "", "The credential may read users. Only a write shows whether it may manage them.").
			advise("Check with --write ADDRESS, a new user at your domain: the check creates, changes and removes that user."))
	}
}

// line returns a line about an entry of the mapping file, "" for none.
func (r *run) line(check string, level Level, entry, format string, args ...any) Line {
	line := Line{Check: check, Level: level, Text: fmt.Sprintf(format, args...)}
	if entry != "" {
		line.Mapping = r.at(entry)
	}
	return line
}

// note adds a line that needs no advice.
func (r *run) note(check string, level Level, entry, format string, args ...any) {
	r.add(r.line(check, level, entry, format, args...))
}

// add keeps a line and shows it.
func (r *run) add(line Line) {
	if !r.ShowPersonal {
		line.Text, line.Change = masked(line.Text, r.Write), masked(line.Change, r.Write)
	}
	line.stays = line.stays || line.Check == "clean-up" && line.Level != OK
	r.report.Lines = append(r.report.Lines, line)
	if r.See != nil {
		r.See(line)
	}
}

func (r *run) at(entry string) *Place {
	line, _ := r.Document.Positions.At(entry)
	return &Place{Entry: entry, File: r.File, Line: line}
}

// gateway checks the gateway's own answers to Okta, which show whether it can read
// Suger by the mapping.
func (r *run) gateway(ctx context.Context) {
	query, groups := &scim.Query{StartIndex: 1, Count: 1}, new(scim.List)
	users, err := r.Service.Users(r.Caller).List(ctx, query)
	if err == nil {
		groups, err = r.Service.Groups(r.Caller).List(ctx, query)
	}
	switch r.serves = err == nil; {
	case r.serves:
		r.note("gateway", OK, "", "SCIM clients see %s and %s.", count(users.TotalResults, "User"), count(groups.TotalResults, "Group"))
	case r.report.Count(Fail) > 0:
		r.note("gateway", Fail, "", "It cannot serve SCIM clients until the checks that failed above pass.")
	default:
		r.note("gateway", Fail, "", "It cannot serve SCIM clients: %s", detailOf(err))
	}
}

// detailOf returns the error text for a SCIM client, "" for no error.
func detailOf(err error) string {
	var e *scim.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Detail
	}
	return err.Error()
}
