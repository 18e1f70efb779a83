package scim

// A ResourceForm makes a [Resource] of what is written into it. Make one with
// [NewResourceForm].
type ResourceForm struct {
	resource Resource
	open     []opened
}

// opened is an object or a list that has not been ended yet.
type opened struct {
	name   string
	object map[string]any
	list   []any // of a list, whose object is nil
}

// NewResourceForm makes an empty form with room for some members.
func NewResourceForm(members int) *ResourceForm {
	r := make(Resource, members)
	return &ResourceForm{resource: r, open: []opened{{object: r}}}
}

// Resource is what was written. Every object and list must have been ended.
func (f *ResourceForm) Resource() Resource { return f.resource }

// Text writes a string.
func (f *ResourceForm) Text(name, value string) { f.put(name, value) }

// Plain writes a string.
func (f *ResourceForm) Plain(name, value string) { f.put(name, value) }

// Flag writes a boolean.
func (f *ResourceForm) Flag(name string, value bool) { f.put(name, value) }

// Reference leaves the URL to who answers.
func (f *ResourceForm) Reference(string, string, string) {}

// Object begins an object.
func (f *ResourceForm) Object(name string) {
	f.open = append(f.open, opened{name: name, object: make(map[string]any)})
}

// List begins a list.
func (f *ResourceForm) List(name string) { f.open = append(f.open, opened{name: name}) }

// End ends an object or a list.
func (f *ResourceForm) End() {
	last := f.open[len(f.open)-1]
	f.open = f.open[:len(f.open)-1]
	switch {
	case last.object == nil:
		f.put(last.name, last.list)
	case len(last.object) > 0:
		f.put(last.name, last.object)
	}
}

func (f *ResourceForm) put(name string, value any) {
	if top := &f.open[len(f.open)-1]; top.object == nil {
		top.list = append(top.list, value)
	} else {
		top.object[name] = value
	}
}
