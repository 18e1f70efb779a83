package conversation

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// other is a contract that has "n" where the stories have "m", and another family
// name.
var other = &Contract{
	Name: "other",
	Shown: func(body any) any {
		object, _ := body.(map[string]any)
		if wanted, ok := object["m"]; ok {
			object["n"] = wanted
			delete(object, "m")
		}
		return body
	},
	Held: func(line string) string { return strings.Replace(line, "Lovelace", "Admin", 1) },
}

func TestContract(t *testing.T) {
	get := "-- request --\nGET /Users/u1\n"
	tests := []struct {
		name  string
		story string
		wrong string // part of Play's error, "" for success
	}{
		{"rules convert the usual sections", get + "-- response --\n200\n\n{\"m\":2,\"<more>\":true}\n-- state --\nada@example.com EDITOR ACTIVE Ada Lovelace\n", ""},
		{"calls are not compared", get + "-- response --\n200\n\n{\"<more>\":true}\n-- suger --\nremove user\n", ""},
		{"a response of the contract", get + "-- response --\n404\n-- response other --\n200\n\n{\"n\":2,\"<more>\":true}\n", ""},
		{"rules do not convert a response of the contract", get + "-- response --\n404\n-- response other --\n200\n\n{\"m\":2,\"<more>\":true}\n", "body.m: missing, want 2"},
		{"a capture in a response of the contract", get + "-- response --\n404\n-- response other --\n200\n\n{\"id\":\"<capture id>\",\"<more>\":true}\n-- request --\nGET /Users/{{id}}\n-- response --\n200\n\n{\"<more>\":true}\n", ""},
		{"an unnecessary response of the contract", get + "-- response --\n200\n\n{\"<more>\":true}\n-- response other --\n200\n\n{\"<more>\":true}\n", "the response of this contract equals the usual one; remove it"},
		{"a state of the contract", get + "-- response --\n200\n\n{\"<more>\":true}\n-- state --\nada@example.com absent\n-- state other more --\nada@example.com EDITOR\n", ""},
		{"an unnecessary state of the contract", get + "-- response --\n200\n\n{\"<more>\":true}\n-- state --\nada@example.com EDITOR\n-- state other --\nada@example.com EDITOR\n", "the state of this contract equals the usual one; remove it"},
		{"the story ends for the contract", get + "-- response --\n200\n\n{\"<more>\":true}\n-- ends other --\nThere is nothing more here.\n-- request --\nGET /Nothing\n-- response --\n200\n", ""},
		{"the story ends for another contract", get + "-- response --\n200\n\n{\"<more>\":true}\n-- ends more --\nThere is nothing more.\n-- request --\nGET /Nothing\n-- response --\n200\n", "status: want 200, got 404"},
		{"sections of another contract", get + "-- response --\n200\n\n{\"<more>\":true}\n-- response more --\n500\n-- state more --\nada@example.com absent\n", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			story, err := Parse("story", prose+test.story)
			require.NoError(t, err)
			stack := newStack(t)
			stack.Contract = other
			err = story.Play(t.Context(), stack)
			if test.wrong == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.wrong)
		})
	}
}

func TestContractSectionsAreForTheirContract(t *testing.T) {
	story, err := Parse("story", prose+"-- request --\nGET /Users/u1\n-- response --\n200\n\n{\"<more>\":true}\n"+
		"-- response other --\n500\n-- state other more --\nada@example.com absent\n-- ends other --\nWhy.\n")
	require.NoError(t, err)
	require.NoError(t, story.Play(t.Context(), newStack(t)))
	assert.Equal(t, []string{"more", "other"}, story.Contracts())
	text, err := story.Update(t.Context(), newStack(t))
	require.NoError(t, err)
	assert.Contains(t, text, "-- state other more --\nada@example.com absent\n", "Update keeps the sections")
}

func TestParseRefusesSectionsOfContracts(t *testing.T) {
	get := "-- request --\nGET /Users/u1\n-- response --\n200\n"
	tests := []struct{ name, story, wrong string }{
		{"a state before the first request", "-- state other --\na\n" + get, "line 6: -- state other -- does not belong here"},
		{"a request for a contract", get + "-- request other --\nGET /\n", "line 10: -- request other --: repeated, or not a section for contracts"},
		{"a second state for a contract", get + "-- state other --\na\n-- state more other --\na\n", "line 12: -- state more other --: repeated, or not a section for contracts"},
		{"an end without a reason", get + "-- ends other --\n\n", "line 10: -- ends other --: say why"},
		{"an empty response", get + "-- response other --\n", "the response other is empty"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("story", prose+test.story)
			assert.ErrorContains(t, err, test.wrong)
		})
	}
}
