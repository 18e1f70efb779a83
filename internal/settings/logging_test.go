package settings

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The level is for the log; audit records of changes are always kept.
func TestLogLevels(t *testing.T) {
	tests := []struct {
		level, format string
		want          []string // messages that are written
	}{
		{"debug", "json", []string{"debug", "info", "warn", "error", "change"}},
		{"info", "json", []string{"info", "warn", "error", "change"}},
		{"error", "json", []string{"error", "change"}},
		{"warn", "text", []string{"warn", "error", "change"}},
	}
	for _, test := range tests {
		t.Run(test.level+" "+test.format, func(t *testing.T) {
			var out bytes.Buffer
			logs := NewLogs(&out, test.level, test.format)
			logs.Log.Debug("debug")
			logs.Log.Info("info")
			logs.Log.Warn("warn")
			logs.Log.Error("error")
			logs.Audit.Info("change")
			form, record := `"msg":"`, `"record":"audit"`
			if test.format == "text" {
				form, record = "msg=", "record=audit"
			}
			var got []string
			for line := range strings.Lines(out.String()) {
				_, rest, found := strings.Cut(line, form)
				assert.True(t, found, line)
				message := strings.FieldsFunc(rest, func(r rune) bool { return r < 'a' || r > 'z' })[0]
				assert.Equal(t, message == "change", strings.Contains(line, record), line)
				got = append(got, message)
			}
			assert.Equal(t, test.want, got)
		})
	}
}
