//go:build unix

package settings

import (
	"os"
	"os/signal"
	"syscall"
)

// FollowSignals changes the level of the log by signals: SIGUSR1 lowers it by one
// step, down to debug, and SIGUSR2 raises it, up to error, until stop is called.
func (l *Logs) FollowSignals() (stop func()) {
	signals, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		defer close(ended)
		for s := range signals {
			l.stepLevel(s == syscall.SIGUSR1)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
		<-ended
	}
}
