package runscope

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// service answers with invented data and echoes the request.
func service(t *testing.T) string {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /Users", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"schemas":["urn:a","urn:b"],"totalResults":2,"big":"2","none":null,"off":false,"empty":[],"object":{},
			"filter":%q,"token":%q,"Resources":[{"id":"u1","name":{"givenName":"Ann"},"emails":[{"value":"ann@example.com"}]}]}`,
			r.URL.Query().Get("filter"), r.Header.Get("Authorization"))
	})
	mux.HandleFunc("POST /Users", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	})
	mux.HandleFunc("GET /text", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "plain") })
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// runSteps runs a suite with the given steps.
func runSteps(t *testing.T, steps string) (Report, error) {
	file := filepath.Join(t.TempDir(), "suite.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"name":"invented","steps":[`+steps+`]}`), 0o600))
	suites, err := Load(file)
	require.NoError(t, err)
	return Run(t.Context(), suites[0], map[string]string{"base": service(t), "auth": "Bearer x", "who": "ann@example.com"}, t.Logf)
}

func TestAssertions(t *testing.T) {
	tests := []struct {
		name, assertion string
		wrong           string // part of the error, "" for success
	}{
		{"status", `"equal_number","source":"response_status","value":"200"`, ""},
		{"status as a number", `"equal_number","source":"response_status","value":200`, ""},
		{"another status", `"equal_number","source":"response_status","value":"201"`, "want equal_number 201, got 200"},
		{"a number equal as text", `"equal","source":"response_json","property":"totalResults","value":"2"`, ""},
		{"text equal to a number", `"equal_number","source":"response_json","property":"big","value":"2"`, ""},
		{"not equal", `"equal","source":"response_json","property":"totalResults","value":"3"`, "got 2"},
		{"a boolean equal as text", `"equal","source":"response_json","property":"off","value":"false"`, ""},
		{"a variable in the value", `"equal","source":"response_json","property":"Resources[0].emails[0].value","value":"{{who}}"`, ""},
		{"an unknown variable in the value", `"equal","source":"response_json","property":"big","value":"{{x}}"`, "the variable x has no value"},
		{"a number", `"is_a_number","source":"response_json","property":"totalResults"`, ""},
		{"a number as text is not a number", `"is_a_number","source":"response_json","property":"big"`, "is_a_number"},
		{"an array that has the value", `"has_value","source":"response_json","property":"schemas","value":"urn:b"`, ""},
		{"an array without the value", `"has_value","source":"response_json","property":"schemas","value":"urn"`, "has_value urn"},
		{"an array that contains the value", `"contains","source":"response_json","property":"schemas","value":"urn:a"`, ""},
		{"a text without the value", `"contains","source":"response_json","property":"schemas","value":"urn:c"`, "contains urn:c"},
		{"an array is not empty", `"not_empty","source":"response_json","property":"Resources"`, ""},
		{"false is not empty", `"not_empty","source":"response_json","property":"off"`, ""},
		{"null is empty", `"not_empty","source":"response_json","property":"none"`, "not_empty"},
		{"an array without elements is empty", `"not_empty","source":"response_json","property":"empty"`, "not_empty"},
		{"an object without members is empty", `"not_empty","source":"response_json","property":"object"`, "not_empty"},
		{"a missing property", `"not_empty","source":"response_json","property":"Resources[0].userName"`, "there is no Resources[0].userName"},
		{"a missing element", `"not_empty","source":"response_json","property":"Resources[1].id"`, "there is no Resources[1].id"},
		{"a property in another notation", `"not_empty","source":"response_json","property":"$..id"`, `the property "$..id" is not supported`},
		{"an unknown comparison", `"is_like","source":"response_json","property":"big","value":"2"`, `the comparison "is_like" is not supported`},
		{"an unknown source", `"equal","source":"response_colour","value":"2"`, `the source "response_colour" is not supported`},
		{"the response time is not checked", `"is_less_than","source":"response_time","value":"0"},{"comparison":"not_empty","source":"response_status"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			report, err := runSteps(t, `{"step_type":"request","method":"GET","url":"{{base}}/Users","note":"n","assertions":[{"comparison":`+test.assertion+`}]}`)
			assert.Equal(t, 1, report.Assertions)
			if test.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.wrong)
			assert.ErrorContains(t, err, "step 1, n: ")
		})
	}
}

func TestAllFailuresAreReported(t *testing.T) {
	_, err := runSteps(t, `
		{"step_type":"request","method":"GET","url":"{{base}}/Users","note":"first","assertions":[
			{"comparison":"equal_number","source":"response_status","value":"404"},
			{"comparison":"equal","source":"response_json","property":"big","value":"3"}]},
		{"step_type":"request","method":"GET","url":"{{base}}/text","note":"second","assertions":[
			{"comparison":"not_empty","source":"response_json","property":"id"}]}`)
	require.EqualError(t, err, "step 1, first: response_status: want equal_number 404, got 200\n"+
		"step 1, first: response_json big: want equal 3, got 2\n"+
		"step 2, second: not_empty: there is no id")
}

func TestRun(t *testing.T) {
	report, err := runSteps(t, `
		{"step_type":"request","method":"GET","url":"{{base}}/Users?filter=userName eq \"{{who}}\"",
		 "headers":{"Authorization":["{{auth}}"],"Accept":"application/scim+json"},
		 "assertions":[
			{"comparison":"equal","source":"response_json","property":"filter","value":"userName eq \"ann@example.com\""},
			{"comparison":"equal","source":"response_json","property":"token","value":"Bearer x"}],
		 "variables":[{"source":"response_json","name":"id","property":"Resources[0].id"},{"source":"response_json","name":null,"property":""}]},
		{"step_type":"pause","duration":3600},
		{"step_type":"request","skipped":true,"method":"GET","url":"{{nothing}}"},
		{"step_type":"request","method":"POST","url":"{{base}}/Users","body":"{\"id\":\"{{id}}\"}","scripts":[""],
		 "assertions":[{"comparison":"equal","source":"response_json","property":"id","value":"u1"}]}`)
	require.NoError(t, err)
	assert.Equal(t, Report{Requests: 2, Assertions: 3, Skipped: 1}, report)
}

func TestUnsupportedStepFails(t *testing.T) {
	const ok = `"assertions":[{"comparison":"not_empty","source":"response_status"}]`
	tests := []struct {
		name, steps, wrong string
	}{
		{"a script", `{"step_type":"request","method":"GET","url":"{{base}}/Users","scripts":["assert(1)"],` + ok + `}`, "is not supported: assert(1)"},
		{"a script before the request", `{"step_type":"request","method":"GET","url":"{{base}}/Users","before_scripts":["x"],` + ok + `}`, "a script before the request"},
		{"a form", `{"step_type":"request","method":"GET","url":"{{base}}/Users","form":{"a":["b"]},` + ok + `}`, "forms and Runscope's own authentication"},
		{"a step type", `{"step_type":"condition"}`, `the step type "condition" is not supported`},
		{"an unknown variable", `{"step_type":"request","method":"GET","url":"{{bas}}/Users",` + ok + `}`, "the variable bas has no value"},
		{"a variable without a value", `{"step_type":"request","method":"GET","url":"{{base}}/Users","variables":[{"source":"response_json","name":"x","property":"x"}],` + ok + `}`, "no value for x"},
		{"no assertion", `{"step_type":"request","method":"GET","url":"{{base}}/Users"}`, `"invented" asserts nothing`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := runSteps(t, test.steps)
			require.ErrorContains(t, err, test.wrong)
		})
	}
}

func TestGroupsScript(t *testing.T) {
	tests := []struct {
		name, body, wrong string
	}{
		{"no group", `{"totalResults":0}`, ""},
		{"groups", `{"totalResults":2,"Resources":[{},{}]}`, ""},
		{"groups that are not an array", `{"totalResults":2,"Resources":{}}`, "there are 2 groups, but Resources is not an array"},
		{"no total", `{"Resources":[]}`, "totalResults is not a number"},
		{"not an object", `[]`, "totalResults is not a number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := groupsAreAnArray(&response{body: decodeBody([]byte(test.body))})
			if test.wrong == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.wrong)
		})
	}
}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	_, err := Load(dir)
	require.ErrorContains(t, err, "has no suite")
	_, err = Load(filepath.Join(dir, "none.json"))
	require.ErrorIs(t, err, os.ErrNotExist)

	file := filepath.Join(dir, "a.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"values":[]}`), 0o600))
	_, err = Load(dir)
	require.ErrorContains(t, err, "not a Runscope export")

	require.NoError(t, os.WriteFile(file, []byte(`{"name":"a","steps":[{"step_type":"pause"}]}`), 0o600))
	suites, err := Load(dir)
	require.NoError(t, err)
	assert.Equal(t, []Suite{{Name: "a", Steps: []Step{{Type: "pause"}}}}, suites)
}
