package gateway

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

func contains(networks []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) })
}

func peerAddress(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return peer.Addr().Unmap(), err == nil
}

// clientAddress is who sent the request: the peer, or, if that is a trusted
// proxy, the last address in X-Forwarded-For that is not one. What is
// further left was written by somebody we do not trust.
func (s *server) clientAddress(r *http.Request) netip.Addr {
	address, ok := peerAddress(r)
	if !ok {
		return netip.Addr{}
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if !contains(s.config.TrustedProxies, address) || err != nil {
			break
		}
		address = before.Unmap()
	}
	return address
}

// addressText is an address for people; "" if it is not known.
func addressText(address netip.Addr) string {
	if !address.IsValid() {
		return ""
	}
	return address.String()
}

// forwarded is the header's last element, or the fallback if it is absent or not
// valid. Only the last one was written by the trusted proxy itself: what is
// further left may come from the client.
func forwarded(r *http.Request, name, fallback string, valid func(string) bool) string {
	values := r.Header.Values(name)
	if len(values) == 0 {
		return fallback
	}
	last := values[len(values)-1]
	last = strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	if last != "" && valid(last) {
		return strings.TrimRight(last, "/")
	}
	return fallback
}

func isHTTPScheme(s string) bool { return s == "http" || s == "https" }

// hostForm is a name or an IPv4 address, or an IPv6 address in brackets, with a
// port or without.
var hostForm = regexp.MustCompile(`^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$`)

const maxHost = 255 + len(":65535")

func isHost(s string) bool { return len(s) <= maxHost && hostForm.MatchString(s) }

func isPathPrefix(s string) bool {
	u, err := url.Parse(s)
	return err == nil && strings.HasPrefix(s, "/") && u.Host == "" && u.EscapedPath() == s
}

// origin is the URL of the gateway as the client sees it.
func (s *server) origin(r *http.Request) string {
	if s.config.PublicURL != "" {
		return s.config.PublicURL
	}
	scheme, host, prefix := "http", r.Host, ""
	if !isHost(host) { // it goes into answers, so it is checked first
		host = "localhost"
		if own, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
			host = own.String()
		}
	}
	if r.TLS != nil {
		scheme = "https"
	}
	if peer, ok := peerAddress(r); ok && contains(s.config.TrustedProxies, peer) {
		scheme = forwarded(r, "X-Forwarded-Proto", scheme, isHTTPScheme)
		host = forwarded(r, "X-Forwarded-Host", host, isHost)
		prefix = forwarded(r, "X-Forwarded-Prefix", "", isPathPrefix)
	}
	return scheme + "://" + host + prefix
}
