//go:build !unix

package settings

// FollowSignals does nothing where there are no such signals.
func (*Logs) FollowSignals() (stop func()) { return func() {} }
