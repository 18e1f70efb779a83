package conversation

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
)

// oktaHeader is what Okta sends with each request, as captured from its
// requests to public test servers.
var oktaHeader = []headerLine{
	{"User-Agent", "Okta SCIM Client 1.0.0"},
	{"Accept", "application/scim+json"},
	{"Accept-Charset", "utf-8"},
	{"Authorization", "Bearer {{token}}"},
}

// An answer is a response as it came.
type answer struct {
	status int
	header http.Header
	body   string
}

func (p *player) ask(ctx context.Context, m message) (*answer, error) {
	request, err := p.request(ctx, m)
	if err != nil {
		return nil, err
	}
	client := p.stack.Client
	if client == nil {
		client = http.DefaultClient
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	return &answer{status: response.StatusCode, header: response.Header, body: string(body)}, nil
}

func (p *player) request(ctx context.Context, m message) (*http.Request, error) {
	first, err := p.values.expand(m.first)
	if err != nil {
		return nil, err
	}
	method, path, ok := strings.Cut(first, " ")
	if !ok || !strings.HasPrefix(path, "/") || strings.ContainsAny(path, ` "`) {
		return nil, fmt.Errorf("%q is not a method and a path as on the wire", first)
	}
	body, err := p.values.expand(m.body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, method, p.stack.BaseURL+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	lines := slices.Concat(oktaHeader, p.header, m.header)
	if body != "" {
		lines = slices.Insert(lines, 0, headerLine{"Content-Type", "application/scim+json; charset=utf-8"})
	}
	for _, line := range lines {
		value, err := p.values.expand(line.value)
		if err != nil {
			return nil, err
		}
		request.Header.Set(line.name, value)
		if value == "" {
			request.Header.Del(line.name)
		}
	}
	return request, nil
}
