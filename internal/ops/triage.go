package ops

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
)

// attentionLasts is how long the verdict mentions an error.
const attentionLasts = 24 * time.Hour

// passing are the errors that need no action: the client retries or reads again by
// itself, or its request was for something that does not exist.
var passing = []scim.Code{
	scim.CodeUserExists, scim.CodeNotFound, scim.CodeVersionMismatch, scim.CodeInvalidCursor, scim.CodeExpiredCursor,
	scim.CodeSugerThrottled, scim.CodeSugerUnavailable, scim.CodeTooManyRequests,
	scim.CodeInvalidSyntax, scim.CodeInvalidPath, scim.CodeNoTarget, scim.CodeBulkReference, scim.CodeTooLarge, scim.CodeURLTooLong,
	scim.CodeUnsupportedMediaType, scim.CodeMethodNotAllowed, scim.CodeNotImplemented, scim.CodeForbiddenFilter,
}

// An errorRow is an error code that was sent.
type errorRow struct {
	Code   scim.Code
	Cause  string
	Cure   string
	Failed bool // rather than refused
	Count  int
	Last   time.Time
}

// A triage is the errors since the start, by whether they need action.
type triage struct {
	Act     []errorRow // failed ones first, then the latest
	Passing []errorRow
	Summary string // of Act: "16 refused, 1 failed"; "" if there is none
	lately  bool   // one of Act was answered within attentionLasts
}

func (a *Activity) triage() triage {
	now := a.now()
	var t triage
	refused, failed := 0, 0
	for _, row := range a.errorRows() {
		if slices.Contains(passing, row.Code) {
			t.Passing = append(t.Passing, row)
			continue
		}
		t.Act = append(t.Act, row)
		t.lately = t.lately || now.Sub(row.Last) < attentionLasts
		if row.Failed {
			failed += row.Count
		} else {
			refused += row.Count
		}
	}
	slices.SortStableFunc(t.Act, func(x, y errorRow) int {
		switch {
		case x.Failed == y.Failed:
			return 0
		case x.Failed:
			return -1
		}
		return 1
	})
	var parts []string
	if refused > 0 {
		parts = append(parts, number(refused)+" refused")
	}
	if failed > 0 {
		parts = append(parts, number(failed)+" failed")
	}
	t.Summary = strings.Join(parts, ", ")
	return t
}

// errorRows returns the codes that were answered, the latest first.
func (a *Activity) errorRows() []errorRow {
	a.mu.Lock()
	defer a.mu.Unlock()
	rows := make([]errorRow, 0, len(a.errors))
	for code, seen := range a.errors {
		entry := code.Entry()
		// A missing operation in the mapping is a 501, but not a failure.
		failed := entry.Status >= http.StatusInternalServerError && code != scim.CodeUnsupported
		rows = append(rows, errorRow{Code: code, Cause: entry.Cause, Cure: entry.Cure, Failed: failed, Count: seen.count, Last: seen.last})
	}
	slices.SortFunc(rows, func(x, y errorRow) int {
		if c := y.Last.Compare(x.Last); c != 0 {
			return c
		}
		return strings.Compare(string(x.Code), string(y.Code))
	})
	return rows
}
