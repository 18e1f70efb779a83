package scim

import (
	"encoding/binary"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/cespare/xxhash/v2"
)

// Version makes a weak entity tag, W/"…", of the resource's content. It leaves
// meta.version out, and meta.location, which tells how the provider was
// reached; the order of a multi-valued attribute does not count.
func Version(r Resource) string {
	content := map[string]any(r)
	if meta, ok := r["meta"].(map[string]any); ok && (meta["version"] != nil || meta["location"] != nil) {
		meta = maps.Clone(meta)
		delete(meta, "version")
		delete(meta, "location")
		content = maps.Clone(content)
		content["meta"] = meta
	}
	return VersionOf(appendCanonical(make([]byte, 0, usualResource), content))
}

// VersionOf makes a weak entity tag of what a resource is made of, whatever the
// form, for a provider to whom [Version] takes too long. It tells states of one
// resource apart, for which 64 bits are enough; they are no protection against who
// makes two states of a resource look alike on purpose.
func VersionOf(content []byte) string {
	tag := make([]byte, 0, len(`W/"0123456789abcdef"`))
	tag = append(tag, `W/"`...)
	tag = hex.AppendEncode(tag, binary.BigEndian.AppendUint64(nil, xxhash.Sum64(content)))
	return string(append(tag, '"'))
}

// CheckIfMatch checks an If-Match header (RFC 7644 §3.14), "" for none, against
// the version of the resource as it is. The tags are compared weakly, as SCIM
// knows weak ones only. The error is a *[Error] with [CodeVersionMismatch].
func CheckIfMatch(header, version string) error {
	if strings.TrimSpace(header) == "" || tagsMatch(header, version) {
		return nil
	}
	return NewError(CodeVersionMismatch, "The resource has changed since it was read. Read it again and repeat the change.")
}

// NoneMatch reports whether an If-None-Match header, "" for none, lets a request
// go on because the client does not have this version. If it is false, a GET is
// answered 304 Not Modified.
func NoneMatch(header, version string) bool {
	return !tagsMatch(header, version)
}

// tagsMatch reports whether the list of entity tags (RFC 9110 §13.1.1) has the
// version or is "*".
func tagsMatch(header, version string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	known, current, _ := cutTag(version)
	for known && header != "" {
		found, tag, rest := cutTag(header)
		if found && tag == current {
			return true
		}
		header = rest
	}
	return false
}

// cutTag reads the first entity tag of a list without W/ and quotes.
func cutTag(list string) (found bool, tag, rest string) {
	list = strings.TrimLeft(list, " \t,")
	list = strings.TrimPrefix(list, "W/")
	if quoted, ok := strings.CutPrefix(list, `"`); ok {
		tag, rest, found = strings.Cut(quoted, `"`)
		return found, tag, rest
	}
	_, rest, _ = strings.Cut(list, ",")
	return false, "", rest
}
