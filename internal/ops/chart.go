package ops

import (
	"fmt"
	"strconv"
)

// The size of a bar chart in its own units; the page scales it.
const (
	barWidth    = 6
	barGap      = 1
	chartHeight = 60
)

// A barChart has one bar for each of the last minutes.
type barChart struct {
	Title, Text   string
	Width, Height int
	Bars          []bar
}

// A bar is a total with a part of it drawn at its bottom.
type bar struct {
	X, Wide       int
	Top, Whole    int
	PartTop, Part int
}

// newBarChart draws whole(m) with part(m) at its bottom for each minute.
func newBarChart(title, text string, list []minute, whole, part func(minute) int) barChart {
	c := barChart{Title: title, Text: text, Width: len(list) * barWidth, Height: chartHeight}
	most := 1
	for _, one := range list {
		most = max(most, whole(one))
	}
	for i, one := range list {
		b := bar{X: i * barWidth, Wide: barWidth - barGap, Whole: tall(whole(one), most), Part: tall(part(one), most)}
		b.Top, b.PartTop = chartHeight-b.Whole, chartHeight-b.Part
		c.Bars = append(c.Bars, b)
	}
	return c
}

// tall returns the height of a bar; one above zero is always visible.
func tall(n, most int) int {
	if n == 0 {
		return 0
	}
	return max(2, n*chartHeight/most)
}

// requestChart draws SCIM requests per minute.
func requestChart(list []minute) barChart {
	all, most := sum(list), 0
	for _, one := range list {
		most = max(most, one.requests)
	}
	text := fmt.Sprintf("%s, at most %s in a minute; %s failed", number(all.requests), number(most), number(all.failures))
	if all.requests == 0 {
		text = "none"
	}
	return newBarChart("SCIM requests in the last hour", text, list,
		func(m minute) int { return m.requests }, func(m minute) int { return m.failures })
}

// callChart draws calls to Suger per minute.
func callChart(list []minute) barChart {
	all := sum(list)
	text := "none"
	if all.calls > 0 {
		text = count(all.retries, "retry", "retries") + ", " + number(all.unanswered) + " failed"
		if all.requests > 0 {
			text = fmt.Sprintf("%s, %.1f per SCIM request; %s", number(all.calls), float64(all.calls)/float64(all.requests), text)
		} else {
			text = number(all.calls) + "; " + text
		}
	}
	return newBarChart("Calls to Suger in the last hour", text, list,
		func(m minute) int { return m.calls }, func(m minute) int { return m.unanswered })
}

// A shareChart is one bar divided into parts.
type shareChart struct {
	Title, Text string
	Shares      []share
}

type share struct {
	Name, Class string
	Count       int
	Percent     string
	X, Wide     int // of 1000
}

// newShareChart omits empty parts.
func newShareChart(title string, counts map[string]int, order ...string) shareChart {
	c, all := shareChart{Title: title}, 0
	for _, name := range order {
		all += counts[name]
	}
	if all == 0 {
		c.Text = "none since the start"
		return c
	}
	x, sofar := 0, 0
	for _, name := range order {
		n := counts[name]
		if n == 0 {
			continue
		}
		sofar += n
		end := sofar * 1000 / all
		c.Shares = append(c.Shares, share{Name: name, Class: name, Count: n, Percent: percent(n, all), X: x, Wide: end - x})
		x = end
	}
	c.Text = fmt.Sprintf("%s of %s since the start without reading the whole list", number(counts["hit"]), number(all))
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

// charts draws the charts of the status page.
func (a *Activity) charts() (requests, calls barChart, lookups, lists shareChart, hour minute) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	list := a.minutes.last(span, now)
	return requestChart(list), callChart(list),
		newShareChart("Lookups by e-mail address", a.lookups, "hit", "miss", "wrong"),
		newShareChart("Reads of the user list", a.lists, "hit", "miss"),
		sum(list)
}
