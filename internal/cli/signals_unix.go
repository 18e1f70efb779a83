//go:build unix

package cli

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// followSignals changes the level of the log while the process runs: SIGUSR1
// makes it say one step more, down to debug, and SIGUSR2 one step less, up to
// error. The returned function ends that.
func (c *config) followSignals() (stop func()) {
	signals, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		defer close(ended)
		for s := range signals {
			c.stepLevel(s == syscall.SIGUSR1)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-ended
	}
}

// stepLevel moves the level of the log by one. What it says of that is always
// seen, since somebody just asked.
func (c *config) stepLevel(more bool) {
	const step = slog.LevelInfo - slog.LevelDebug // as between any two levels
	next := c.level.Level() + step
	if more {
		next = c.level.Level() - step
	}
	next = min(max(next, slog.LevelDebug), slog.LevelError)
	c.level.Set(slog.LevelInfo)
	c.log.Info("the level of the log was changed by a signal", "log_level", next.String())
	c.level.Set(next)
}
