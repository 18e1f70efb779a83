// Package docs holds the guides, so that the program can show them where there
// is no network. A guide writes https://your-host for the gateway's address,
// and links to other guides by their file names.
package docs

import "embed"

// Files are the guides, in Markdown, and the pictures in them.
//
//go:embed *.md images/*.svg
var Files embed.FS
