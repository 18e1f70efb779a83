package main

import (
	"fmt"
	"net/http"
)

// organization is the sandbox's organization.
const organization = "sandboxed"

// toProxy returns a target with the key in the form that Suger expects; path is within
// the organization.
func (s *stack) toProxy(path func(int) string) *target {
	return &target{base: s.proxy.address + "/org/" + organization, path: path, header: http.Header{"Authorization": {"Key " + s.key}}}
}

func sugerUser(id string) string { return "/user/" + id }

func sugerPage(n int) string { return fmt.Sprintf("/user?limit=%d&offset=%d", pageSize, n*pageSize) }
