// Package mapping says what a SCIM User, Group and Role are in Suger, and
// carries out SCIM operations as calls of Suger's API.
//
// Which calls, paths, fields and role names those are stands in a mapping file
// (the embedded default is suger.yaml), so that a Suger that differs needs
// another file, not another program. Start with [spec.Document], which is that
// file, and [Service], which works by it.
package mapping
