package cli

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"

	"suger-scim-gateway/internal/certs"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// Bounds of files and secrets that settings name.
const (
	maxMappingFile  = 1 << 20 // bytes
	minSecretLength = 16      // characters of a bearer token or a cursor secret
	maxTokens       = 32      // more than any rotation needs
)

// A config is the settings, checked against each other, and what they name.
type config struct {
	settings
	document     *mapping.Document
	credential   *secret // Suger's, if the gateway holds it; nil if clients bring their own
	tokens       *secret // accepted bearer tokens, set together with credential
	opsToken     *secret // opens the status page; nil if none is set
	cursorSecret []byte  // nil if none is set
	auditKey     []byte  // likewise

	certificates *certs.Files // nil for plain HTTP
	observers    observers    // of what happens, for metrics and the status page

	log   *slog.Logger
	audit *slog.Logger
	level *slog.LevelVar // of the log
}

// loadConfig reads the environment for the gateway. Its error names every
// setting that is wrong. The log goes to logTo.
func loadConfig(logTo io.Writer) (*config, error) {
	return readConfig(logTo, (*config).compareHeld)
}

// readConfig reads the environment. also finds what is wrong for one command.
func readConfig(logTo io.Writer, also func(*config, *problems)) (*config, error) {
	c := &config{}
	found := readEnvironment(&c.settings)
	c.log, c.audit, c.level = newLog(logTo, c.LogLevel, c.LogFormat)
	c.readSecrets(&found)
	c.readCertificates(&found)
	c.readMapping(&found)
	c.compare(&found)
	also(c, &found)
	_, err := mapping.New(c.document, nil, c.mappingConfig()) // for what it says of the settings of roles
	found.addAll(err)
	if err := found.asError(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *config) readSecrets(found *problems) {
	open := func(name string, value secretText, path string, check func(string) error) *secret {
		s, wrong := openSecret(name, value, path, check, c.log)
		if wrong != nil {
			*found = append(*found, wrong)
		}
		return s
	}
	c.credential = open("SUGER_CREDENTIAL", c.Credential, c.CredentialFile, c.checkCredential)
	c.tokens = open("GATEWAY_TOKENS", c.Tokens, c.TokensFile, c.checkTokens)
	c.opsToken = open("GATEWAY_OPS_TOKEN", c.OpsToken, c.OpsTokenFile, checkSecretLength)
	if s := open("GATEWAY_CURSOR_SECRET", c.CursorSecret, c.CursorSecretFile, checkSecretLength); s != nil {
		c.cursorSecret = []byte(s.current())
	}
	if s := open("GATEWAY_AUDIT_KEY", c.AuditKey, c.AuditKeyFile, checkSecretLength); s != nil {
		c.auditKey = []byte(s.current())
	}
}

func (c *config) readMapping(found *problems) {
	c.document = mapping.DefaultDocument()
	if c.MappingFile == "" {
		return
	}
	_, document, err := readMappingFile(c.MappingFile)
	if err != nil {
		found.add("GATEWAY_MAPPING", "names a mapping that cannot be used: %v", err)
		return
	}
	c.document = document
}

func (c *config) readCertificates(found *problems) {
	switch {
	case c.TLSCert == "" && c.TLSKey == "":
		return
	case c.TLSKey == "":
		found.add("GATEWAY_TLS_KEY", "is needed with GATEWAY_TLS_CERT: the file with the key of the certificate")
		return
	case c.TLSCert == "":
		found.add("GATEWAY_TLS_CERT", "is needed with GATEWAY_TLS_KEY: the file with the certificate and those of its issuers")
		return
	}
	var err error
	c.certificates, err = certs.Open(certs.Options{CertPath: c.TLSCert, KeyPath: c.TLSKey, Log: c.log})
	if err != nil {
		found.add("GATEWAY_TLS_CERT", "and GATEWAY_TLS_KEY cannot be used: %v", err)
		return
	}
	if public, err := url.Parse(string(c.PublicURL)); err == nil && public.Host != "" {
		if err := c.certificates.Covers(public.Hostname()); err != nil {
			c.log.Warn("the TLS certificate is not for the host of GATEWAY_PUBLIC_URL", "problem", err.Error())
		}
	}
}

// compareHeld looks at what makes the gateway hold the Suger credential.
func (c *config) compareHeld(found *problems) {
	held := c.Credential != "" || c.CredentialFile != ""
	accepted := c.Tokens != "" || c.TokensFile != ""
	switch {
	case held && !accepted:
		found.add("GATEWAY_TOKENS", "is needed with SUGER_CREDENTIAL: the bearer tokens that clients must bring")
	case accepted && !held:
		found.add("SUGER_CREDENTIAL", "is needed with GATEWAY_TOKENS: the credential that is shown to Suger")
	}
}

// compare looks at what several settings say together.
func (c *config) compare(found *problems) {
	if c.Organization != "" && len(c.Organizations) > 0 && !slices.Contains(c.Organizations, string(c.Organization)) {
		found.add("SUGER_ORG_ALLOW", "does not have the organization of SUGER_ORG_ID")
	}
	if c.SugerAuth == "legacy" && c.document.Token == nil {
		found.add("GATEWAY_MAPPING", "has no token call, which SUGER_AUTH=legacy needs")
	}
	if c.Budget != 0 && c.SugerTimeout > c.Budget { // it is zero if it was wrong itself
		found.add("SUGER_TIMEOUT", "is longer than GATEWAY_BUDGET: one call would take longer than a whole request may")
	}
	if c.Addr == c.OpsAddr && !strings.HasSuffix(string(c.Addr), ":0") {
		found.add("GATEWAY_OPS_ADDR", "is the address of GATEWAY_ADDR; operations are served apart from SCIM")
	}
	if c.Profiles && c.hidesPages() {
		found.add("GATEWAY_PPROF", "needs GATEWAY_OPS_TOKEN where GATEWAY_OPS_ADDR can be reached from other machines")
	}
}

// checkCredential says what is wrong with a Suger credential.
func (c *config) checkCredential(text string) error {
	if !visible(text) {
		return errors.New("has a blank or another character that no credential has")
	}
	pair := c.SugerAuth == "oauth" || c.SugerAuth == "legacy"
	if id, key, found := strings.Cut(text, ":"); pair && (!found || id == "" || key == "") {
		return fmt.Errorf("is not client_id:client_secret, as SUGER_AUTH=%s needs it", c.SugerAuth)
	}
	return c.checkApart(c.tokens.latest(), text)
}

// checkApart makes sure that no token of the gateway's is Suger's credential or the
// secret half of it: whoever has the token would have the credential.
func (c *config) checkApart(tokens, credential string) error {
	_, half, _ := strings.Cut(credential, ":")
	for _, token := range splitTokens(tokens) {
		if token == credential || token == half && c.SugerAuth != "key" {
			return errors.New("is one and the same in SUGER_CREDENTIAL and GATEWAY_TOKENS: clients must not bring what Suger is shown")
		}
	}
	return nil
}

// splitTokens reads bearer tokens, separated by commas or line breaks.
func splitTokens(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

func (c *config) checkTokens(text string) error {
	tokens := splitTokens(text)
	if len(tokens) == 0 || len(tokens) > maxTokens {
		return fmt.Errorf("has no token, or more than %d", maxTokens)
	}
	for i, token := range tokens {
		if err := checkSecretLength(token); err != nil {
			return fmt.Errorf("has a token, number %d, that %w", i+1, err)
		}
	}
	return c.checkApart(text, c.credential.latest())
}

func checkSecretLength(text string) error {
	if len(text) < minSecretLength || !visible(text) {
		return fmt.Errorf("is shorter than %d characters, or has one that is not visible ASCII", minSecretLength)
	}
	return nil
}

// visible says that text has visible ASCII characters only.
func visible(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// heldCredential is what Suger is shown as of now, in the mode in which the
// gateway holds the credential.
func (c *config) heldCredential() sugerclient.Credential {
	return sugerclient.Credential(c.credential.current())
}

// acceptedTokens are the bearer tokens as of now, in the same mode.
func (c *config) acceptedTokens() []string { return splitTokens(c.tokens.current()) }

// readMappingFile reads and checks a mapping file.
func readMappingFile(path string) (source []byte, document *mapping.Document, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	if source, err = io.ReadAll(io.LimitReader(file, maxMappingFile+1)); err != nil {
		return nil, nil, err
	}
	if len(source) > maxMappingFile {
		return nil, nil, fmt.Errorf("%s has more than %d bytes", path, maxMappingFile)
	}
	document, err = mapping.ParseDocument(path, source)
	return source, document, err
}
