package scim

import (
	"encoding/binary"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Version returns a weak entity tag, W/"…", of the resource's content. It leaves
// meta.version out, and meta.location, which depends on how the client reached
// the provider. The order of a multi-valued attribute does not count.
func Version(r Resource) string {
	content := map[string]any(r)
	if meta, ok := r["meta"].(map[string]any); ok && (meta["version"] != nil || meta["location"] != nil) {
		meta = maps.Clone(meta)
		delete(meta, "version")
		delete(meta, "location")
		content = maps.Clone(content)
		content["meta"] = meta
	}
	return VersionOf(appendCanonical(nil, content))
}

// VersionOf returns a weak entity tag of the content of a resource in any encoding,
// for a provider that has a faster one than [Version]. Its 64 bits distinguish the
// states of one resource; they do not protect against a deliberate collision.
func VersionOf(content []byte) string {
	sum := binary.BigEndian.AppendUint64(nil, xxhash.Sum64(content))
	return `W/"` + hex.EncodeToString(sum) + `"`
}

// CheckIfMatch checks an If-Match header (RFC 7644 §3.14), "" for none, against
// the version of the resource as it is. The tags are compared weakly, as SCIM
// knows weak ones only. The error is a *[Error] with [CodeVersionMismatch].
func CheckIfMatch(header, version string) error {
	if strings.TrimSpace(header) == "" || tagsMatch(header, version) {
		return nil
	}
	return NewError(CodeVersionMismatch, "The resource has changed since it was read. Read it again and retry the change.")
}

// NoneMatch reports whether an If-None-Match header, "" for none, lets a request
// go on because the client does not have this version. If it is false, a GET is
// answered 304 Not Modified.
func NoneMatch(header, version string) bool {
	return !tagsMatch(header, version)
}

// entityTag finds the entity tags in a header, without W/.
var entityTag = regexp.MustCompile(`"[^"]*"`)

// tagsMatch reports whether the list of entity tags (RFC 9110 §13.1.1) has the
// version or is "*".
func tagsMatch(header, version string) bool {
	current := entityTag.FindString(version)
	return strings.TrimSpace(header) == "*" ||
		current != "" && slices.Contains(entityTag.FindAllString(header, -1), current)
}
