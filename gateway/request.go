package gateway

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"suger-scim-gateway/internal/scim"
)

// maxID bounds an id in a path, in bytes.
const maxID = 256

// pathID is the id in the path. What can be no id is as unknown as any other
// that does not exist: Okta's own tests ask for ids that make no sense and
// expect a 404.
func (x *exchange) pathID(kind string) (string, error) {
	id, err := resourceID(x.Param("id"))
	if err != nil {
		return "", scim.Wrap(err, scim.CodeNotFound, "There is no %s with such an id.", kind)
	}
	return id, nil
}

// resourceID reads an id as it stands in a path, escaped.
func resourceID(segment string) (string, error) {
	id, err := url.PathUnescape(segment)
	if err != nil {
		return "", err
	}
	if !usableID(id) {
		return "", errors.New("no resource can have this id")
	}
	return id, nil
}

// usableID refuses what would name another resource when it is put into a URL,
// slashes included, since there are proxies that unescape them; and what no
// server can have made.
func usableID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= maxID && !strings.ContainsAny(id, `/\`) &&
		utf8.ValidString(id) && strings.IndexFunc(id, unicode.IsControl) < 0
}

// visible says that s consists of visible ASCII characters only.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// readable checks how the body is labelled. Clients differ: SCIM's own media
// type, plain JSON, its old name and no label at all occur. JSON is UTF-8 and its
// media type has no charset (RFC 8259 §8.1 and §11), so a label that names one is
// ignored, whatever it names; the bytes are checked instead.
func readable(header http.Header) error {
	if encoding := header.Get(echo.HeaderContentEncoding); encoding != "" && !strings.EqualFold(encoding, "identity") {
		return scim.NewError(scim.CodeUnsupportedMediaType, "The gateway does not accept compressed bodies. Send the body without Content-Encoding.")
	}
	label := header.Get(echo.HeaderContentType)
	if label == "" {
		return nil
	}
	kind, _, err := mime.ParseMediaType(label)
	switch {
	case err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter):
	case kind == contentType, kind == echo.MIMEApplicationJSON, kind == "text/json":
		return nil
	}
	return scim.NewError(scim.CodeUnsupportedMediaType, "The gateway accepts only %s and %s.", contentType, echo.MIMEApplicationJSON)
}

// field is a member of a message, whose name may be in any letter case (RFC
// 7643 §2.1); nil if it is absent.
func field(message map[string]any, name string) any {
	for key, value := range message {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}
