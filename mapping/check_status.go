package mapping

import "fmt"

// checkStatus makes sure that the status can be read.
func (c *checker) checkStatus() {
	s := c.doc.User.Status
	if s == nil {
		return
	}
	const at = "user.status"
	active, inactive := texts(s.Active), texts(s.Inactive)
	if s.Absent == "" && (len(active) == 0 || len(inactive) == 0) {
		c.problem(at, "list them, or say with absent what a missing value means", "active and inactive values cannot be told apart")
	}
	c.checkStatusValues(at+".active", s.Active, s.Absent == "active")
	c.checkStatusValues(at+".inactive", s.Inactive, s.Absent == "inactive")
	for i, value := range s.Inactive {
		if word, _ := text(value); active[word] {
			c.problem(fmt.Sprintf("%s.inactive[%d]", at, i), "remove it from one of the two", "%q is both active and inactive", word)
		}
	}
	for i, value := range s.Pending {
		if word, _ := text(value); !active[word] {
			c.problem(fmt.Sprintf("%s.pending[%d]", at, i), "add it to active", "%q is not among the active values", word)
		}
	}
}

// checkStatusValues makes sure that the values of a list can be met and written.
// Null and the empty text count as absent, so that only a list that absent
// means can have them.
func (c *checker) checkStatusValues(at string, values []any, whenAbsent bool) {
	seen := make(map[string]bool)
	for i, value := range values {
		place := fmt.Sprintf("%s[%d]", at, i)
		word, isText := text(value)
		switch {
		case !isText && value != nil:
			c.problem(place, "write a text, a whole number, true, false or null", "no status has this form")
		case word == "" && !whenAbsent:
			c.problem(place, "say with absent what it means", "null and the empty text count as absent")
		case seen[word]:
			c.problem(place, "remove one of them", "%q is given twice", word)
		case placeholderName(word) != "" && (placeholderName(word) != nowPlaceholder || i > 0):
			c.problem(place, "only {now} can be written, as the first value", "%s has no value here", word)
		}
		seen[word] = true
	}
}
