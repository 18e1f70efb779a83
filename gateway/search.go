package gateway

import "suger-scim-gateway/internal/scim"

// search serves POST /{type}/.search (RFC 7644 §3.4.3).
func (s *server) search(set *resourceSet) func(*exchange) error {
	return func(x *exchange) error {
		p, err := s.searchMessage(x)
		if err != nil {
			return err
		}
		return s.listPage(x, set, p)
	}
}

// queryRoot serves GET on the server root (RFC 7644 §3.4.2.1).
func (s *server) queryRoot(x *exchange) error {
	p, err := queryParameters(x.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	return s.rootPage(x, p)
}

// searchRoot serves POST /.search (RFC 7644 §3.4.3).
func (s *server) searchRoot(x *exchange) error {
	p, err := s.searchMessage(x)
	if err != nil {
		return err
	}
	return s.rootPage(x, p)
}

func (s *server) searchMessage(x *exchange) (parameters, error) {
	message, err := s.message(x, scim.URNSearchRequest)
	if err != nil {
		return nil, err
	}
	return searchParameters(message)
}

// message reads a request's body, which must be the message with the URN.
func (s *server) message(x *exchange, urn string) (map[string]any, error) {
	message, err := s.body(x)
	if err != nil {
		return nil, err
	}
	return message, scim.CheckMessage(message, urn)
}
