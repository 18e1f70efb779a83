package mapping

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A Request is the method and the path of a call, written as
// "GET /org/{organization}/user/{user}".
type Request struct {
	Method string
	Path   string
}

var (
	requestMethods     = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	requestPath        = regexp.MustCompile(`^(/([A-Za-z0-9._~:@-]+|\{[a-z.]+\}))+$`)
	textPlaceholder    = regexp.MustCompile(`\{([a-z.]+)\}`)
	idPlaceholders     = []string{"organization", "user", rolePlaceholder, roleNamePlaceholder}
	errRequestNotation = "a call is a method and a path, such as GET /org/{organization}/user"
)

// UnmarshalScalar reads the request as it is written in a mapping file.
func (r *Request) UnmarshalScalar(text string) error {
	method, path, ok := strings.Cut(text, " ")
	path = strings.TrimSpace(path)
	switch {
	case !ok || path == "":
		return fmt.Errorf("%q: %s", text, errRequestNotation)
	case !slices.Contains(requestMethods, method):
		return fmt.Errorf("%q is not one of the methods %s", method, strings.Join(requestMethods, ", "))
	case !requestPath.MatchString(path):
		return fmt.Errorf("%q is not a path; %s", path, errRequestNotation)
	}
	for _, name := range placeholdersIn(path) {
		if !slices.Contains(idPlaceholders, name) {
			return fmt.Errorf("{%s} is not known in a path; there are {%s}", name, strings.Join(idPlaceholders, "}, {"))
		}
	}
	for _, segment := range strings.Split(path, "/") {
		if segment == "." || segment == ".." {
			return fmt.Errorf("%q has a segment that would name another resource", path)
		}
	}
	*r = Request{Method: method, Path: path}
	return nil
}

// String is the request as it is written in a mapping file.
func (r Request) String() string { return strings.TrimSpace(r.Method + " " + r.Path) }

// placeholdersIn lists the names in braces of a path, a query or a header.
func placeholdersIn(text string) []string {
	var names []string
	for _, match := range textPlaceholder.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

// ids are what the placeholders of a path, a query or a header stand for. A body
// gets them as Suger writes them, since an id may be a number.
type ids map[string]any

// ids are the caller's organization and, where not nil, a user and a role.
func (s *suger) ids(u *user, r *role) ids {
	named := ids{"organization": s.Organization}
	if u != nil {
		named["user"] = u.rawID()
	}
	if r != nil {
		named[rolePlaceholder], named[roleNamePlaceholder] = r.raw, r.name
	}
	return named
}

// texts are the ids as a path holds them.
func (i ids) texts() map[string]string {
	texts := make(map[string]string, len(i))
	for name, id := range i {
		texts[name], _ = text(id)
	}
	return texts
}

// fillAll replaces the placeholders in the values of a query or of headers.
func (i ids) fillAll(templates map[string]string) map[string]string {
	filled := make(map[string]string, len(templates))
	for key, template := range templates {
		filled[key] = textPlaceholder.ReplaceAllStringFunc(template, func(placeholder string) string {
			id, _ := text(i[strings.Trim(placeholder, "{}")])
			return id
		})
	}
	return filled
}
