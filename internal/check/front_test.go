package check_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
)

// A front is between the check and the sandbox and changes its behavior.
type front = func(suger http.Handler) http.Handler

// asks changes requests.
func asks(change func(r *http.Request)) front {
	return func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			change(r)
			suger.ServeHTTP(w, r)
		})
	}
}

// forgets makes Suger ignore a query parameter.
func forgets(parameter string) front {
	return asks(func(r *http.Request) {
		query := r.URL.Query()
		query.Del(parameter)
		r.URL.RawQuery = query.Encode()
	})
}

// sends changes the JSON objects that are sent with a method.
func sends(method string, change func(body map[string]any)) front {
	return asks(func(r *http.Request) {
		var body map[string]any
		if r.Method != method || json.NewDecoder(r.Body).Decode(&body) != nil {
			return
		}
		change(body)
		data, _ := json.Marshal(body)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	})
}

// ignores makes Suger accept a field that is sent with a method, and do nothing.
func ignores(method, field string) front {
	return sends(method, func(body map[string]any) { delete(body, field) })
}

// answers changes the JSON that is answered, with success, to some requests.
func answers(to func(r *http.Request) bool, change func(value any) any) front {
	return func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			recorder := httptest.NewRecorder()
			suger.ServeHTTP(recorder, r)
			body := recorder.Body.Bytes()
			var value any
			if recorder.Code < 300 && to(r) && json.Unmarshal(body, &value) == nil {
				body, _ = json.Marshal(change(value))
			}
			maps.Copy(w.Header(), recorder.Header())
			w.Header().Del("Content-Length")
			w.WriteHeader(recorder.Code)
			_, _ = w.Write(body)
		})
	}
}

// status answers some requests with a status and a message.
func status(to func(r *http.Request) bool, code int, message string) front {
	return func(suger http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !to(r) {
				suger.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(code)
			_ = json.NewEncoder(w).Encode(message)
		})
	}
}

// listFailsAfter answers the list of users with 500 once a request of some
// method has been made.
func listFailsAfter(method string) front {
	return func(suger http.Handler) http.Handler {
		var made atomic.Bool
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if made.Load() && toList(r) {
				http.Error(w, `"out of order"`, http.StatusInternalServerError)
				return
			}
			suger.ServeHTTP(w, r)
			if r.Method == method {
				made.Store(true)
			}
		})
	}
}

// toList are requests for the list of users of the working contract, toOne those
// for a single user, toRoles those for the list of roles.
func toList(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/user")
}
func toOne(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/user/")
}
func toRoles(r *http.Request) bool {
	return r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/role")
}

// with returns every request of a method.
func with(method string) func(r *http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method }
}

// toUsers are requests whose answers hold users.
func toUsers(r *http.Request) bool { return strings.Contains(r.URL.Path, "/user") }

// wrapped puts an answer into an object.
func wrapped(name string) func(any) any {
	return func(value any) any { return map[string]any{name: value} }
}

// users changes every user in an answer.
func users(change func(user map[string]any)) func(any) any {
	return func(value any) any {
		if list, ok := value.([]any); ok {
			for _, user := range list {
				change(user.(map[string]any))
			}
		}
		if user, ok := value.(map[string]any); ok {
			change(user)
		}
		return value
	}
}

// renamed gives a field of every user another name.
func renamed(from, to string) front {
	return answers(toUsers, users(func(user map[string]any) {
		if value, ok := user[from]; ok {
			delete(user, from)
			user[to] = value
		}
	}))
}

// inverted replaces a flag of users by one that means the opposite, in both
// directions.
func inverted(from, to string) front {
	turn := func(user map[string]any, from, to string) {
		if value, ok := user[from].(bool); ok {
			delete(user, from)
			user[to] = !value
		}
	}
	return func(suger http.Handler) http.Handler {
		asked := suger
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch} {
			asked = sends(method, func(body map[string]any) { turn(body, to, from) })(asked)
		}
		return answers(func(*http.Request) bool { return true }, func(value any) any {
			var walk func(any)
			walk = func(value any) {
				switch v := value.(type) {
				case map[string]any:
					turn(v, from, to)
					for _, inner := range v {
						walk(inner)
					}
				case []any:
					for _, inner := range v {
						walk(inner)
					}
				}
			}
			walk(value)
			return value
		})(asked)
	}
}

// capped cuts pages of the working contract to a number of rows.
func capped(most int) front {
	return answers(toList, func(value any) any {
		if list, ok := value.([]any); ok && len(list) > most {
			return list[:most]
		}
		return value
	})
}
