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

// Problems collects everything that is wrong with the settings, so that an operator
// can fix it in one go. None of them contains the value of a secret.
type Problems []error

// Add adds what is wrong with a variable; the text continues a sentence that begins
// with its name.
func (p *Problems) Add(name, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s %w", name, fmt.Errorf(format, args...)))
}

// asError returns one error that names every variable, or nil.
func (p Problems) asError() error {
	if len(p) == 0 {
		return nil
	}
	return errors.New("invalid settings:\n  " + strings.ReplaceAll(errors.Join(p...).Error(), "\n", "\n  "))
}

// readEnvironment fills a struct whose fields have the tags of [Settings]. It reads
// one field at a time, because envconfig stops at the first problem. An empty
// variable counts as not set: Compose files and charts omit a setting that way.
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

// explain returns what is wrong with a value that could not be read, without
// strconv's texts, which repeat the value.
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

// outOfBounds returns how a value breaks the min, max or oneof of its tag, or "".
func outOfBounds(value any, tag reflect.StructTag) string {
	least, most := tag.Get("min"), tag.Get("max")
	out := false
	switch v := value.(type) {
	case int:
		low, _ := strconv.Atoi(least) // a test reads every tag
		high, _ := strconv.Atoi(most)
		out = v < low || v > high
	case time.Duration:
		low, _ := time.ParseDuration(least)
		high, _ := time.ParseDuration(most)
		out = v < low || v > high
	case string:
		if words := tag.Get("oneof"); words != "" && !slices.Contains(strings.Split(words, ","), v) {
			return "is not one of " + strings.ReplaceAll(words, ",", ", ")
		}
	}
	if out {
		return fmt.Sprintf("is not between %s and %s", least, most)
	}
	return ""
}
