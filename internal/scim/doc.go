// Package scim is the SCIM 2.0 protocol (RFC 7643, RFC 7644, RFC 9865) as a
// leaf: schemas, resources, filters, PATCH, projection, sorting, paging and
// errors. It contains no HTTP and depends on no service provider.
//
// Start with [ResourceType], which says what attributes a resource has, and
// [Resource], the value that the rest of the package works on.
package scim
