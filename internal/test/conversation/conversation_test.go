package conversation

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// prose is the head that every story needs. All data here is invented.
const prose = "A person is read.\n\nClient: none.\nSource: invented.\n\n"

// newStack serves one person under a path prefix, as a gateway would.
func newStack(t *testing.T) Stack {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /scim/v2/Users/u1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json; charset=utf-8")
		w.Header().Set("ETag", `W/"7"`)
		w.Header().Set("X-Location", "/u1")
		fmt.Fprintf(w, `{"id":"u1","active":true,"n":2,"agent":%q,"location":"http://%s/scim/v2/Users/u1",
			"created":"2026-01-02T03:04:05Z","emails":[{"value":"ada@example.com"}]}`, r.UserAgent(), r.Host)
	})
	mux.HandleFunc("POST /scim/v2/Users", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	})
	mux.HandleFunc("GET /scim/v2/Plain", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{}`)
	})
	mux.HandleFunc("GET /scim/v2/Header", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		_, _ = fmt.Fprintf(w, `{"authorization":%q,"accept":%q}`, r.Header.Get("Authorization"), r.Header.Get("Accept"))
	})
	mux.HandleFunc("DELETE /scim/v2/Users/u1", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	calls := []string{}
	return Stack{
		BaseURL: server.URL + "/scim/v2",
		Token:   "secret-1",
		Calls: func() []string {
			seen := calls
			calls = []string{"get user"}
			return seen
		},
		State: func(email string) string {
			if email == "ada@example.com" {
				return "EDITOR ACTIVE Ada Admin"
			}
			return "absent"
		},
		Behind: func(line string) error {
			if line != "remove u1" {
				return fmt.Errorf("no such act")
			}
			return nil
		},
	}
}

const fullAnswer = `{"id":"u1","active":true,"n":2,"agent":"Okta SCIM Client 1.0.0","location":"{{base}}/Users/u1",
"created":"<time>","emails":[{"value":"ada@example.com"}]}` + "\n"

func TestPlay(t *testing.T) {
	get := "-- request --\nGET /Users/u1\n"
	tests := []struct {
		name  string
		story string
		wrong string // part of the error, "" if the story holds
	}{
		{name: "the exact answer", story: get + "-- response --\n200\n\n" + fullAnswer},
		{name: "another status", story: get + "-- response --\n201\n\n" + fullAnswer, wrong: "status: want 201, got 200"},
		{name: "a missing key", story: get + "-- response --\n200\n\n{\"x\":1,\"<more>\":1}\n", wrong: "body.x: missing, want 1"},
		{name: "a key too many", story: get + "-- response --\n200\n\n{\"id\":\"u1\"}\n", wrong: "body.active: unexpected, got true"},
		{name: "another value", story: get + "-- response --\n200\n\n{\"active\":false,\"<more>\":1}\n", wrong: "body.active: want false, got true"},
		{name: "a number as string", story: get + "-- response --\n200\n\n{\"n\":\"2\",\"<more>\":1}\n", wrong: `body.n: want "2", got 2`},
		{name: "a number written in another way", story: get + "-- response --\n200\n\n{\"n\":2.0,\"<more>\":1}\n", wrong: "body.n: want 2.0, got 2"},
		{name: "fewer elements", story: get + "-- response --\n200\n\n{\"emails\":[],\"<more>\":1}\n", wrong: "body.emails: want 0 elements, got 1"},
		{name: "an element that differs", story: get + "-- response --\n200\n\n{\"emails\":[{\"value\":\"bob@<any>\"}],\"<more>\":1}\n", wrong: `body.emails[0].value: want "bob@<any>", got "ada@example.com"`},
		{name: "another number of repeated elements", story: get + "-- response --\n200\n\n{\"emails\":[\"<2 times>\",\"<any>\"],\"<more>\":1}\n", wrong: "body.emails: want 2 elements, got 1"},
		{name: "no time", story: get + "-- response --\n200\n\n{\"id\":\"<time>\",\"<more>\":1}\n", wrong: "body.id: want"},
		{name: "a header", story: get + "-- response --\n200\nETag: W/\"<string>\"\n\n" + fullAnswer},
		{name: "a header with what the body captures", story: get + "-- response --\n200\nX-Location: /{{id}}\n\n{\"id\":\"<capture id>\",\"<more>\":1}\n"},
		{name: "another header", story: get + "-- response --\n200\nETag: W/\"8\"\n\n" + fullAnswer, wrong: "header ETag: want"},
		{name: "no body wanted", story: get + "-- response --\n200\n", wrong: "body: want"},
		{name: "no body", story: "-- request --\nDELETE /Users/u1\n-- response --\n204\n"},
		{name: "a body wanted", story: "-- request --\nDELETE /Users/u1\n-- response --\n204\n\n{}\n", wrong: "body: want"},
		{name: "a body without SCIM's media type", story: "-- request --\nGET /Plain\n-- response --\n200\n\n{}\n", wrong: `header Content-Type: want application/scim+json, got "application/json"`},
		{name: "a wanted body that is not JSON", story: get + "-- response --\n200\n\n{\n", wrong: "the expected body is not JSON"},
		{name: "a captured value is sent", story: get + "-- response --\n200\n\n{\"id\":\"<capture id>\",\"<more>\":1}\n-- request --\nPOST /Users\n\n{\"x\":\"{{id}}\"}\n-- response --\n201\n\n{\"x\":\"u1\"}\n"},
		{name: "a value that was not captured", story: "-- request --\nPOST /Users\n\n{\"x\":\"{{id}}\"}\n-- response --\n201\n\n{}\n", wrong: "nothing was captured as id"},
		{name: "a unique value met twice", story: get + "-- response --\n200\n\n{\"id\":\"<unique user>\",\"<more>\":1}\n" + get + "-- response --\n200\n\n{\"id\":\"<unique user>\",\"<more>\":1}\n", wrong: `"u1" occurred before in this story as user`},
		{name: "Okta's headers are sent", story: "-- request --\nGET /Header\n-- response --\n200\n\n{\"authorization\":\"Bearer secret-1\",\"accept\":\"application/scim+json\"}\n"},
		{name: "a header of the request replaces Okta's", story: "-- request --\nGET /Header\nAccept: x\nAuthorization:\n-- response --\n200\n\n{\"authorization\":\"\",\"accept\":\"x\"}\n"},
		{name: "a header of the story replaces Okta's", story: "-- given --\nheader Accept: y\n-- request --\nGET /Header\n-- response --\n200\n\n{\"authorization\":\"<any>\",\"accept\":\"y\"}\n"},
		{name: "a path that is not as on the wire", story: "-- request --\nGET /Users?filter=a eq 1\n-- response --\n200\n", wrong: "is not a method and a path as on the wire"},
		{name: "a response that was forgotten", story: get, wrong: "there is no -- response --"},
		{name: "Suger's calls", story: get + "-- response --\n200\n\n" + fullAnswer + "-- suger --\nget user\n"},
		{name: "other calls", story: get + "-- response --\n200\n\n" + fullAnswer + "-- suger --\nnone\n", wrong: "calls to Suger: want none; got get user"},
		{name: "Suger's state", story: get + "-- response --\n200\n\n" + fullAnswer + "-- state --\nada@example.com EDITOR ACTIVE\nbob@example.com absent\n"},
		{name: "another state", story: get + "-- response --\n200\n\n" + fullAnswer + "-- state --\nada@example.com EDIT\n", wrong: "ada@example.com in Suger: want EDIT, got EDITOR ACTIVE Ada Admin"},
		{name: "an act behind the gateway", story: "-- behind --\nremove u1\n"},
		{name: "an act that fails", story: "-- behind --\nremove u2\n", wrong: "remove u2: no such act"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			story, err := Parse("test.txtar", prose+test.story)
			require.NoError(t, err)
			err = story.Play(t.Context(), newStack(t))
			if test.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.wrong)
			assert.ErrorContains(t, err, "test.txtar:")
		})
	}
}

func TestFailureNamesItsPlace(t *testing.T) {
	story, err := Parse("dir/a.txtar", prose+"-- request --\nGET /Users/u1\n-- response --\n200\n\n{\"id\":\"u1\",\"<more>\":1}\n"+
		"-- request --\nGET /Header\n-- response --\n404\n\n{\"<more>\":1}\n")
	require.NoError(t, err)
	err = story.Play(t.Context(), newStack(t))
	require.EqualError(t, err, "dir/a.txtar:13: step 2, GET /Header:\n"+
		"  status: want 404, got 200\n"+
		"  complete answer: {\"authorization\":\"Bearer secret-1\",\"accept\":\"application/scim+json\"}")
}

func TestEachStepIsAnnounced(t *testing.T) {
	story, err := Parse("a", prose+"-- behind --\nremove u1\n-- request --\nDELETE /Users/u1\n-- response --\n204\n")
	require.NoError(t, err)
	stack, announced := newStack(t), []int{}
	stack.Before = func(step int) { announced = append(announced, step) }
	require.NoError(t, story.Play(t.Context(), stack))
	assert.Equal(t, []int{0, 1}, announced)
}

func TestUpdate(t *testing.T) {
	tests := []struct {
		name, before, after string
	}{
		{
			name:   "an answer that fits stays as it is written",
			before: "-- request --\nGET /Users/u1\n-- response --\n200\n\n" + fullAnswer,
			after:  "-- request --\nGET /Users/u1\n-- response --\n200\n\n" + fullAnswer,
		},
		{
			name: "patterns that fit are kept, the rest is written anew",
			before: "-- request --\nGET /Users/u1\n-- response --\n404\nETag: W/\"0\"\n\n" +
				`{"id":"<capture id>","active":false,"gone":1,"emails":"<any>"}` + "\n-- suger --\nget user\n",
			after: "-- request --\nGET /Users/u1\n-- response --\n200\nETag: W/\"<string>\"\n\n" + `{
  "active": true,
  "agent": "Okta SCIM Client 1.0.0",
  "created": "<time>",
  "emails": "<any>",
  "id": "<capture id>",
  "location": "{{base}}/Users/u1",
  "n": 2
}` + "\n-- suger --\nget user\n",
		},
		{
			name:   "a header that holds a captured value is kept",
			before: "-- request --\nGET /Users/u1\n-- response --\n201\nX-Location: /{{id}}\n\n{\"id\":\"<capture id>\",\"<more>\":1}\n",
			after:  "-- request --\nGET /Users/u1\n-- response --\n200\nX-Location: /{{id}}\n\n{\"id\":\"<capture id>\",\"<more>\":1}\n",
		},
		{
			name:   "a unique value is met once",
			before: "-- request --\nGET /Header\nAuthorization: x\n-- response --\n200\n\n{\"authorization\":\"<unique a>\"}\n",
			after:  "-- request --\nGET /Header\nAuthorization: x\n-- response --\n200\n\n{\"accept\":\"application/scim+json\",\"authorization\":\"<unique a>\"}\n",
		},
		{
			name:   "a missing response is added",
			before: "-- request --\nDELETE /Users/u1\n-- state --\nbob@example.com absent\n",
			after:  "-- request --\nDELETE /Users/u1\n-- response --\n204\n-- state --\nbob@example.com absent\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			story, err := Parse("a", prose+test.before)
			require.NoError(t, err)
			got, err := story.Update(t.Context(), newStack(t))
			require.NoError(t, err)
			assert.Equal(t, prose+test.after, got)
		})
	}
}

func TestUpdateLeavesOtherDifferencesToTheReader(t *testing.T) {
	story, err := Parse("a", prose+"-- request --\nGET /Users/u1\n-- response --\n404\n-- state --\nada@example.com VIEWER\n")
	require.NoError(t, err)
	_, err = story.Update(t.Context(), newStack(t))
	require.ErrorContains(t, err, "ada@example.com in Suger: want VIEWER")
}

func TestGeneralize(t *testing.T) {
	v := newValues("http://127.0.0.1:1/scim/v2", "token-value")
	v.named["id"] = "7f3a"
	v.named["short"] = "x"
	tests := map[string]string{
		"2026-01-02T03:04:05.123Z":                "<time>",
		`W/"abc"`:                                 `W/"<string>"`,
		"http://127.0.0.1:1/scim/v2/Users/7f3a":   "{{base}}/Users/{{id}}",
		"There is no x. [not_found, req-1]":       "There is no x. [not_found, <string>]",
		"an ordinary text [with brackets] inside": "an ordinary text [with brackets] inside",
	}
	for text, want := range tests {
		assert.Equal(t, want, v.generalize(text))
	}
}

func TestParseRefuses(t *testing.T) {
	request := "-- request --\nGET /Users\n"
	tests := []struct {
		name, data, wrong string
	}{
		{"no client in the prose", "Source: x\n" + request, `no line "Client:"`},
		{"no source in the prose", "A.\nClient: x\n" + request, `no line "Source:"`},
		{"nothing asked", prose + "-- given --\n", "no request"},
		{"an unknown section", prose + "-- reply --\n200\n", "there is no section -- reply --"},
		{"a response without a request", prose + "-- response --\n200\n", "line 6: -- response -- does not belong here"},
		{"two responses", prose + request + "-- response --\n200\n-- response --\n200\n", "does not belong here"},
		{"given in the middle", prose + request + "-- given --\npeople 1\n", "does not belong here"},
		{"calls without a request", prose + "-- suger --\nnone\n", "does not belong here"},
		{"calls that are not named", prose + request + "-- suger --\n\n", "write none"},
		{"state twice", prose + request + "-- state --\na b\n-- state --\na b\n", "does not belong here"},
		{"an empty request", prose + "-- request --\n\n", "the request is empty"},
		{"a body without a blank line", prose + "-- request --\nPOST /Users\n{\"a\":1}\n", "is not a header line"},
		{"an unknown word in given", prose + "-- given --\npeolpe 3\n", `unknown word "peolpe"`},
		{"a number that is none", prose + "-- given --\npeople many\n", "invalid syntax"},
		{"a setting without a value", prose + "-- given --\nsetting X\n", "needs an equals sign"},
		{"a header without a value", prose + "-- given --\nheader X\n", "needs a colon"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("a.txtar", test.data)
			require.ErrorContains(t, err, test.wrong)
			assert.ErrorContains(t, err, "a.txtar: ")
		})
	}
}

func TestParseGiven(t *testing.T) {
	story, err := Parse("a", prose+`-- given --
people 250
seats 9
setting GATEWAY_GROUP_ROLES=Suger Admins=ADMIN
header User-Agent: x
-- request --
GET /Users
`)
	require.NoError(t, err)
	assert.Equal(t, Given{
		People:   250,
		Seats:    9,
		Settings: map[string]string{"GATEWAY_GROUP_ROLES": "Suger Admins=ADMIN"},
		header:   []headerLine{{"User-Agent", "x"}},
	}, story.Given)
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(filepath.Join(dir, "*.txtar"))
	require.ErrorContains(t, err, "no story matches")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "b.txtar"), []byte(prose+"-- behind --\nx\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a.txtar"), []byte(prose+"-- behind --\nx\n"), 0o600))
	stories, err := Load(filepath.Join(dir, "*.txtar"))
	require.NoError(t, err)
	require.Len(t, stories, 2)
	assert.Equal(t, filepath.Join(dir, "a.txtar"), stories[0].File)
}

func TestLayout(t *testing.T) {
	long := strings.Repeat("sixty characters wide, ", 3)
	value := map[string]any{"b": []any{"<&>", map[string]any{"y": long, "x": long}}, "a": nil}
	assert.Equal(t, `{
  "a": null,
  "b": [
    "<&>",
    {
      "x": "`+long+`",
      "y": "`+long+`"
    }
  ]
}`, layout(value, ""))
}

func TestCompareJSON(t *testing.T) {
	assert.Empty(t, CompareJSON(`{"a":"<any>","<more>":true}`, `{"a":[1],"b":2}`))
	assert.Equal(t, []string{`answer.a: want 1, got 2`}, CompareJSON(`{"a":1}`, `{"a":2}`))
	assert.Contains(t, CompareJSON(`{`, `{}`)[0], "the pattern is not JSON")
	assert.Contains(t, CompareJSON(`{}`, `curl: (7) refused`)[0], "not JSON")
}

func TestCompareText(t *testing.T) {
	assert.Empty(t, CompareText("one <any>\nthree\n", "one two\nlines\nthree"))
	assert.Equal(t, []string{`want "one", got "two"`}, CompareText("one", "two"))
}
