// Package marks makes marks of secrets, so that what is kept between requests can
// be told apart by a secret and does not hold it.
package marks

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"hash"
	"sync"
)

// A Mark stands for some texts and tells none of them. It means nothing to
// another [Maker], nor to another process.
type Mark [sha256.Size]byte

// A Maker makes marks: HMAC-SHA-256 with a key that never leaves it. It is safe
// for concurrent use.
type Maker struct {
	tools sync.Pool // of *tool
}

// A tool is what makes a mark without a new allocation.
type tool struct {
	mac  hash.Hash
	text []byte
}

// New makes a Maker with a key of its own.
func New() *Maker {
	key := make([]byte, sha256.Size)
	// crypto/rand.Read never returns an error; it ends the program instead.
	_, _ = rand.Read(key)
	m := &Maker{}
	m.tools.New = func() any { return &tool{mac: hmac.New(sha256.New, key)} }
	return m
}

// Of is the mark of some texts, of which none has a zero byte in it, in this order.
func (m *Maker) Of(texts ...string) (mark Mark) {
	t := m.tools.Get().(*tool)
	defer m.tools.Put(t)
	size := 0
	for _, text := range texts {
		size += len(text) + 1
	}
	if cap(t.text) < size {
		t.text = make([]byte, 0, size)
	}
	for _, text := range texts {
		t.text = append(append(t.text, text...), 0)
	}
	t.mac.Reset()
	t.mac.Write(t.text)
	t.mac.Sum(mark[:0])
	t.wipe()
	return mark
}

// wipe leaves nothing of the texts in what is used again: neither in the tool's
// own buffer nor in that of the hash, which holds the last block.
func (t *tool) wipe() {
	clear(t.text)
	t.text = t.text[:0]
	var zeros [1 + sha256.BlockSize]byte
	t.mac.Write(zeros[:1]) // so that the rest goes through the buffer
	t.mac.Write(zeros[1:])
}
