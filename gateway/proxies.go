package gateway

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// fromTrustedProxy says whether the peer's X-Forwarded headers count.
func (s *server) fromTrustedProxy(r *http.Request) bool {
	peer, ok := peerAddress(r)
	return ok && s.isTrusted(peer)
}

func (s *server) isTrusted(address netip.Addr) bool {
	return slices.ContainsFunc(s.config.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(address) })
}

func peerAddress(r *http.Request) (netip.Addr, bool) {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return peer.Addr().Unmap(), err == nil
}

// clientAddress is who sent the request: the peer, or, if that is a trusted
// proxy, the last address in X-Forwarded-For that is not one. What stands
// further left was written by somebody we do not trust.
func (s *server) clientAddress(r *http.Request) netip.Addr {
	address, ok := peerAddress(r)
	if !ok {
		return netip.Addr{}
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if !s.isTrusted(address) || err != nil {
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

// forwarded is the header's first element, which is the proxy nearest to the
// client, or the fallback if it is absent or not valid.
func forwarded(r *http.Request, name, fallback string, valid func(string) bool) string {
	first, _, _ := strings.Cut(r.Header.Get(name), ",")
	if first = strings.TrimSpace(first); first != "" && valid(first) {
		return strings.TrimRight(first, "/")
	}
	return fallback
}

func isHTTPScheme(s string) bool { return s == "http" || s == "https" }

func isHost(s string) bool {
	u, err := url.Parse("http://" + s)
	return err == nil && s != "" && u.Host == s
}

func isPathPrefix(s string) bool {
	u, err := url.Parse(s)
	return err == nil && strings.HasPrefix(s, "/") && u.Host == "" && u.EscapedPath() == s
}
