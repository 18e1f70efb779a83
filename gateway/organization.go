package gateway

import (
	"net/url"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// chooseOrganization reads the organization from the path, or takes the
// configured one, and so settles what URLs of this exchange begin with.
func (s *server) chooseOrganization(x *exchange) error {
	organization, prefix := s.config.Organization, scimPrefix
	if strings.HasPrefix(x.Path(), organizationPrefix) {
		id, err := url.PathUnescape(x.Param("orgId"))
		if err != nil || !usableID(id) || !s.config.serves(id) {
			return scim.NewError(scim.CodeOrgUnknown,
				"The gateway does not serve the organization in the URL. Compare it with the organization id in Suger's console.")
		}
		// Cloned, as what is kept by organization must not keep the whole URL.
		organization, prefix = strings.Clone(id), strings.Replace(organizationPrefix, ":orgId", url.PathEscape(id), 1)
	}
	x.caller.Organization = organization
	x.base = s.origin(x.Request()) + prefix
	return nil
}
