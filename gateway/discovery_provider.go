package gateway

import (
	"strconv"

	"suger-scim-gateway/internal/scim"
)

// describeProvider is the ServiceProviderConfig (RFC 7643 §5, RFC 9865 §4),
// with the limits that are in force.
func describeProvider(config Config) document {
	body := map[string]any{
		"schemas": []string{scim.URNServiceProviderConfig},
		"patch":   supported(true),
		"bulk": map[string]any{
			"supported":      true,
			"maxOperations":  config.MaxBulkOperations,
			"maxPayloadSize": config.MaxBody,
		},
		"filter":         map[string]any{"supported": true, "maxResults": scim.MaxPageSize},
		"changePassword": supported(false),
		"sort":           supported(true),
		"etag":           supported(true),
		"pagination": map[string]any{
			"cursor":                  true,
			"index":                   true,
			"defaultPaginationMethod": "index",
			"defaultPageSize":         scim.DefaultPageSize,
			"maxPageSize":             scim.MaxPageSize,
			"cursorTimeout":           int(cursorAge.Seconds()),
		},
		"authenticationSchemes": []map[string]any{{
			"type":        "oauthbearertoken",
			"name":        "Bearer token",
			"description": "The token in the Authorization header, after the word Bearer.",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750",
			"primary":     true,
		}},
	}
	if config.DocumentationURL != "" {
		body["documentationUri"] = config.DocumentationURL
	}
	described := document{kind: "ServiceProviderConfig", location: "/ServiceProviderConfig", body: body}
	if config.Version != "" {
		described.version = "W/" + strconv.Quote(config.Version)
	}
	return described
}

func supported(yes bool) map[string]any { return map[string]any{"supported": yes} }
