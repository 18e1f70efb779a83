package main

import (
	"io"
	"log/slog"
)

// newLog makes the process's log and the audit record. Both go to w, as JSON
// or text. The level bounds the log only: a record of a change is never left
// out.
func newLog(w io.Writer, level, format string) (log, audit *slog.Logger) {
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
	return slog.New(handler(least)), slog.New(handler(min(least, slog.LevelInfo))).With("record", "audit")
}
