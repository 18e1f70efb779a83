package settings

import (
	"io"
	"log/slog"
)

// Logs holds the logs of a process.
type Logs struct {
	Log   *slog.Logger
	Audit *slog.Logger // the record of changes
}

// NewLogs returns the process's log and the audit record. Both go to w, as JSON or
// text. The level applies to the log only: records of changes are never left out.
func NewLogs(w io.Writer, level, format string) Logs {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		least = slog.LevelInfo
	}
	handler := func(least slog.Level) slog.Handler {
		options := &slog.HandlerOptions{Level: least}
		if format == "text" {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	}
	return Logs{
		Log:   slog.New(handler(least)),
		Audit: slog.New(handler(slog.LevelInfo)).With("record", "audit"),
	}
}
