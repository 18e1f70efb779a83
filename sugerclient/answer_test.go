package sugerclient

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnswersThatAreRead(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		status int
		body   string
	}{
		{"array", say(200, `[{"id":"u1"}]`), 200, `[{"id":"u1"}]`},
		{"empty JSON string after a removal", say(200, `""`), 200, `""`},
		{"no content", say(204, ``), 204, ``},
		{"created without a body", say(201, ``), 201, ``},
		{"blanks are no body", say(200, " \n"), 200, ``},
		{"JSON under another content type", say(200, `{}`, "Content-Type", "text/plain"), 200, `{}`},
		{"as long as allowed", say(200, `"`+strings.Repeat("x", 62)+`"`), 200, `"` + strings.Repeat("x", 62) + `"`},
		{"compressed", zipped(`[{"id":"u1"}]`), 200, `[{"id":"u1"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			client, _ := newClient(t, s.URL)
			client.maxAnswer = 64
			answer, err := client.Do(t.Context(), testKey, listUsers)
			require.NoError(t, err)
			assert.Equal(t, tt.status, answer.Status)
			assert.Equal(t, tt.body, string(answer.Body))
		})
	}
}

func zipped(text string) http.HandlerFunc {
	var buffer bytes.Buffer
	writer := gzip.NewWriter(&buffer)
	_, _ = writer.Write([]byte(text))
	_ = writer.Close()
	return say(200, buffer.String(), "Content-Encoding", "gzip")
}

func TestUnusableAnswers(t *testing.T) {
	bomb := zipped(`"` + strings.Repeat("x", 10<<20) + `"`)
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"small when compressed, too long when not", bomb, "the answer is longer than 64 bytes"},
		{"login page", say(200, `<html>`, "Content-Type", "text/html; charset=utf-8"), "the answer is not JSON but text/html"},
		{"no content type", say(200, `OK`, "Content-Type", ""), "the answer is not JSON but of an unknown type"},
		{"redirect", say(307, ``, "Location", "https://login.example.com"), "redirects are not followed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, tt.answer)
			client, _ := newClient(t, s.URL)
			client.maxAnswer = 64
			_, err := client.Do(t.Context(), testKey, listUsers)
			assert.Equal(t, Unreadable, failure(t, err).Kind)
			assert.ErrorContains(t, err, tt.want)
		})
	}
}

var messages = []struct{ name, body, want string }{
	{"bare JSON string, as in Suger's specification", `"user not found"`, "user not found"},
	{"object with message", `{"message":"no seat left","code":7}`, "no seat left"},
	{"object with error", `{"error":"invalid_request"}`, "invalid_request"},
	{"error object", `{"error":{"code":400,"message":"bad role"}}`, "bad role"},
	{"object with detail", `{"detail":"not allowed"}`, "not allowed"},
	{"message goes first", `{"error":"Bad Request","message":"email is taken"}`, "email is taken"},
	{"object of an unknown form", `{"reason": "x"}`, `{"reason": "x"}`},
	{"array", `["a","b"]`, `["a","b"]`},
	{"nothing", ``, ``},
	{"plain text", "upstream connect error\n", "upstream connect error"},
	{"cut JSON", `{"message":"no`, `{"message":"no`},
	{"HTML page", "<!DOCTYPE html><html><head><title>502 Bad Gateway</title><style>p{color:red}</style></head>\n<body><h1>Bad&nbsp;Gateway</h1><script>steal()</script></body>", ""},
	{"tag in a JSON string", `"<b>bold</b> <img src=x onerror=alert(1)>move"`, "‹b>bold‹/b> ‹img src=x onerror=alert(1)>move"},
	{"tag spelled with entities", `"&lt;script&gt;alert(1)&lt;/script&gt;ok"`, "&lt;script&gt;alert(1)&lt;/script&gt;ok"},
	{"tag without an end", `"see <img src=x"`, "see ‹img src=x"},
	{"less-than", `"seats 3 < 5"`, "seats 3 ‹ 5"},
	{"control characters", `"a\u0000b\u001b[31mc\r\nd\u0085e"`, "a b [31mc d e"},
	{"direction override", `"abc\u202edef\u200b"`, "abcdef"},
	{"hidden character within a tag's opening", `"<\u200bimg src=x>y"`, "‹img src=x>y"},
	{"not UTF-8", "bad \xff\xfe byte", "bad byte"},
	{"too long, cut between characters", `"` + strings.Repeat("é", 300) + `"`, strings.Repeat("é", 256)},
	{"credential", `"key suger-key-1234567890 is unknown"`, "key [credential] is unknown"},
}

func TestErrorMessages(t *testing.T) {
	for _, tt := range messages {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, say(400, tt.body))
			client, _ := newClient(t, s.URL)
			_, err := client.Do(t.Context(), testKey, listUsers)
			fail := failure(t, err)
			fail.Code = "" // TestAnErrorRuleFindsErrorsIn2xxAnswers
			assert.Equal(t, &Error{Operation: "list users", Kind: Refused, Status: 400, Message: tt.want}, fail)
		})
	}
}

func TestErrorBodyMayBeCutOrEndless(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"cut":     raw("HTTP/1.1 403 Forbidden\r\nContent-Length: 500\r\n\r\nnot allowed"),
		"endless": say(403, "not allowed"+strings.Repeat(" ", 1<<20)),
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, answer)
			client, _ := newClient(t, s.URL)
			_, err := client.Do(t.Context(), testKey, listUsers)
			assert.Equal(t, &Error{Operation: "list users", Kind: Refused, Status: 403, Message: "not allowed"}, failure(t, err))
		})
	}
}

func FuzzReadMessage(f *testing.F) {
	for _, tt := range messages {
		f.Add([]byte(tt.body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := readMessage(body, "", []string{"suger-key-1234567890"})
		assert.LessOrEqual(t, len(text), maxMessage)
		assert.True(t, utf8.ValidString(text))
		assert.False(t, strings.ContainsFunc(text, unicode.IsControl))
		assert.NotContains(t, text, "<")
	})
}

func TestErrorText(t *testing.T) {
	err := &Error{Operation: "add user", Kind: Refused, Status: 400, Message: "no seat left"}
	assert.Equal(t, "suger: add user: refused (400): no seat left", err.Error())
	err = &Error{Operation: "add user", Kind: Unavailable, Err: &Error{Operation: "get token", Kind: Throttled, Status: 429}}
	assert.Equal(t, "suger: add user: unavailable: suger: get token: throttled (429)", err.Error())
}

func TestCredentialNeverPrints(t *testing.T) {
	holder := struct {
		Name string
		Cred Credential
	}{"ada", testKey}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "cred", testKey, "in", holder)
	encoded, err := json.Marshal(holder)
	require.NoError(t, err)
	printed := fmt.Sprintf("%v %s %q %x %#v %+v %#v", testKey, testKey, testKey, testKey, testKey, holder, holder)
	for _, text := range []string{printed, log.String(), string(encoded)} {
		assert.Contains(t, text, "[credential]")
		assert.NotContains(t, text, "1234567890")
		assert.NotContains(t, text, fmt.Sprintf("%x", "1234567890"))
	}
}
