package mapping

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var sampleRows = []string{
	`{}`, `{ }`, `{"id":"u1","email":"ada@example.com","userRole":"ADMIN"}`,
	`{"id":7,"email":null,"on":true,"off":false}`, `{"id":-1.5e3}`, `{"id":12345678901234567890 }`,
	"{ \"id\" :\t\"u1\" ,\r\n\"email\": [ 1 , {\"id\":\"}\"} ] , \"userRole\":{\"a\":[]} }",
	`{"other":{"id":"not this"},"id":"u1"}`, `{"other":[{"id":"x"},"]",["}"]],"id":"u1"}`, `{"other":"\\","id":"\""}`,
	`{"other":"\\\"","id":"a\"b\\"}`, `{"\u0069d":"\u00e9\ud83d\ude00"}`, `{"id":"first","id":"last"}`, `{"id":"é\ud800"}`,
	"{\"id\":\"\xff\",\"\xfe\":1}", `{"":1,"i":2,"idx":3,"ID":4}`, `{"id":{}}`, `{"id":[]}`, `{"id":""}`,
}

// A recordReader reads the fields that are wanted as decodeJSON does.
func TestRecordReader(t *testing.T) {
	reader := &recordReader{wanted: map[string]string{}}
	for _, name := range []string{"id", "email", "userRole", "on", "off"} {
		reader.wanted[name] = name
	}
	for _, row := range sampleRows {
		checkRecord(t, reader, row)
	}
	for _, row := range []string{`[]`, `"{}"`, `7`, `true`, `null`} {
		_, err := reader.read([]byte(row))
		assert.ErrorContains(t, err, "a user that is not an object", row)
	}
}

func FuzzRecordReader(f *testing.F) {
	for _, row := range sampleRows {
		f.Add(row)
	}
	f.Fuzz(func(t *testing.T, row string) {
		value := jsontext.Value(row)
		if !json.Valid(value) || value.Kind() != '{' || row[0] != '{' {
			return // the reader is only given the values of a list that was parsed, without blanks around them
		}
		checkRecord(t, &recordReader{wanted: map[string]string{"id": "id", "": ""}}, row)
	})
}

func checkRecord(t *testing.T, reader *recordReader, row string) {
	t.Helper()
	got, err := reader.read([]byte(row))
	require.NoError(t, err, row)
	all, err := decodeJSON([]byte(row))
	require.NoError(t, err, row)
	want := map[string]any{}
	for name, value := range all.(map[string]any) {
		if _, wanted := reader.wanted[name]; wanted {
			want[name] = value
		}
	}
	assert.Equal(t, want, got, row)
}
