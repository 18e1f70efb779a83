package gateway

import (
	"strconv"

	"suger-scim-gateway/internal/scim"
)

// describeProvider is the ServiceProviderConfig (RFC 7643 §5, RFC 9865 §4),
// with the current limits, and what draft-ietf-scim-roles-entitlements-01
// adds to it. It claims draft-zollner-scim-interop-profile where that is kept:
// in strict mode, and if a PATCH that deactivates does not delete.
func describeProvider(config Config, user *scim.ResourceType, manyRoles, keepsDeactivated bool) scim.Resource {
	canWrite := func(name string) bool {
		path, ok := user.Lookup(name)
		return ok && !path.Tolerated && path.Sub.Mutability != scim.ReadOnly
	}
	meta := map[string]any{"resourceType": "ServiceProviderConfig", "location": "/ServiceProviderConfig"}
	if config.Version != "" {
		meta["version"] = "W/" + strconv.Quote(config.Version)
	}
	body := scim.Resource{
		"meta":    meta,
		"schemas": []string{scim.URNServiceProviderConfig},
		"patch":   supported(true),
		"bulk": map[string]any{
			"supported":      true,
			"maxOperations":  maxBulkOperations,
			"maxPayloadSize": maxBody,
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
		"RolesAndEntitlements": map[string]any{
			"roles": map[string]any{
				"supported":              true,
				"multipleRolesSupported": manyRoles,
				"primarySupported":       canWrite("roles.primary"),
				"typeSupported":          canWrite("roles.type"),
			},
			"entitlements": map[string]any{
				"supported": false, "multipleEntitlementsSupported": false, "primarySupported": false, "typeSupported": false,
			},
		},
		"authenticationSchemes": []map[string]any{{
			"type":        "oauthbearertoken",
			"name":        "Bearer token",
			"description": "The token in the Authorization header, after the word Bearer.",
			"specUri":     "https://www.rfc-editor.org/info/rfc6750",
			"primary":     true,
		}},
	}
	if config.Strict && keepsDeactivated {
		body["interopProfileConformant"] = true
	}
	if config.DocumentationURL != "" {
		body["documentationUri"] = config.DocumentationURL
	}
	return body
}

func supported(yes bool) map[string]any { return map[string]any{"supported": yes} }
