package scim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"time"
)

// MaxCursorLength is the most bytes of a cursor that is read.
const MaxCursorLength = 8 << 10

// cursorTagSize is the length of the truncated HMAC at the end of a cursor.
const cursorTagSize = 16

// A CursorCodec writes positions as cursors and reads them (RFC 9865). A cursor
// carries all that the next page needs, so that every replica with the same
// secret can serve it. It is signed, not encrypted: it holds the id, the time
// of creation and the sort value of one resource of the page it came with.
type CursorCodec struct {
	Secret []byte           // key of the signature
	MaxAge time.Duration    // age at which a cursor expires; 0 for never
	Now    func() time.Time // nil for time.Now
}

type cursorPayload struct {
	Issued  int64   `json:"t"` // seconds since 1970
	Created string  `json:"c,omitempty"`
	ID      string  `json:"i"`
	Key     sortKey `json:"k,omitzero"`
}

// Encode writes a position as a cursor of URL-safe characters. fingerprint is
// all that a request must repeat for the cursor to hold, such as organization,
// filter and order.
func (c *CursorCodec) Encode(p *Position, fingerprint string) string {
	// Strings and finite numbers cannot fail to be marshalled.
	payload, _ := json.Marshal(cursorPayload{c.now().Unix(), p.created, p.id, p.key})
	return base64.RawURLEncoding.EncodeToString(append(payload, c.tag(payload, fingerprint)...))
}

// Decode reads a cursor that Encode wrote for the same fingerprint.
//
// The error is a *[Error]: [CodeInvalidCursor], or [CodeExpiredCursor] for one
// that was right once.
func (c *CursorCodec) Decode(cursor, fingerprint string) (*Position, error) {
	invalid := NewError(CodeInvalidCursor, "The cursor does not belong to this query. Start the listing again.")
	if len(cursor) > MaxCursorLength {
		return nil, invalid
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(data) < cursorTagSize {
		return nil, invalid
	}
	payload, tag := data[:len(data)-cursorTagSize], data[len(data)-cursorTagSize:]
	var content cursorPayload
	if !hmac.Equal(tag, c.tag(payload, fingerprint)) || json.Unmarshal(payload, &content) != nil {
		return nil, invalid
	}
	if age := c.now().Sub(time.Unix(content.Issued, 0)); c.MaxAge > 0 && age > c.MaxAge {
		return nil, NewError(CodeExpiredCursor, "The cursor is older than %s. Start the listing again.", c.MaxAge)
	}
	return &Position{key: content.Key, created: content.Created, id: content.ID}, nil
}

// tag signs the payload together with the fingerprint, whose length goes first
// so that no part of one can pass for a part of the other.
func (c *CursorCodec) tag(payload []byte, fingerprint string) []byte {
	mac := hmac.New(sha256.New, c.Secret)
	mac.Write(binary.BigEndian.AppendUint64([]byte("scim cursor 1\x00"), uint64(len(fingerprint))))
	mac.Write([]byte(fingerprint))
	mac.Write(payload)
	return mac.Sum(nil)[:cursorTagSize]
}

func (c *CursorCodec) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
