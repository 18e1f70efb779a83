//go:build !unix

package cli

// followSignals does nothing where there are no such signals.
func (c *config) followSignals() (stop func()) { return func() {} }
