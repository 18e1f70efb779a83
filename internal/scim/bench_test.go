package scim

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkDecodeGroup(b *testing.B) {
	data, err := json.Marshal(largeGroup(5000))
	require.NoError(b, err)
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := DecodeObject(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalizeUser(b *testing.B) {
	rt, raw := gatewayUser(), object(b, patchUser)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rt.Normalize(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNormalizeGroup(b *testing.B) {
	rt, raw := wholeGroup(), largeGroup(5000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rt.Normalize(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkPatch(b *testing.B, rt *ResourceType, current Resource, operations string) {
	body := object(b, `{"Operations":`+operations+`}`)
	b.ReportAllocs()
	for b.Loop() {
		parsed, err := ParsePatch(body, rt)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := rt.ApplyPatch(b.Context(), current, parsed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPatchUser(b *testing.B) {
	benchmarkPatch(b, gatewayUser(), object(b, patchUser), `[{"op":"replace","value":{"active":false}}]`)
}

func BenchmarkPatchGroup(b *testing.B) {
	benchmarkPatch(b, wholeGroup(), largeGroup(5000), memberChanges(MaxPatchOperations))
}

func BenchmarkProjectUser(b *testing.B) {
	p, err := ParseProjection(gatewayUser(), "userName,name.givenName,emails.value", "")
	require.NoError(b, err)
	r := Resource(object(b, patchUser))
	b.ReportAllocs()
	for b.Loop() {
		p.Apply(r)
	}
}

func BenchmarkSort10000(b *testing.B) {
	resources := make([]Resource, 10_000)
	for i := range resources {
		resources[i] = Resource{"id": fmt.Sprint(i), "userName": fmt.Sprintf("User%d@example.com", i*7919%10_000)}
	}
	q := &Query{SortBy: sortBy(b, "userName"), Count: 100}
	b.ReportAllocs()
	for b.Loop() {
		q.Select(len(resources), at(resources))
	}
}

func BenchmarkPageOf100000(b *testing.B) {
	resources := make([]Resource, 100_000)
	for i := range resources {
		resources[i] = Resource{"id": fmt.Sprintf("%06d", i)}
	}
	q := &Query{Count: 100, Cursor: &Position{ID: "050000"}}
	b.ReportAllocs()
	for b.Loop() {
		q.Select(len(resources), at(resources))
	}
}

func BenchmarkEncodeList(b *testing.B) {
	page := make([]Resource, 100)
	for i := range page {
		page[i] = object(b, patchUser)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Marshal(ListResponse{TotalResults: 100, StartIndex: 1, Resources: page}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVersionUser(b *testing.B) {
	r := Resource(object(b, patchUser))
	b.ReportAllocs()
	for b.Loop() {
		Version(r)
	}
}

func BenchmarkCursor(b *testing.B) {
	codec := testCodec("secret of the tests")
	position := &Position{Created: "2026-01-01T00:00:00Z", ID: "u1"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Decode(codec.Encode(position, "f"), "f"); err != nil {
			b.Fatal(err)
		}
	}
}
