package certs

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A pair is a chain of certificates with the key of the first.
type pair struct {
	chain []*x509.Certificate
	key   crypto.Signer
}

// parsePair reads the two files. The chain may be in any order for now.
func parsePair(certPEM, keyPEM []byte) (*pair, error) {
	p := &pair{}
	for block, rest := pem.Decode(certPEM); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue // a key in the same file, or what a tool notes beside it
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("the certificate file: certificate %d cannot be read: %w", len(p.chain)+1, err)
		}
		p.chain = append(p.chain, certificate)
	}
	if len(p.chain) == 0 {
		return nil, errors.New("the certificate file holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)")
	}
	var err error
	p.key, err = parseKey(keyPEM)
	return p, err
}

// parseKey reads the first private key.
func parseKey(keyPEM []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(keyPEM); block != nil; block, rest = pem.Decode(rest) {
		if !strings.HasSuffix(block.Type, "PRIVATE KEY") {
			continue
		}
		if strings.Contains(block.Type, "ENCRYPTED") || block.Headers["DEK-Info"] != "" {
			return nil, errors.New("the key file is encrypted; the gateway has no passphrase for it")
		}
		for _, parse := range []func([]byte) (any, error){
			x509.ParsePKCS8PrivateKey,
			func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
			func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
		} {
			key, err := parse(block.Bytes)
			if signer, ok := key.(crypto.Signer); err == nil && ok {
				return signer, nil
			}
		}
		return nil, errors.New("the key file holds a key that cannot be read")
	}
	return nil, errors.New("the key file holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)")
}

// leaf is the server's own certificate.
func (p *pair) leaf() *x509.Certificate { return p.chain[0] }

// checkOrder makes sure that the first certificate is that of the key and that
// each of the others has issued the one before it. Clients need not sort a
// chain, and Java ones, which Okta's are, fail on a wrong one.
func (p *pair) checkOrder() error {
	at := slices.IndexFunc(p.chain, p.isOfKey)
	switch {
	case at < 0:
		return fmt.Errorf("the key is not that of the certificate for %s", nameOf(p.leaf()))
	case at > 0:
		return fmt.Errorf("the chain is in the wrong order: the server's own certificate, for %s, is number %d and must be the first", nameOf(p.chain[at]), at+1)
	}
	for i, issuer := range p.chain[1:] {
		issued := p.chain[i]
		if err := issued.CheckSignatureFrom(issuer); err == nil && bytes.Equal(issued.RawIssuer, issuer.RawSubject) {
			continue
		}
		return fmt.Errorf("the chain is in the wrong order or has a gap: after the certificate of %s must come that of its issuer, %s, and not that of %s",
			nameOf(issued), issued.Issuer, nameOf(issuer))
	}
	return nil
}

func (p *pair) isOfKey(c *x509.Certificate) bool {
	public, ok := c.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(p.key.Public())
}

// nameOf is a certificate as an operator knows it.
func nameOf(c *x509.Certificate) string {
	if len(c.DNSNames) > 0 {
		return c.DNSNames[0]
	}
	return c.Subject.String()
}

// certificate is the pair as package tls takes it.
func (p *pair) certificate() *tls.Certificate {
	c := &tls.Certificate{PrivateKey: p.key, Leaf: p.leaf()}
	for _, one := range p.chain {
		c.Certificate = append(c.Certificate, one.Raw)
	}
	return c
}
