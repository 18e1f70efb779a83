package spec_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/mapping/spec"
)

const guideFile = "../../docs/mapping.md"

func guide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guideFile)
	require.NoError(t, err)
	return string(text)
}

const referenceFile = "../../docs/mapping-reference.md"

// docs/mapping-reference.md is generated from the Go types and the checks; -update
// rewrites it.
func TestReference(t *testing.T) {
	const intro = "# The keys of the mapping file\n\nFor anyone who edits a [mapping file](mapping.md). The program generates this page and\n" +
		"[mapping.schema.json](../mapping/spec/mapping.schema.json). What is `true` or `false` is `false` by default.\n\n"
	assertMade(t, referenceFile, intro+reference()+"\n## Placeholders by operation\n\n"+placeholderTable(t))
}

// placeholderTable returns the placeholders of each operation. Operations with the
// same placeholders share a row.
func placeholderTable(t *testing.T) string {
	document, err := spec.Parse(defaultFile, shipped(t)[defaultFile])
	require.NoError(t, err)
	var rows []string // list of placeholders, in order
	operations := map[string][]string{}
	for _, name := range spec.OperationNames() {
		texts, body := spec.PlaceholdersOfOperation(document, name)
		named := []string{}
		for _, placeholder := range body {
			if _, isAttribute := document.User.Attributes[placeholder]; !isAttribute {
				named = append(named, "`{"+placeholder+"}`")
			}
		}
		if slices.Contains(body, "userName") {
			named = append(named, "each attribute of `user.attributes`")
		}
		row := fmt.Sprintf("`{%s}` | %s", strings.Join(texts, "}`, `{"), strings.Join(named, ", "))
		if operations[row] == nil {
			rows = append(rows, row)
		}
		operations[row] = append(operations[row], "`"+strings.TrimPrefix(spec.OperationPath(name), "operations.")+"`")
	}
	var b strings.Builder
	b.WriteString("| operations | in path, query, headers and body | in the body only |\n|---|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(operations[row], ", "), row)
	}
	return b.String()
}

// reference describes every key of a mapping file.
func reference() string {
	var b strings.Builder
	seen := make(map[reflect.Type]bool)
	var describe func(title string, of reflect.Type)
	describe = func(title string, of reflect.Type) {
		if seen[of] {
			return
		}
		seen[of] = true
		fmt.Fprintf(&b, "## %s\n\n| key | value | meaning |\n|---|---|---|\n", title)
		type part struct {
			title string
			of    reflect.Type
		}
		var parts []part
		for i := range of.NumField() {
			field := of.Field(i)
			key := field.Tag.Get("yaml")
			if key == "-" {
				continue
			}
			fmt.Fprintf(&b, "| `%s`%s | %s | %s%s |\n", key, required(field), valueOf(field), only(field), field.Tag.Get("doc"))
			if inner, ok := structIn(field.Type); ok {
				path := strings.TrimPrefix(strings.Trim(title, "`")+"."+key, "The file.")
				if field.Type.Kind() == reflect.Map {
					path += ".ATTRIBUTE"
				}
				if inner.Name() == "Operation" {
					path = "operations.OPERATION"
				}
				parts = append(parts, part{"`" + path + "`", inner})
			}
		}
		b.WriteString("\n")
		for _, p := range parts {
			describe(p.title, p.of)
		}
	}
	describe("The file", reflect.TypeFor[spec.Document]())
	return strings.TrimSuffix(b.String(), "\n")
}

// only says which operations a key is for.
func only(field reflect.StructField) string {
	if operations := field.Tag.Get("for"); operations != "" {
		return "For " + strings.ReplaceAll(operations, ",", " and ") + ". "
	}
	return ""
}

func required(field reflect.StructField) string {
	if field.Tag.Get("required") == "true" {
		return " (required)"
	}
	return ""
}

// structIn returns the struct that a key holds, directly or in a list or map.
func structIn(t reflect.Type) (reflect.Type, bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	_, isText := notations[t]
	return t, t.Kind() == reflect.Struct && !isText && t != reflect.TypeFor[spec.End]()
}

// valueOf describes the values of a key.
func valueOf(field reflect.StructField) string {
	value := formOf(field.Type)
	if enum := field.Tag.Get("enum"); enum != "" {
		value = "`" + strings.ReplaceAll(enum, ",", "`, `") + "`"
		if field.Type.Kind() == reflect.Slice {
			value = "list of " + value
		}
	}
	if fallback := field.Tag.Get("default"); fallback != "" {
		value += "; default `" + fallback + "`"
	}
	return value
}

func formOf(t reflect.Type) string {
	switch {
	case t == reflect.TypeFor[spec.End]():
		return "`remove user`, `set status`, or an operation"
	case t == reflect.TypeFor[spec.Operation]():
		return "an operation"
	case t == reflect.TypeFor[spec.Request]():
		return "method, path and query"
	case t == reflect.TypeFor[time.Duration]():
		return "time such as 30s"
	case t == reflect.TypeFor[spec.Path]():
		return "path in an answer"
	case notations[t] != "":
		return notations[t]
	case t.Kind() == reflect.Interface:
		return "anything"
	case t.Kind() == reflect.Pointer:
		return formOf(t.Elem())
	case t.Kind() == reflect.Slice:
		return "list of " + map[string]string{"anything": "values", "text": "texts", "see below": "maps, see below"}[formOf(t.Elem())]
	case t.Kind() == reflect.Map && t.Elem() == reflect.TypeFor[spec.Field]():
		return "fields by name"
	case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.String:
		return "texts by name"
	case t.Kind() == reflect.Map:
		return "see below"
	case t.Kind() == reflect.Int:
		return "whole number"
	case t.Kind() == reflect.Bool:
		return "`true` or `false`"
	case t.Kind() == reflect.Struct:
		return "see below"
	}
	return "text"
}

var excerpt = regexp.MustCompile("(?s)<!-- (\\S+\\.yaml) -->\n```yaml\n(.*?)```\n")

// Every piece of a mapping file in the guide is in that file.
func TestGuideShowsPiecesOfTheFiles(t *testing.T) {
	files, shown := shipped(t), make(map[string]int)
	for _, match := range excerpt.FindAllStringSubmatch(guide(t), -1) {
		file, piece := match[1], match[2]
		shown[file]++
		assert.Contains(t, string(files[file]), piece, "%s does not have this piece", file)
	}
	assert.Len(t, shown, len(files), "each file is shown: %v", shown)
	assert.Equal(t, strings.Count(guide(t), "```yaml"), len(excerpt.FindAllString(guide(t), -1)), "each piece names its file")
	for file := range files {
		if file != defaultFile {
			assert.Contains(t, guide(t), "](../mapping/"+filepath.ToSlash(file)+")")
		}
	}
}
