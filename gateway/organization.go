package gateway

import (
	"net/url"
	"strings"

	"suger-scim-gateway/internal/scim"
)

// organizationOf is the organization that the path names, or the configured one.
func (s *server) organizationOf(x *exchange) (string, error) {
	if !strings.HasPrefix(x.Path(), organizationPrefix) {
		return s.config.Organization, nil
	}
	id, err := url.PathUnescape(x.Param("orgId"))
	if err != nil || !usableID(id) || !s.config.serves(id) {
		return "", scim.NewError(scim.CodeOrgUnknown,
			"The gateway does not serve the organization in the URL. Compare it with the organization id in Suger's console.")
	}
	return strings.Clone(id), nil // as what is kept by organization must not keep the whole URL
}

// chooseOrganization reads the organization from the path, or takes the
// configured one, and so settles what URLs of this exchange begin with.
func (s *server) chooseOrganization(x *exchange) error {
	organization, err := s.organizationOf(x)
	if err != nil {
		return err
	}
	prefix := scimPrefix
	if strings.HasPrefix(x.Path(), organizationPrefix) {
		prefix = strings.Replace(organizationPrefix, ":orgId", url.PathEscape(organization), 1)
	}
	x.caller.Organization = organization
	x.base = s.origin(x.Request()) + prefix
	return nil
}
