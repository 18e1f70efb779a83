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

// pathID is the id in the path. An impossible id is answered 404 like any other that
// does not exist: Okta's own tests ask for such ids and expect that.
func (x *exchange) pathID(kind string) (string, error) {
	id, err := resourceID(x.Param("id"))
	if err != nil {
		return "", scim.Wrap(err, scim.CodeNotFound, "There is no %s with such an id.", kind)
	}
	return id, nil
}

// resourceID reads an id as it is in a path, escaped.
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

// usableID reports whether an id can be put into a URL without naming another
// resource. Slashes are refused, since there are proxies that unescape them, and
// so is what no server can have made.
func usableID(id string) bool {
	return id != "" && id != "." && id != ".." && len(id) <= maxID && !strings.ContainsAny(id, `/\`) &&
		utf8.ValidString(id) && strings.IndexFunc(id, unicode.IsControl) < 0
}

// visible reports whether s consists of visible ASCII characters only.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// readable checks the media type of the body. Clients send SCIM's own, plain JSON,
// its old name or none. JSON is UTF-8 and its media type has no charset (RFC 8259
// §8.1 and §11), so a charset is ignored; the bytes are checked instead.
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
