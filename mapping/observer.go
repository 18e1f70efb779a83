package mapping

// An Observer is told what happens inside, for metrics. Its methods are called
// from many goroutines at once. No argument holds personal data or credentials;
// all are from a small fixed set.
type Observer interface {
	Drift(operation, field string) // an answer of Suger's was not as the mapping says
	Lookup(result string)          // an id lookup: "hit", "miss" or "wrong"
	List(result string)            // a list was needed: "hit" (held or shared) or "miss"
	Unconfirmed(operation string)  // Suger does not show a change it was asked for
	Refused(guard string)          // a guard stopped a change
	Changed(change Change)         // a change was attempted
}

type silent struct{}

func (silent) Drift(string, string) {}
func (silent) Lookup(string)        {}
func (silent) List(string)          {}
func (silent) Unconfirmed(string)   {}
func (silent) Refused(string)       {}
func (silent) Changed(Change)       {}
