// Package marks makes keyed hashes of secrets, so that memory can be kept apart by
// a secret without holding it.
package marks

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"strings"
)

// A Mark stands for some texts and reveals none of them. It means nothing to
// another [Maker], nor to another process.
type Mark [sha256.Size]byte

// A Maker makes marks: HMAC-SHA-256 with a key that never leaves it. It is safe
// for concurrent use.
type Maker struct{ key [sha256.Size]byte }

// New returns a Maker with a random key.
func New() *Maker {
	m := &Maker{}
	_, _ = rand.Read(m.key[:]) // never returns an error
	return m
}

// Of returns the mark of some texts in this order. None may have a zero byte.
func (m *Maker) Of(texts ...string) (mark Mark) {
	mac := hmac.New(sha256.New, m.key[:])
	for _, text := range texts {
		_, _ = io.WriteString(mac, text) // a hash has no error
		_, _ = mac.Write([]byte{0})
	}
	mac.Sum(mark[:0])
	return mark
}

// Visible reports whether a secret has only visible ASCII characters, so that it can be
// in a header.
func Visible(secret string) bool {
	return !strings.ContainsFunc(secret, func(r rune) bool { return r <= ' ' || r > '~' })
}
