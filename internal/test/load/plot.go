package main

import (
	"fmt"
	"math"
	"strings"
)

// A curve is one line of the plot.
type curve struct {
	name  string
	color string // on a light background; readable on dark
	value func(size) float64
}

// The plot has two panels, each with logarithmic axes.
var panels = []struct {
	title  string
	unit   string
	least  float64
	most   float64
	curves []curve
}{
	{"Time of a request, Suger answering at once", "ms", 0.1, 10_000, []curve{
		{"GET /Users/{id}", "#2a7f8e", func(s size) float64 { return s.Get }},
		{"lookup, warm", "#b0662b", func(s size) float64 { return s.LookupWarm }},
		{"import page, warm", "#7a5ea8", func(s size) float64 { return s.Page }},
		{"lookup, cold", "#b03a48", func(s size) float64 { return s.LookupCold }},
	}},
	{"Calls to Suger", "calls", 1, 1000, []curve{
		{"GET /Users/{id}", "#2a7f8e", func(s size) float64 { return float64(s.GetCalls) }},
		{"lookup, cold", "#b03a48", func(s size) float64 { return float64(s.LookupColdCalls) }},
		{"whole import", "#7a5ea8", func(s size) float64 { return float64(s.WalkCalls) }},
	}},
}

// Measurements of the drawing, in its own units.
const (
	panelWidth, panelHeight = 400.0, 300.0
	plotLeft, plotTop       = 62.0, 46.0
	plotWidth, plotHeight   = 310.0, 170.0
	leastPeople, mostPeople = 10.0, 100_000.0
)

// plot draws latency and calls against the size of the organization.
func (r *report) plot() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" role="img" aria-labelledby="t d" font-family="system-ui, sans-serif" font-size="11">
<title id="t">Latency and calls to Suger by the size of the organization</title>
<desc id="d">Two panels with logarithmic axes, from 10 to 100,000 people. A read of one user and a warm lookup do not depend on the size; a cold lookup and an import grow with the pages of the list.</desc>
<style>text{fill:#222}.axis{stroke:#999}.grid{stroke:#ddd}.ground{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#ddd}.axis{stroke:#888}.grid{stroke:#444}.ground{fill:#1b1b1b}}</style>
<rect class="ground" width="100%%" height="100%%"/>
`, 2*panelWidth, panelHeight)
	for i := range panels {
		r.panel(&b, i)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (r *report) panel(b *strings.Builder, i int) {
	p := panels[i]
	left := plotLeft + float64(i)*panelWidth
	x := func(people float64) float64 { return left + plotWidth*share(people, leastPeople, mostPeople) }
	y := func(value float64) float64 { return plotTop + plotHeight*(1-share(value, p.least, p.most)) }

	fmt.Fprintf(b, "<text x=\"%g\" y=\"24\" font-size=\"13\" font-weight=\"600\">%s</text>\n", left, p.title)
	for value := p.least; value <= p.most*1.001; value *= 10 {
		fmt.Fprintf(b, "<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/><text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
			left, left+plotWidth, y(value), y(value), left-6, y(value)+4, short(value))
	}
	for people := leastPeople; people <= mostPeople; people *= 10 {
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">%s</text>\n", x(people), plotTop+plotHeight+16, short(people))
	}
	fmt.Fprintf(b, "<path class=\"axis\" fill=\"none\" d=\"M%g %gV%gH%g\"/>\n", left, plotTop, plotTop+plotHeight, left+plotWidth)
	fmt.Fprintf(b, "<text x=\"%g\" y=\"%g\" text-anchor=\"middle\">people in the organization</text><text x=\"%g\" y=\"%g\">%s</text>\n",
		left+plotWidth/2, plotTop+plotHeight+32, left-44, plotTop-8, p.unit)

	for n, c := range p.curves {
		var points []string
		for _, s := range r.Sizes {
			points = append(points, fmt.Sprintf("%.1f,%.1f", x(float64(s.People)), y(c.value(s))))
		}
		fmt.Fprintf(b, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2\" points=\"%s\"/>\n", c.color, strings.Join(points, " "))
		keyX, keyY := left+float64(n%2)*150, plotTop+plotHeight+50+float64(n/2)*16
		fmt.Fprintf(b, "<rect x=\"%g\" y=\"%g\" width=\"14\" height=\"3\" fill=\"%s\"/><text x=\"%g\" y=\"%g\">%s</text>\n",
			keyX, keyY-4, c.color, keyX+20, keyY, c.name)
	}
}

// share returns the position of a value between two others on a logarithmic scale,
// limited to 0 to 1.
func share(value, least, most float64) float64 {
	part := math.Log(value/least) / math.Log(most/least)
	return min(max(part, 0), 1)
}

// short formats a round number for an axis.
func short(value float64) string {
	if value >= 1000 {
		return fmt.Sprintf("%g,000", value/1000)
	}
	return fmt.Sprintf("%g", value)
}
