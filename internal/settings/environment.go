package settings

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"
)

// A problem is what is wrong with one setting. Neither part ever holds the
// value of a secret.
type problem struct {
	name string // of the variable
	text string // what is wrong and what would be right
}

// Error is one sentence that begins with the variable.
func (p *problem) Error() string { return p.name + " " + p.text }

// Problems are everything that is wrong with the settings, so that an operator
// fixes them all at once.
type Problems []error

// Add notes what is wrong with a variable; the text continues a sentence that
// begins with its name.
func (p *Problems) Add(name, format string, args ...any) {
	*p = append(*p, &problem{name, fmt.Sprintf(format, args...)})
}

// addAll takes over an error that may be several joined ones.
func (p *Problems) addAll(err error) {
	var joined interface{ Unwrap() []error }
	switch {
	case err == nil:
	case errors.As(err, &joined):
		*p = append(*p, joined.Unwrap()...)
	default:
		*p = append(*p, err)
	}
}

// asError is one error that names every variable, or nil.
func (p Problems) asError() error {
	if len(p) == 0 {
		return nil
	}
	text := "invalid settings:"
	for _, one := range p {
		text += "\n  " + one.Error()
	}
	return errors.New(text)
}

// readEnvironment fills a struct whose fields are tagged as those of
// [Settings]. It reads one field at a time, because envconfig stops at the
// first problem. A variable that is set to nothing counts as not set, which is
// how Compose files and charts leave a setting out.
func readEnvironment(into any) Problems {
	var found Problems
	fields := reflect.ValueOf(into).Elem()
	for i := range fields.NumField() {
		field := fields.Type().Field(i)
		name := field.Tag.Get("envconfig")
		if os.Getenv(name) == "" {
			os.Unsetenv(name)
		}
		single := reflect.New(reflect.StructOf([]reflect.StructField{field}))
		if err := envconfig.Process("", single.Interface()); err != nil {
			found.Add(name, "%s", explain(err, field.Type))
			continue
		}
		value := single.Elem().Field(0)
		if text := outOfBounds(value.Interface(), field.Tag); text != "" {
			found.Add(name, "%s", text)
			continue
		}
		fields.Field(i).Set(value)
	}
	return found
}

// explain says what is wrong with a value that could not be read. The texts of
// package strconv are not used, since they repeat the value.
func explain(err error, t reflect.Type) string {
	var parse *envconfig.ParseError
	switch {
	case t == reflect.TypeFor[time.Duration]():
		return "is not a duration such as 10s, 5m or 1h"
	case t.Kind() == reflect.Int:
		return "is not a whole number"
	case t.Kind() == reflect.Bool:
		return "is neither true nor false"
	case errors.As(err, &parse):
		return parse.Err.Error()
	}
	return "cannot be read"
}

// outOfBounds says how a value breaks the min, max or oneof of its tag, or "".
func outOfBounds(value any, tag reflect.StructTag) string {
	least, most := tag.Get("min"), tag.Get("max")
	switch v := value.(type) {
	case int:
		low, _ := strconv.Atoi(least) // a test reads every tag
		high, _ := strconv.Atoi(most)
		if v < low || v > high {
			return fmt.Sprintf("is not between %s and %s", least, most)
		}
	case time.Duration:
		low, _ := time.ParseDuration(least)
		high, _ := time.ParseDuration(most)
		if v < low || v > high {
			return fmt.Sprintf("is not between %s and %s", least, most)
		}
	case string:
		if words := tag.Get("oneof"); words != "" && !slices.Contains(strings.Split(words, ","), v) {
			return "is not one of " + strings.ReplaceAll(words, ",", ", ")
		}
	}
	return ""
}
