// Package proof holds the tests that put the whole gateway, from SCIM over HTTP
// to Suger over HTTP, under what goes wrong: every fault of the sandbox at every
// SCIM request, overload, and a long run of mixed traffic. It also counts the
// calls to Suger and holds docs/performance.md to them.
package proof
