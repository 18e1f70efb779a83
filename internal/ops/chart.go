package ops

import (
	"fmt"
	"strconv"
)

// A barChart has one bar for each of the last minutes. The template draws it in
// units of a minute and of a request, and the browser scales it.
type barChart struct {
	Title, Text string
	Bars        []load
	All         int // requests in all bars
	Most        int // in one bar, at least 1
}

// newBarChart has one load of each minute.
func newBarChart(title, text string, list []minute, of func(minute) load) barChart {
	c := barChart{Title: title, Text: text, Most: 1}
	for _, one := range list {
		c.Bars = append(c.Bars, of(one))
		c.All += of(one).All
		c.Most = max(c.Most, of(one).All)
	}
	return c
}

// tall returns the height of a bar; one above zero is always visible.
func tall(n, most int) float64 {
	if n == 0 {
		return 0
	}
	return max(float64(n), float64(most)/30)
}

// charts draws SCIM requests and calls to Suger per minute.
func (a *Activity) charts() (requests, calls barChart) {
	list, hour := a.lately(span)
	requests = newBarChart("SCIM requests in the last hour", "none", list, func(m minute) load { return m.requests })
	if all := hour.requests; all.All > 0 {
		requests.Text = fmt.Sprintf("%s, at most %s in a minute; %s failed", number(all.All), number(requests.Most), number(all.Failed))
	}
	calls = newBarChart("Calls to Suger in the last hour", "none", list, func(m minute) load { return m.calls })
	if all := hour.calls; all.All > 0 {
		calls.Text = number(all.All)
		if n := hour.requests.All; n > 0 {
			calls.Text += fmt.Sprintf(", %.1f per SCIM request", float64(all.All)/float64(n))
		}
		calls.Text += fmt.Sprintf("; %s, %s failed", count(hour.retries, "retry", "retries"), number(all.Failed))
	}
	return requests, calls
}

// A shareChart is one bar divided into parts, in units of a use.
type shareChart struct {
	Title, Text string
	All         int
	Shares      []share
}

type share struct {
	Name     string
	X, Count int
	Percent  string
}

// shareChart returns the uses of a cache by result, without the results that there
// were none of.
func (a *Activity) shareChart(title string, uses map[string]int) shareChart {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := shareChart{Title: title, Text: "none since the start"}
	for _, n := range uses {
		c.All += n
	}
	if c.All == 0 {
		return c
	}
	c.Text = fmt.Sprintf("%s of %s since the start without reading the whole list", number(uses["hit"]), number(c.All))
	x := 0
	for _, name := range []string{"hit", "miss", "wrong"} {
		if n := uses[name]; n > 0 {
			c.Shares = append(c.Shares, share{name, x, n, percent(n, c.All)})
			x += n
		}
	}
	return c
}

// percent returns a share in whole percent, never rounded to 0 or 100.
func percent(n, all int) string {
	switch rounded := (n*100 + all/2) / all; {
	case rounded == 0:
		return "under 1"
	case rounded == 100 && n < all:
		return "over 99"
	default:
		return strconv.Itoa(rounded)
	}
}
