// Package marks computes keyed hashes of secrets, so that a map can have secrets
// as keys without holding them.
package marks

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
	"strings"
)

// A Mark is the keyed hash of some texts and reveals none of them. Marks of
// different [Maker] values, and so of different processes, are unrelated.
type Mark [sha256.Size]byte

// A Maker computes marks: HMAC-SHA-256 with a key that never leaves it. It is
// safe for concurrent use.
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
		_, _ = io.WriteString(mac, text) // a hash never returns an error
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
