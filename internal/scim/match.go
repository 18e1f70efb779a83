package scim

func (n allOf) match(object map[string]any) bool {
	for _, node := range n {
		if !node.match(object) {
			return false
		}
	}
	return true
}

func (n anyOf) match(object map[string]any) bool {
	for _, node := range n {
		if node.match(object) {
			return true
		}
	}
	return false
}

func (n negation) match(object map[string]any) bool {
	return !n.node.match(object)
}

func (c *comparison) match(object map[string]any) bool {
	return c.passes(object) != c.negated
}

// passes reports whether one of the values that the path names passes the test.
func (c *comparison) passes(object map[string]any) bool {
	value := c.path.in(object)
	elements, multi := value.([]any)
	if !multi {
		return c.elementPasses(value)
	}
	for _, element := range elements {
		if c.elementPasses(element) {
			return true
		}
	}
	return false
}

func (c *comparison) elementPasses(element any) bool {
	if c.path.Sub == nil {
		return c.test(element)
	}
	object, ok := element.(map[string]any)
	if !ok {
		return false
	}
	value := object[c.path.Sub.Name]
	values, multi := value.([]any)
	if !multi {
		return c.test(value)
	}
	for _, value := range values {
		if c.test(value) {
			return true
		}
	}
	return false
}

// match reports whether an element fulfils the filter and the comparison. A
// negated comparison is negated as a whole: a.b[f].c ne "x" means that no
// element fulfils f and equals "x", as ne does without the brackets.
func (e *elementMatch) match(object map[string]any) bool {
	negated := e.comparison != nil && e.comparison.negated
	return e.passes(e.path.in(object)) != negated
}

func (e *elementMatch) passes(value any) bool {
	elements, multi := value.([]any)
	if !multi {
		return e.elementPasses(value)
	}
	for _, element := range elements {
		if e.elementPasses(element) {
			return true
		}
	}
	return false
}

func (e *elementMatch) elementPasses(element any) bool {
	object, ok := element.(map[string]any)
	return ok && e.filter.match(object) && (e.comparison == nil || e.comparison.passes(object))
}

// isPresent is the operator pr: an empty text, list or object counts as absent.
func isPresent(value any) bool {
	switch value := value.(type) {
	case nil:
		return false
	case string:
		return value != ""
	case []any:
		for _, element := range value {
			if isPresent(element) {
				return true
			}
		}
		return false
	case map[string]any:
		for _, member := range value {
			if isPresent(member) {
				return true
			}
		}
		return false
	default:
		return true
	}
}
