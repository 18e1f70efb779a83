package sandbox

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// longest bounds a time in the text of a fault.
const longest = 365 * 24 * time.Hour

// ParseFault reads the text form of a fault, "name=value" in any order:
//
//	kind=429 retry=seconds:2 op=update user p=0.5 times=3
//	kind=reset when=after op=add user
//	kind=latency delay=1500ms
//
// kind is a [FaultKind] or a status, op an operation, p the probability, times
// how often at most, when before or after the operation takes effect, delay a
// duration, retry none, seconds:N or date:N (N seconds), shift a number of
// rows, body a JSON text. A word that is not name=value goes on with the value
// before it.
func ParseFault(text string) (Fault, error) {
	var fault Fault
	settings, err := splitSettings(text)
	if err != nil {
		return Fault{}, err
	}
	for _, setting := range settings {
		if err := fault.set(setting.name, setting.value); err != nil {
			return Fault{}, fmt.Errorf("fault %q: %s: %w", text, setting.name, err)
		}
	}
	if err := fault.check(); err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", text, err)
	}
	return fault, nil
}

type setting struct{ name, value string }

func splitSettings(text string) ([]setting, error) {
	var settings []setting
	seen := make(map[string]bool)
	for _, word := range strings.Fields(text) {
		name, value, ok := strings.Cut(word, "=")
		if ok && isName(name) {
			if seen[name] {
				return nil, fmt.Errorf("fault %q: %s is given twice", text, name)
			}
			seen[name] = true
			settings = append(settings, setting{name, value})
			continue
		}
		if len(settings) == 0 {
			return nil, fmt.Errorf("fault %q does not begin with name=value", text)
		}
		settings[len(settings)-1].value += " " + word
	}
	return settings, nil
}

// isName keeps an equals sign within a body from beginning a setting.
func isName(word string) bool {
	return word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz") == ""
}

func (f *Fault) set(name, value string) (err error) {
	switch name {
	case "kind":
		f.Kind = FaultKind(value)
	case "op":
		f.Operation = value
	case "body":
		f.Body = value
	case "p":
		f.Probability, err = strconv.ParseFloat(value, 64)
		if err == nil && f.Probability == 0 {
			err = fmt.Errorf("0 would be never")
		}
	case "times":
		f.Times, err = strconv.Atoi(value)
	case "shift":
		f.Shift, err = strconv.Atoi(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
		if err == nil && f.Delay.Abs() > longest {
			err = fmt.Errorf("longer than %s", longest)
		}
	case "when":
		f.After = value == "after"
		if !f.After && value != "before" {
			err = fmt.Errorf("%q is neither before nor after", value)
		}
	case "retry":
		err = f.setRetry(value)
	default:
		err = fmt.Errorf("no such setting")
	}
	return err
}

func (f *Fault) setRetry(value string) error {
	if value == "none" {
		return nil
	}
	form, number, _ := strings.Cut(value, ":")
	seconds, err := strconv.Atoi(number)
	if err != nil || seconds < 0 || seconds > int(longest/time.Second) {
		return fmt.Errorf("%q is not none, seconds:N or date:N", value)
	}
	f.Retry, f.RetryAfter = RetryForm(form), time.Duration(seconds)*time.Second
	return nil
}

// String is the fault in the form that [ParseFault] reads.
func (f Fault) String() string {
	words := []string{"kind=" + string(f.Kind)}
	add := func(on bool, format string, args ...any) {
		if on {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	add(f.Operation != "", "op=%s", f.Operation)
	add(f.After, "when=after")
	add(f.Delay != 0, "delay=%s", f.Delay)
	add(f.Retry != RetryNone, "retry=%s:%d", f.Retry, int((f.RetryAfter+time.Second-1)/time.Second))
	add(f.Shift != 0, "shift=%d", f.Shift)
	add(f.Probability != 0, "p=%v", f.Probability)
	add(f.Times != 0, "times=%d", f.Times)
	add(f.Body != "", "body=%s", f.Body)
	return strings.Join(words, " ")
}
