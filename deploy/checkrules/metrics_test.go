package checkrules

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// documented holds the metrics of docs/metrics.md, which a test compares with
// the program, and the values of their labels.
type documented struct {
	labels map[string][]string // metric -> its labels
	values map[string]bool     // words of the pages on label values and error codes
}

var codeWord = regexp.MustCompile("`([^`]+)`")

func readDocumented(t *testing.T) documented {
	d := documented{labels: map[string][]string{}, values: map[string]bool{}}
	for _, line := range strings.Split(readFile(t, "docs", "metrics.md"), "\n") {
		cells := strings.Split(line, " | ")
		if name := codeWord.FindStringSubmatch(cells[0]); len(cells) == 4 && name != nil {
			d.labels[name[1]] = words(cells[2])
		}
	}
	for _, page := range []string{"metrics.md", "errors.md"} {
		for _, word := range words(readFile(t, "docs", page)) {
			d.values[word] = true
		}
	}
	require.NotEmpty(t, d.labels)
	return d
}

func readFile(t *testing.T, path ...string) string {
	text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
	require.NoError(t, err)
	return string(text)
}

func words(text string) (found []string) {
	for _, word := range codeWord.FindAllStringSubmatch(text, -1) {
		found = append(found, word[1])
	}
	return found
}

var (
	ofHistogram  = regexp.MustCompile(`_(?:bucket|sum|count)$`)
	ofTheProcess = regexp.MustCompile(`^(?:go|process)_`)
	alternatives = regexp.MustCompile(`^[\w |.]+$`)
)

// check parses an expression and looks up every metric, label and label value in
// the documents.
func (d documented) check(t *testing.T, expression string) {
	t.Helper()
	parsed, err := parser.NewParser(parser.Options{}).ParseExpr(expression)
	require.NoError(t, err, "%s", expression)
	seen := 0
	parser.Inspect(parsed, func(node parser.Node, _ []parser.Node) error {
		switch node := node.(type) {
		case *parser.VectorSelector:
			seen++
			d.checkSelector(t, node)
		case *parser.AggregateExpr:
			for _, label := range node.Grouping {
				assert.True(t, d.isLabel(label), "%s: there is no label %s", expression, label)
			}
		}
		return nil
	})
	assert.Positive(t, seen, "%s asks for no metric", expression)
}

// ofTheScrape are the labels that Prometheus gives to every series.
var ofTheScrape = map[string]bool{"instance": true, "job": true, "namespace": true}

func (d documented) isLabel(label string) bool {
	if ofTheScrape[label] || label == "le" {
		return true
	}
	for _, of := range d.labels {
		if slices.Contains(of, label) {
			return true
		}
	}
	return false
}

func (d documented) checkSelector(t *testing.T, selector *parser.VectorSelector) {
	name := selector.Name
	if ofTheProcess.MatchString(name) {
		return
	}
	of, ok := d.labels[name]
	if !ok {
		of, ok = d.labels[ofHistogram.ReplaceAllString(name, "")]
	}
	assert.True(t, ok, "there is no metric %s", name)
	for _, matcher := range selector.LabelMatchers {
		if matcher.Name == labels.MetricName || ofTheScrape[matcher.Name] {
			continue
		}
		assert.Contains(t, of, matcher.Name, "label of %s", name)
		if matcher.Name == "code" || !alternatives.MatchString(matcher.Value) {
			continue // numbers and patterns of them
		}
		for value := range strings.SplitSeq(matcher.Value, "|") {
			assert.True(t, d.values[value], "%s: no document speaks of %s=%q", name, matcher.Name, value)
		}
	}
}
