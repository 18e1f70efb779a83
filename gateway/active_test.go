package gateway_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/scim"
)

// A request that ends access does so even if the value is misplaced or beside
// unsupported attributes; one whose active is ambiguous is not a success.
func TestActiveIsNeverLost(t *testing.T) {
	const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	operations := func(list string) string { return `{"Operations":[` + list + `]}` }
	user := func(members string) string { return `{"userName":"viewer@example.com",` + members + `}` }
	tests := []struct {
		name, method, body string
		ends               bool
	}{
		{"Entra ID, with a manager's id (RFC 7643 §4.3)", "PATCH", operations(`{"op":"Replace","path":"` + enterprise + `:manager.value","value":"M1"},{"op":"Replace","path":"active","value":"False"}`), true},
		{"beside a custom extension", "PATCH", operations(`{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:CustomExtension:2.0:User:tag","value":"x"},{"op":"replace","value":{"active":false,"shoeSize":5}}`), true},
		{"as active.value", "PATCH", operations(`{"op":"replace","path":"active.value","value":false}`), true},
		{"below an extension", "PATCH", operations(`{"op":"replace","path":"` + sugerUser + `:active","value":false}`), true},
		{"and then removed", "PATCH", operations(`{"op":"replace","path":"active","value":false},{"op":"remove","path":"active"}`), true},
		{"below an extension, PUT", "PUT", user(`"` + sugerUser + `":{"active":false}`), true},
		{"inside name, PUT", "PUT", user(`"name":{"active":"false"}`), true},

		{"removed", "PATCH", operations(`{"op":"remove","path":"active"}`), false},
		{"null", "PATCH", operations(`{"op":"replace","path":"active","value":null}`), false},
		{"null without a path", "PATCH", operations(`{"op":"add","value":{"active":null}}`), false},
		{"empty, PUT", "PUT", user(`"active":""`), false},
		{"two values, PUT", "PUT", user(`"active":false,"urn:ietf:params:scim:schemas:core:2.0:User":{"active":true}`), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := newStack(t)
			path := "/scim/v2/Users/" + s.id("viewer")
			a := s.do(test.method, path, test.body)
			if test.ends {
				require.Equal(t, http.StatusOK, a.status, a.text)
				assert.Equal(t, false, a.body["active"])
			} else {
				assertError(t, a, http.StatusBadRequest, "invalidValue", scim.CodeInvalidValue)
			}
			assert.Equal(t, !test.ends, s.get(path).body["active"])
		})
	}
}
