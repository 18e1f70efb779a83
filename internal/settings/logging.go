package settings

import (
	"io"
	"log/slog"
)

// Logs holds the logs of a process.
type Logs struct {
	Log   *slog.Logger
	Audit *slog.Logger   // the record of changes
	level *slog.LevelVar // of Log
}

// NewLogs returns the process's log and the audit record. Both go to w, as JSON or
// text. The level applies to the log only: records of changes are never left out.
func NewLogs(w io.Writer, level, format string) Logs {
	variable := &slog.LevelVar{}
	if err := variable.UnmarshalText([]byte(level)); err != nil {
		variable.Set(slog.LevelInfo)
	}
	handler := func(least slog.Leveler) slog.Handler {
		options := &slog.HandlerOptions{Level: least}
		if format == "text" {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	}
	return Logs{
		Log:   slog.New(handler(variable)),
		Audit: slog.New(handler(slog.LevelInfo)).With("record", "audit"),
		level: variable,
	}
}

// stepLevel moves the level of the log by one, and logs that at any level.
func (l *Logs) stepLevel(more bool) {
	const step = slog.LevelInfo - slog.LevelDebug // as between any two levels
	next := l.level.Level() + step
	if more {
		next = l.level.Level() - step
	}
	next = min(max(next, slog.LevelDebug), slog.LevelError)
	l.level.Set(slog.LevelInfo)
	l.Log.Info("log level changed by a signal", "log_level", next.String())
	l.level.Set(next)
}
