package sandbox

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"time"
)

// webPage is what proxies and login walls answer in place of an API.
const webPage = "<!DOCTYPE html>\n<html><head><title>Please wait</title></head><body><h1>Please wait</h1></body></html>\n"

// distort spoils an answer.
func (s *Sandbox) distort(out answer, f *Fault) answer {
	if f.status() != 0 {
		return s.errorStatus(f)
	}
	switch f.Kind {
	case Cut:
		if len(out.body) == 0 {
			out = out.withBody([]byte("{}"))
		}
		out.cut = true
	case Truncated:
		if len(out.body) == 0 {
			return out.withBody([]byte("{"))
		}
		out.body = out.body[:(len(out.body)+1)/2]
	case HTML:
		return page(http.StatusOK)
	case Empty:
		out.body = nil
	case WrongShape:
		return out.withBody(otherShape(out.body))
	case Literal:
		return out.withBody([]byte(f.Body))
	case WrongOrganization:
		out.body = mapStrings(out.body, func(text string) string {
			if text == s.organization {
				return text + "X"
			}
			return text
		})
	}
	return out
}

// withBody replaces the body; an answer that could have none becomes a 200.
func (a answer) withBody(body []byte) answer {
	if a.status == http.StatusNoContent {
		a.status = http.StatusOK
	}
	a.header.Set("Content-Type", "application/json")
	a.body = body
	return a
}

// page is a web page; the headers of the answer it stands for are lost.
func page(status int) answer {
	return answer{status: status, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, body: []byte(webPage)}
}

// errorStatus is the answer of a status fault. A 502, 503 or 504 is a web page,
// since it comes from something in front of the API.
func (s *Sandbox) errorStatus(f *Fault) answer {
	var out answer
	switch code := f.status(); code {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		out = page(code)
	default:
		out = s.refused(refuse(code, "injected fault: status %d", code))
	}
	wait := (f.RetryAfter + time.Second - 1).Truncate(time.Second)
	switch f.Retry {
	case RetrySeconds:
		out.header.Set("Retry-After", strconv.FormatInt(int64(wait/time.Second), 10))
	case RetryDate:
		out.header.Set("Retry-After", s.clock().Add(wait).UTC().Format(http.TimeFormat))
	}
	return out
}

// otherShape is JSON that nobody could have expected: a list for an object,
// an object for anything else.
func otherShape(body []byte) []byte {
	if bytes.HasPrefix(body, []byte("{")) {
		return []byte(`["ok"]`)
	}
	return []byte(`{"result":"ok"}`)
}

// skewed moves all times in the answer.
func skewed(out answer, by time.Duration) answer {
	out.body = mapStrings(out.body, func(text string) string {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return text
		}
		return at.Add(by).Format(timeFormat)
	})
	return out
}

// mapStrings replaces the strings in a JSON text; another text stays as it is.
func mapStrings(body []byte, replace func(string) string) []byte {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return body
	}
	mapped, err := json.Marshal(mapValue(value, replace))
	if err != nil {
		return body
	}
	return mapped
}

func mapValue(value any, replace func(string) string) any {
	switch v := value.(type) {
	case string:
		return replace(v)
	case []any:
		for i := range v {
			v[i] = mapValue(v[i], replace)
		}
	case map[string]any:
		for name := range v {
			v[name] = mapValue(v[name], replace)
		}
	}
	return value
}

// reset resets the connection as a crashed server or a firewall would: the
// client reads an error, not the end of the answer. Where the connection
// cannot be had (HTTP/2), it is broken off.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	raw := connection
	if secure, ok := connection.(*tls.Conn); ok {
		raw = secure.NetConn()
	}
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // close with RST rather than FIN
	}
	_ = raw.Close()
}
