package scim

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCursorRoundTrip(t *testing.T) {
	positions := []*Position{
		{created: "2026-01-01T00:00:00Z", id: "u1"},
		{id: "u1"},
		{key: sortKey{Kind: keyText, Text: "ada <&> \"é\" \x00"}, created: "2026-01-01T00:00:00.123Z", id: "u/1"},
		{key: sortKey{Kind: keyNumber, Number: -1.5e300}, id: "u1"},
		{key: sortKey{Kind: keyNumber}, id: "u1"},
	}
	replica := &CursorCodec{Secret: []byte("secret of the tests")}
	other := &CursorCodec{Secret: []byte("secret of the tests")}
	for _, position := range positions {
		cursor := replica.Encode(position, "org1 filter")
		got, err := other.Decode(cursor, "org1 filter")
		require.NoError(t, err)
		assert.Equal(t, position, got)
		assert.Regexp(t, `^[A-Za-z0-9_-]+$`, cursor, "unreserved characters only (RFC 9865 section 2)")
	}
}

func TestCursorStaysShort(t *testing.T) {
	path := sortBy(t, "userName")
	for _, text := range []string{strings.Repeat("é", 5000), strings.Repeat("<", 5000), strings.Repeat("\x01", 5000)} {
		r := Resource{"id": "u1", "userName": text}
		position := positionOf(r, path.sortKeyOf(r))
		codec := &CursorCodec{Secret: []byte("secret of the tests")}
		cursor := codec.Encode(position, "f")
		assert.LessOrEqual(t, len(cursor), MaxCursorLength)
		got, err := codec.Decode(cursor, "f")
		require.NoError(t, err)
		assert.Equal(t, position, got)
	}
}

func TestCursorRefuses(t *testing.T) {
	codec := &CursorCodec{Secret: []byte("secret of the tests")}
	good := codec.Encode(&Position{created: "2026-01-01T00:00:00Z", id: "u1"}, "fingerprint")
	raw, err := base64.RawURLEncoding.DecodeString(good)
	require.NoError(t, err)
	flipped := []byte(good)
	flipped[5] ^= 1
	tests := []struct {
		name        string
		codec       *CursorCodec
		cursor      string
		fingerprint string
	}{
		{name: "nothing", cursor: ""},
		{name: "another query", cursor: good, fingerprint: "fingerprint2"},
		{name: "a fingerprint that is a part", cursor: good, fingerprint: "finger"},
		{name: "another secret", codec: &CursorCodec{Secret: []byte("other")}, cursor: good},
		{name: "no secret", codec: &CursorCodec{}, cursor: good},
		{name: "a changed character", cursor: string(flipped)},
		{name: "cut off", cursor: good[:len(good)-4]},
		{name: "something after it", cursor: good + "AAAA"},
		{name: "padded", cursor: good + "="},
		{name: "not base64", cursor: "a b+c/"},
		{name: "the tag alone", cursor: base64.RawURLEncoding.EncodeToString(raw[len(raw)-16:])},
		{name: "no tag", cursor: base64.RawURLEncoding.EncodeToString(raw[:len(raw)-16])},
		{name: "too long", cursor: strings.Repeat("A", MaxCursorLength+1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			reader, fingerprint := codec, "fingerprint"
			if test.codec != nil {
				reader = test.codec
			}
			if test.fingerprint != "" {
				fingerprint = test.fingerprint
			}
			_, err := reader.Decode(test.cursor, fingerprint)
			requireClientError(t, err, CodeInvalidCursor)
		})
	}
}

func TestCursorExpires(t *testing.T) {
	issued := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := issued
	codec := &CursorCodec{Secret: []byte("secret of the tests"), MaxAge: 10 * time.Minute, Now: func() time.Time { return now }}
	cursor := codec.Encode(&Position{id: "u1"}, "f")
	for _, age := range []time.Duration{-time.Hour, 0, 10 * time.Minute} {
		now = issued.Add(age)
		_, err := codec.Decode(cursor, "f")
		require.NoError(t, err, age)
	}
	now = issued.Add(10*time.Minute + time.Second)
	_, err := codec.Decode(cursor, "f")
	requireClientError(t, err, CodeExpiredCursor)
	assert.Equal(t, "The cursor is older than 10m0s. Start the listing again.", err.(*Error).Detail)

	_, err = codec.Decode(cursor, "another query")
	requireClientError(t, err, CodeInvalidCursor)
}
