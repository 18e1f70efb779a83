// Package marks makes marks of secrets, so that what is kept between requests can
// be told apart by a secret and does not hold it.
package marks

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"io"
)

// A Mark stands for some texts and reveals none of them. It means nothing to
// another [Maker], nor to another process.
type Mark [sha256.Size]byte

// A Maker makes marks: HMAC-SHA-256 with a key that never leaves it. It is safe
// for concurrent use.
type Maker struct{ key [sha256.Size]byte }

// New makes a Maker with a key of its own.
func New() *Maker {
	m := &Maker{}
	_, _ = rand.Read(m.key[:]) // never returns an error
	return m
}

// Of is the mark of some texts, of which none has a zero byte in it, in this order.
func (m *Maker) Of(texts ...string) (mark Mark) {
	mac := hmac.New(sha256.New, m.key[:])
	for _, text := range texts {
		_, _ = io.WriteString(mac, text) // a hash has no error
		_, _ = mac.Write([]byte{0})
	}
	mac.Sum(mark[:0])
	return mark
}
