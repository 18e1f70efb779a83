package cli

import (
	"io"
	"log/slog"
)

// newLog makes the process's log and the audit record. Both go to w, as JSON
// or text. The level bounds the log only: a record of a change is never left
// out. The level can be changed while the process runs.
func newLog(w io.Writer, level, format string) (log, audit *slog.Logger, variable *slog.LevelVar) {
	variable = &slog.LevelVar{}
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
	return slog.New(handler(variable)), slog.New(handler(slog.LevelInfo)).With("record", "audit"), variable
}
