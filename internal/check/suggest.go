package check

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
)

// mostRounds bounds how often a draft is corrected by its own check.
const mostRounds = 16

// Suggest drafts a mapping file by what the live Suger answers, checks the draft,
// makes the changes that its check proposes and checks it again, until nothing
// changes. With config.Write it then proves the writes, and learns from what Suger
// refuses. config.See gets the lines of the last check. The error says why there is
// no report; the draft is nil if there is none.
func Suggest(ctx context.Context, config Config) (*Draft, *Report, error) {
	see, write := config.See, config.Write
	config.See, config.Write, config.ours = nil, "", make(map[string]bool)
	s := &survey{run: newRun(config), draft: &Draft{comments: make(map[string]string)}}
	if err := s.look(ctx); err != nil {
		return nil, nil, s.explain(ctx, err)
	}
	report, err := config.refine(ctx, s.draft, write)
	if err != nil {
		return s.draft, nil, errors.Join(errors.New("the draft lacks what a mapping file needs"), err)
	}
	s.draft.prove(report.Proven)
	for _, line := range report.Lines {
		if see != nil {
			see(line)
		}
	}
	return s.draft, report, nil
}

// explain says why there is nothing to draft from, as the check would.
func (s *survey) explain(ctx context.Context, err error) error {
	call := s.get(opListUsers, s.listCall().Path, "")
	if errors.Is(err, errNoList) {
		return fmt.Errorf("no draft: GET %s answers %w", call.Path, err)
	}
	s.noUsers(ctx, call, err)
	line := s.report.Lines[len(s.report.Lines)-1]
	return fmt.Errorf("no draft: %s: %s %s", line.Check, line.Text, line.Change)
}

// refine checks a draft and makes the changes that the check proposes until there are
// none, at first without writing. What a trip finds about people stays in the report
// whatever a later one finds, and one that met somebody is the last. Tries that do not
// help are taken back. The error is that of a draft that is no mapping file.
func (c Config) refine(ctx context.Context, draft *Draft, write string) (report *Report, err error) {
	if c, err = c.of(draft); err != nil {
		return nil, err
	}
	var stay []Line
	var untried *Report
	var before Draft
rounds:
	for range mostRounds {
		report = Run(ctx, c)
		stay = report.keep(stay)
		last, now := report.last || ctx.Err() != nil, draft.copied()
		next, changed, tried := c.adopt(draft, report, c.TryVerbs && !last)
		switch c = next; {
		case changed && last:
			report.Lines = append(report.Lines, Line{Check: "write", Level: Warn,
				Text:   "The draft has these changes, but they are not proven: the address cannot be used again.",
				Change: "Check the file with --write and another address."})
			return report, nil
		case last:
			return report, nil
		case tried && untried == nil:
			untried, before = report, now
		case changed:
		case c.Write != write:
			c.Write = write
		default:
			break rounds
		}
	}
	// A check that stopped early has few failures, and proves less.
	if untried != nil && (report.Count(Fail) >= untried.Count(Fail) || len(report.Proven) < len(untried.Proven)) {
		*draft, report = before, untried
		report.keep(stay)
	}
	return report, nil
}

// of returns the check of a draft.
func (c Config) of(draft *Draft) (Config, error) {
	document, err := spec.Parse(c.File, []byte(draft.String()))
	if err != nil {
		return c, err
	}
	c.Document = document
	c.Service, err = mapping.New(document, c.Client, c.Settings)
	return c, err
}

// keep puts what earlier trips found about people after the lines of a report, and
// returns all such lines.
func (r *Report) keep(earlier []Line) []Line {
	for _, line := range earlier {
		if !slices.ContainsFunc(r.Lines, func(other Line) bool { return other.Check == line.Check && other.Text == line.Text }) {
			r.Lines = append(r.Lines, line)
		}
	}
	r.OK = r.Count(Fail) == 0
	return slices.DeleteFunc(slices.Clone(r.Lines), func(line Line) bool { return !line.stays })
}

// adopt makes the changes of a draft that a report proposes, of alternatives the first,
// and reports whether there was one, and one that is a try. Tries are only made if
// somebody wants them. None is made if the draft would be no mapping file: they need
// others, which somebody has to make.
func (c Config) adopt(d *Draft, report *Report, tries bool) (next Config, changed, tried bool) {
	before := d.copied()
	for _, line := range report.Lines {
		for i, fix := range line.Fixes {
			sure, why := Seen, "found by "+line.Check
			if fix.Try {
				sure, why = Likely, "the first draft was refused"
			}
			isAlternative := i > 0 && line.Fixes[i-1].Entry == fix.Entry
			if line.Level != OK && !isAlternative && (tries || !fix.Try) && d.apply(fix, sure, why) {
				changed, tried = true, tried || fix.Try
			}
		}
	}
	next, err := c.of(d)
	if err != nil {
		*d = before
		return c, false, false
	}
	return next, changed, tried
}

func (d *Draft) copied() Draft { return Draft{d.file, maps.Clone(d.comments)} }
