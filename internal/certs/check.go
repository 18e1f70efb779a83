package certs

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"time"
)

// soon is how long before its end a certificate is worth a warning.
const soon = 14 * 24 * time.Hour

// check says what is wrong with a pair, as of now; warnings are what an
// operator should know of one that can be used. roots are the authorities that
// this machine trusts, nil for the system's.
func (p *pair) check(now time.Time, roots *x509.CertPool) (warnings []string, err error) {
	if err := p.checkOrder(); err != nil {
		return nil, err
	}
	leaf := p.leaf()
	switch {
	case now.Before(leaf.NotBefore):
		return nil, fmt.Errorf("the certificate for %s is not valid before %s", nameOf(leaf), day(leaf.NotBefore))
	case now.After(leaf.NotAfter):
		return nil, fmt.Errorf("the certificate for %s ended on %s", nameOf(leaf), day(leaf.NotAfter))
	case leaf.NotAfter.Sub(now) < soon:
		warnings = append(warnings, fmt.Sprintf("the certificate for %s ends on %s", nameOf(leaf), day(leaf.NotAfter)))
	}
	warning, err := p.checkIssuers(now, roots)
	if warning != "" {
		warnings = append(warnings, warning)
	}
	return warnings, err
}

// checkIssuers builds the chain as a client does, out of the file and the
// authorities that this machine trusts.
func (p *pair) checkIssuers(now time.Time, roots *x509.CertPool) (warning string, err error) {
	last := p.chain[len(p.chain)-1]
	verify := x509.VerifyOptions{CurrentTime: now, Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range p.chain[1:] {
		verify.Intermediates.AddCert(c)
	}
	_, err = p.leaf().Verify(verify)
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil:
		return "", nil
	case !errors.As(err, &unknown):
		return "", fmt.Errorf("the certificate for %s would be refused by clients: %w", nameOf(p.leaf()), err)
	case isSelfSigned(last):
		return fmt.Sprintf("the certificate for %s goes back to %s, which is no public authority: Okta refuses it, unless a proxy in front has another",
			nameOf(p.leaf()), nameOf(last)), nil
	}
	return "", fmt.Errorf("the chain ends at a certificate issued by %s, which is neither in the file nor an authority that this machine trusts. "+
		"Append the intermediate certificate, which the authority publishes; for an authority of your own, append its root too", last.Issuer)
}

func isSelfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawIssuer, c.RawSubject) && c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
