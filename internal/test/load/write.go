package main

import (
	"fmt"
	"os"
	"strings"
)

// write writes the measurement's tables and plot into the performance page.
func write() error {
	r, err := loadReport()
	if err != nil {
		return err
	}
	page, err := os.ReadFile(pageFile)
	if err != nil {
		return err
	}
	text := string(page)
	for name, table := range map[string]string{"speed": r.speedTable(), "sizes": r.sizeTable()} {
		if text, err = between(text, name, table); err != nil {
			return err
		}
	}
	if err := os.WriteFile(pageFile, []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(speedPlot, []byte(r.plot()), 0o644)
}

// between replaces the text between the two comments with this name.
func between(page, name, text string) (string, error) {
	begin, end := "<!-- "+name+" -->\n", "<!-- end of "+name+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("%s has no place for %q", pageFile, name)
	}
	return before + begin + text + end + after, nil
}

// speedTable has a row for each request and a column for each latency of Suger, with
// the ratios of requests per second and of p99. The CPU time is that of the first
// latency.
func (r *report) speedTable() string {
	var t strings.Builder
	fmt.Fprintf(&t, "Measured on %s with %s, %s: medians of %d rounds, %d requests at once.\n\n",
		r.Date, r.Machine, r.Go, r.Rounds, r.Connections)
	var requests []string // in the order of the report
	rows, latencies := map[string]string{}, ""
	for _, c := range r.Comparisons {
		if rows[c.Request] == "" {
			requests = append(requests, c.Request)
			rows[c.Request] = fmt.Sprintf("| %s | %s | %.2f ms, %.2f ms |", c.Request, c.Calls, c.Gateway.CPU/1000, c.Proxy.CPU/1000)
		}
		rows[c.Request] += fmt.Sprintf(" %.2f, %.2f |", c.Gateway.PerSecond/c.Proxy.PerSecond, c.Gateway.P99/c.Proxy.P99)
		if c.Request == requests[0] {
			latencies += fmt.Sprintf(" %g ms |", c.Latency)
		}
	}
	fmt.Fprintf(&t, "| SCIM request | calls to Suger | CPU: gateway, proxy |%s\n", latencies)
	fmt.Fprintf(&t, "|---|---|---|%s\n", strings.Repeat("---|", strings.Count(latencies, "|")))
	for _, request := range requests {
		t.WriteString(rows[request] + "\n")
	}
	return t.String()
}

// sizeTable has a row for each size of the organization.
func (r *report) sizeTable() string {
	var t strings.Builder
	t.WriteString("| people | `GET /Users/{id}` | lookup, warm | lookup, cold (calls) | import page, warm | whole import (calls) | most memory |\n")
	t.WriteString("|---|---|---|---|---|---|---|\n")
	for _, s := range r.Sizes {
		fmt.Fprintf(&t, "| %d | %.1f ms | %.1f ms | %.0f ms (%d) | %.1f ms | %.2f s (%d) | %.0f MB |\n",
			s.People, s.Get, s.LookupWarm, s.LookupCold, s.LookupColdCalls, s.Page, s.Walk, s.WalkCalls, s.Resident)
	}
	return t.String()
}
