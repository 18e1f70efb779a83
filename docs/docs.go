// Package docs embeds the guides, so that the program can serve them without a
// network. A guide has https://your-host in place of the gateway's address, and
// links to other guides by file name.
package docs

import "embed"

// Files are the guides, in Markdown, and the pictures in them.
//
//go:embed *.md images/*.svg
var Files embed.FS
