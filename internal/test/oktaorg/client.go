package oktaorg

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
)

// A Client is Okta as a SCIM client.
type Client struct {
	BaseURL       string // without a trailing slash
	Authorization string // the whole Authorization header
	HTTP          *http.Client

	// Put makes changes by GET and PUT, as apps of the App Integration Wizard do;
	// otherwise changes are PATCH requests, as in apps from Okta's templates.
	Put bool
}

// attributes returns the template's mapping of a person, including phone and title,
// which Suger users do not have.
func attributes(p *person) map[string]any {
	mapped := map[string]any{
		"userName": p.Profile["login"],
		"name":     map[string]any{"givenName": p.Profile["firstName"], "familyName": p.Profile["lastName"]},
		"emails":   []any{map[string]any{"primary": true, "value": p.Profile["email"], "type": "work"}},
		"active":   true,
	}
	if title := p.Profile["title"]; title != "" {
		mapped["title"] = title
		mapped["phoneNumbers"] = []any{map[string]any{"primary": true, "value": p.Profile["primaryPhone"], "type": "work"}}
	}
	return mapped
}

// provision looks the person up and creates or links the user. It returns the
// user's id.
func (c *Client) provision(ctx context.Context, p *person) (id string, err error) {
	query := url.Values{
		"filter":     {fmt.Sprintf("userName eq %q", p.Profile["login"])},
		"startIndex": {"1"}, "count": {"100"},
	}
	found, err := c.call(ctx, http.MethodGet, "/Users?"+query.Encode(), nil, http.StatusOK)
	if err != nil {
		return "", err
	}
	if resources, _ := found["Resources"].([]any); len(resources) > 0 {
		user, _ := resources[0].(map[string]any)
		id, _ = user["id"].(string)
		if err := c.update(ctx, id, map[string]any{"active": true}); err != nil {
			return id, err
		}
		return id, c.update(ctx, id, attributes(p))
	}
	body := attributes(p)
	maps.Copy(body, map[string]any{
		"schemas":     []string{"urn:ietf:params:scim:schemas:core:2.0:User"},
		"displayName": p.Profile["firstName"] + " " + p.Profile["lastName"],
		"locale":      "en-US", "externalId": p.ID, "groups": []any{}, "password": "thrown-away-1",
	})
	created, err := c.call(ctx, http.MethodPost, "/Users", body, http.StatusCreated)
	if err != nil {
		return "", err
	}
	id, _ = created["id"].(string)
	if id == "" {
		return "", fmt.Errorf("POST /Users: Create new user returned empty user")
	}
	return id, nil
}

// update changes attributes of the user.
func (c *Client) update(ctx context.Context, id string, changed map[string]any) error {
	path := "/Users/" + url.PathEscape(id)
	if !c.Put {
		_, err := c.call(ctx, http.MethodPatch, path, map[string]any{
			"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
			"Operations": []any{map[string]any{"op": "replace", "value": changed}},
		}, http.StatusOK)
		return err
	}
	user, err := c.call(ctx, http.MethodGet, path, nil, http.StatusOK)
	if err != nil {
		return err
	}
	maps.Copy(user, changed)
	_, err = c.call(ctx, http.MethodPut, path, user, http.StatusOK)
	return err
}

// call makes one SCIM call and returns the body.
func (c *Client) call(ctx context.Context, method, path string, body map[string]any, want int) (map[string]any, error) {
	var sent io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.BaseURL+path, sent)
	if err != nil {
		return nil, err
	}
	request.Header = http.Header{
		"User-Agent":    {"Okta SCIM Client 1.0.0"},
		"Accept":        {"application/scim+json"},
		"Authorization": {c.Authorization},
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	}
	if response.StatusCode != want {
		return nil, fmt.Errorf("%s %s: want %d, got %d: %.300s", method, path, want, response.StatusCode, data)
	}
	var answer map[string]any
	if err := json.Unmarshal(data, &answer); err != nil {
		return nil, fmt.Errorf("%s %s: Invalid JSON: %w", method, path, err)
	}
	return answer, nil
}
