package check

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/mapping/spec/strict"
)

// mostRounds bounds how often a draft is changed by what its own check finds.
const mostRounds = 8

// Suggest drafts a mapping file by what the live Suger answers, checks the draft,
// makes the changes that its check proposes and checks it again, until nothing
// changes. With config.Write it then proves the writes, and learns from what Suger
// refuses. see is told of the lines of the last check. The error says why there is
// no report; the draft is nil if there is none.
func Suggest(ctx context.Context, config Config, see func(Line)) (*Draft, *Report, error) {
	s := &survey{run: newRun(config), draft: &Draft{root: &entry{}}}
	if err := s.look(ctx); err != nil {
		return nil, nil, s.explain(ctx, err)
	}
	draft := s.draft
	config.doubts = s.doubts
	write := config.Write
	config.Write, config.ours = "", make(map[string]bool)
	report, err := config.refine(ctx, draft)
	if err == nil && write != "" && ctx.Err() == nil {
		config.Write = write
		report, err = config.refine(ctx, draft)
	}
	if err != nil {
		return draft, nil, err
	}
	draft.prove(report.Proven)
	for _, line := range report.Lines {
		see(line)
	}
	return draft, report, err
}

// explain says why there is nothing to draft from, as the check would.
func (s *survey) explain(ctx context.Context, err error) error {
	call := s.get(opListUsers, s.listCall().Path, nil)
	switch {
	case ctx.Err() != nil:
		return errors.New("no draft: stopped before the list of users was read to its end")
	case errors.Is(err, errNoEnd):
		line := endless(call.Path, *s.list.Paging, mostDraftRows)
		return fmt.Errorf("no draft: %s %s", line.Text, line.Change)
	case !s.address(ctx):
	case asFailure(err) != nil:
		s.noUsers(ctx, call, err)
	default:
		return fmt.Errorf("no draft: GET %s answers %w", call.Path, err)
	}
	line := s.report.Lines[len(s.report.Lines)-1]
	return fmt.Errorf("no draft: %s: %s %s", line.Check, line.Text, line.Change)
}

// refine checks a draft and makes the changes that the check proposes, until
// there are none. What a trip finds about people stays in the report whatever a later
// one finds, and one that met somebody is the last. Tries that do not help are taken
// back.
func (c Config) refine(ctx context.Context, draft *Draft) (report *Report, err error) {
	var stay []Line
	var untried *Report
	var before *entry
	for range mostRounds {
		if report, err = checkDraft(ctx, c, draft); err != nil {
			return nil, errors.Join(err, asError(stay))
		}
		stay = report.keep(stay)
		if report.last || ctx.Err() != nil {
			if changed, _ := draft.adopt(c.File, report, false); changed {
				report.Lines = append(report.Lines, Line{Check: "write", Level: Warn,
					Text:   "The draft has these changes, but they are not proven: the address cannot be used again.",
					Change: "Check the file with --write and another address."})
			}
			return report, nil
		}
		now := draft.root.clone()
		changed, tried := draft.adopt(c.File, report, c.TryVerbs)
		if !changed {
			break
		}
		if tried && untried == nil {
			untried, before = report, now
		}
	}
	if untried != nil && report.Count(Fail) >= untried.Count(Fail) {
		draft.root, report = before, untried
		report.keep(stay)
	}
	return report, nil
}

// keep puts what earlier trips found about people after the lines of a report, and
// returns all such lines.
func (r *Report) keep(earlier []Line) (all []Line) {
	has := func(lines []Line, line Line) bool {
		return slices.ContainsFunc(lines, func(other Line) bool { return other.Check == line.Check && other.Text == line.Text })
	}
	for _, line := range earlier {
		if !has(r.Lines, line) {
			r.Lines = append(r.Lines, line)
		}
	}
	for _, line := range slices.Concat(earlier, r.Lines) {
		if line.stays && !has(all, line) {
			all = append(all, line)
		}
	}
	r.OK = r.Count(Fail) == 0
	return all
}

// asError is what trips found about people where there is no report to say it.
func asError(lines []Line) error {
	var all []error
	for _, line := range lines {
		all = append(all, fmt.Errorf("%s: %s %s", line.Check, line.Text, line.Change))
	}
	return errors.Join(all...)
}

// adopt makes the changes that a report proposes, and reports whether there was one,
// and one that is a try. Tries are only made if somebody wants them. None is made if
// the draft would be no mapping file: they need others, which somebody has to make.
func (d *Draft) adopt(file string, report *Report, tries bool) (changed, tried bool) {
	before := d.root.clone()
	for _, line := range report.Lines {
		done := make(map[string]bool)
		for _, fix := range line.Fixes {
			if line.Level == OK || done[fix.Entry] || fix.Try && !tries {
				continue // of alternatives, the first
			}
			done[fix.Entry] = true
			sure, why := Seen, "found by "+line.Check
			if fix.Try {
				sure, why = Likely, "the first draft was refused"
			}
			if d.apply(fix, sure, why) {
				changed, tried = true, tried || fix.Try
			}
		}
	}
	if _, err := spec.Parse(file, []byte(d.String())); err != nil {
		d.root = before
		return false, false
	}
	return changed, tried
}

// checkDraft checks the Suger by a draft.
func checkDraft(ctx context.Context, config Config, draft *Draft) (*Report, error) {
	document, err := spec.Parse(config.File, []byte(draft.String()))
	if err != nil {
		return nil, errors.Join(errors.New("the draft lacks what a mapping file needs"), err)
	}
	config.Document, config.See = document, nil
	config.Positions = strict.PositionsIn([]byte(draft.String()))
	if config.Service, err = mapping.New(document, config.Client, config.Settings); err != nil {
		return nil, err
	}
	return Run(ctx, config), nil
}
