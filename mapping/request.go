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
	requestPath        = regexp.MustCompile(`^(/([A-Za-z0-9._~:@-]+|\{[a-z]+\}))+$`)
	pathPlaceholder    = regexp.MustCompile(`\{([a-z]+)\}`)
	pathPlaceholders   = []string{"organization", "user", "role"}
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
		if !slices.Contains(pathPlaceholders, name) {
			return fmt.Errorf("{%s} is not known in a path; there are {%s}", name, strings.Join(pathPlaceholders, "}, {"))
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

// placeholdersIn lists the names in braces of a path.
func placeholdersIn(path string) []string {
	var names []string
	for _, match := range pathPlaceholder.FindAllStringSubmatch(path, -1) {
		names = append(names, match[1])
	}
	return names
}
