package check

import (
	"context"
	"errors"
	"fmt"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// mostRounds bounds how often a draft is changed by what its own check finds.
const mostRounds = 8

// Suggest drafts a mapping file by what the live Suger answers, checks the draft,
// makes the changes that its check proposes and checks it again, until nothing
// changes. With config.Write it then proves the writes. The error says why there
// is no draft; the report may have the reason in its lines.
func Suggest(ctx context.Context, config Config) (*Draft, *Report, error) {
	s := &survey{Config: config}
	s.list.path, s.list.query = listPath(config)
	if err := s.look(ctx); err != nil {
		return nil, nil, fmt.Errorf("%s answers %w", s.list.path, err)
	}
	draft := s.draft()
	var report *Report
	for range mostRounds {
		var err error
		if report, err = checkDraft(ctx, config, draft, "", nil); err != nil {
			return draft, nil, err
		}
		if !draft.applyAll(report) || ctx.Err() != nil {
			break
		}
	}
	return draft, report, nil
}

// applyAll makes the changes that a report proposes, and reports whether there was
// one.
func (d *Draft) applyAll(report *Report) bool {
	changed := false
	for _, line := range report.Lines {
		done := make(map[string]bool)
		for _, fix := range line.Fixes {
			if line.Level != OK && !done[fix.Entry] { // of alternatives, the first
				done[fix.Entry] = true
				changed = d.apply(fix, "found by "+line.Check) || changed
			}
		}
	}
	return changed
}

// checkDraft checks the Suger by a draft.
func checkDraft(ctx context.Context, config Config, draft *Draft, write string, see func(Line)) (*Report, error) {
	text := draft.String()
	document, err := spec.Parse(config.File, []byte(text))
	if err != nil {
		return nil, errors.Join(errors.New("the draft lacks what a mapping file needs"), err)
	}
	config.Document, config.Write, config.See = document, write, see
	config.Positions = draft.positions(config.File, new(spec.Document))
	if config.Service, err = mapping.New(document, config.Client, config.Settings); err != nil {
		return nil, err
	}
	return Run(ctx, config), nil
}
