package sandbox

import "strconv"

// idBits is how many bits an opaque id carries: the most that fit into nine
// characters of idAlphabet.
const (
	idBits     = 53
	idLength   = 9
	idAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// opaqueIDs makes ids like those in Suger's samples: nine letters and digits
// of both cases with no visible order. No id comes twice: n is counted up and
// each step of the scrambling can be undone.
func opaqueIDs(seed int64) func() string {
	const mask = 1<<idBits - 1
	var n uint64
	return func() string {
		n++
		x := (n ^ uint64(seed)) & mask
		for range 2 {
			x = x * 0x9E3779B97F4A7C15 & mask
			x ^= x >> 27
		}
		var id [idLength]byte
		for i := range id {
			id[i] = idAlphabet[x%uint64(len(idAlphabet))]
			x /= uint64(len(idAlphabet))
		}
		return string(id[:])
	}
}

// numericIDs counts upwards, for contracts whose ids are numbers.
func numericIDs() func() string {
	n := uint64(480000)
	return func() string {
		n++
		return strconv.FormatUint(n, 10)
	}
}
