package check

// A Level says how well one thing is.
type Level string

// The levels, best first.
const (
	OK   Level = "ok"   // as the mapping says
	Look Level = "look" // works, or could not be told; somebody should look
	Fail Level = "fail" // the gateway would not work, or not right
)

// A Line is what came of one check.
type Line struct {
	Check   string `json:"check"`             // what was checked: "list users", "write: create"
	Level   Level  `json:"level"`             // how well it is
	Text    string `json:"text"`              // what was found
	Change  string `json:"change,omitempty"`  // what to change, where something should be
	Mapping *Place `json:"mapping,omitempty"` // the entry of the mapping file that it is about
}

// A Place is an entry of the mapping file.
type Place struct {
	Entry string `json:"entry"` // "operations.list users.paging.size"
	File  string `json:"file"`
	Line  int    `json:"line"` // from 1; where the entry is, or would be
}

// A Value is something to enter in Okta.
type Value struct {
	Field string `json:"field"`
	Value string `json:"value"`
}

// A Target is what was checked.
type Target struct {
	URL          string `json:"url"`
	Organization string `json:"organization"`
	Auth         string `json:"auth"`    // as SUGER_AUTH
	Mapping      string `json:"mapping"` // file
}

// A Report is all that a preflight found.
type Report struct {
	OK    bool    `json:"ok"` // nothing failed
	Suger Target  `json:"suger"`
	Lines []Line  `json:"lines"`
	Okta  []Value `json:"okta"`
}

// Count is the number of lines of a level.
func (r *Report) Count(level Level) int {
	n := 0
	for _, line := range r.Lines {
		if line.Level == level {
			n++
		}
	}
	return n
}
