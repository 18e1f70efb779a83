package settings

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"suger-scim-gateway/internal/certs"
	"suger-scim-gateway/internal/marks"
	"suger-scim-gateway/internal/reload"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// Limits of files and secrets.
const (
	maxMappingFile  = 1 << 20 // bytes
	maxSecretFile   = 64 << 10
	minSecretLength = 16 // characters of a bearer token or a cursor secret
	maxTokens       = 32 // more than any rotation needs
)

// Config is the checked settings, and the files that they name.
type Config struct {
	Settings
	Logs
	Document     *spec.Document // the mapping
	Certificates *certs.Files   // nil for plain HTTP
}

// Load reads the environment for the gateway. Its error names every setting that is wrong.
func Load(logTo io.Writer) (*Config, error) {
	return LoadFor(logTo, func(c *Config, found *Problems) {
		found.needEachOther("SUGER_CREDENTIAL", "GATEWAY_TOKENS", c.Credential.Given(), c.Tokens.Given(),
			": set it if the gateway holds the key, or unset SUGER_CREDENTIAL if Okta sends it")
	})
}

// LoadFor is [Load] for another command than serve; also finds what is wrong for that one.
func LoadFor(logTo io.Writer, also func(*Config, *Problems)) (*Config, error) {
	c := &Config{}
	found := readEnvironment(&c.Settings)
	c.Logs = NewLogs(logTo, c.LogLevel, c.LogFormat)
	for _, one := range []struct {
		*secret
		check func(string) error
	}{
		{c.Credential, c.checkCredential}, {c.Tokens, c.checkTokens},
		{c.OpsToken, checkSecretLength}, {c.CursorSecret, checkSecretLength}, {c.AuditKey, checkSecretLength},
	} {
		if err := one.open(one.check, c.Log); err != nil {
			found = append(found, err)
		}
	}
	found.needEachOther("GATEWAY_TLS_CERT", "GATEWAY_TLS_KEY", c.TLSCert != "", c.TLSKey != "", "")
	var err error
	if c.TLSCert != "" && c.TLSKey != "" {
		if c.Certificates, err = certs.Open(certs.Options{CertPath: c.TLSCert, KeyPath: c.TLSKey, Log: c.Log, Now: time.Now}); err != nil {
			found.Add("GATEWAY_TLS_CERT", "and GATEWAY_TLS_KEY cannot be used: %v", err)
		}
	}
	if _, c.Document, err = ReadMapping(c.MappingFile); err != nil {
		found.Add("GATEWAY_MAPPING", "names a mapping that cannot be used: %v", err)
		c.Document = mapping.DefaultDocument() // for the other checks
	}
	for _, rule := range []struct {
		broken       bool
		name, reason string
	}{
		{c.Organization != "" && len(c.Organizations) > 0 && !slices.Contains(c.Organizations, string(c.Organization)),
			"SUGER_ORG_ALLOW", "does not list the organization of SUGER_ORG_ID"},
		{c.Budget != 0 && c.SugerTimeout > c.Budget, // it is zero if it was wrong itself
			"SUGER_TIMEOUT", "is longer than GATEWAY_BUDGET, the time limit of a whole request"},
		{c.Addr == c.OpsAddr && !strings.HasSuffix(string(c.Addr), ":0"),
			"GATEWAY_OPS_ADDR", "is the address of GATEWAY_ADDR; the ops listener needs its own address"},
		{c.Profiles && c.HidesPages(),
			"GATEWAY_PPROF", "needs GATEWAY_OPS_TOKEN where GATEWAY_OPS_ADDR can be reached from other machines"},
	} {
		if rule.broken {
			found.Add(rule.name, "%s", rule.reason)
		}
	}
	also(c, &found)
	if _, err := mapping.New(c.Document, nil, c.Mapping()); err != nil { // checks the settings of roles
		found = append(found, err)
	}
	if len(found) > 0 {
		return nil, errors.New("invalid settings:\n  " + strings.ReplaceAll(errors.Join(found...).Error(), "\n", "\n  "))
	}
	return c, nil
}

func (c *Config) checkCredential(text string) error {
	if !marks.Visible(text) {
		return errors.New("has a blank or another character that a credential cannot have")
	}
	if id, key, found := strings.Cut(text, ":"); c.SugerAuth == "oauth" && (!found || id == "" || key == "") {
		return errors.New("is not client_id:client_secret, as SUGER_AUTH=oauth needs it")
	}
	return c.checkApart(c.Tokens.latest(), text)
}

// checkApart checks that no token of the gateway is Suger's credential or its secret half.
func (c *Config) checkApart(tokens, credential string) error {
	_, half, _ := strings.Cut(credential, ":")
	for _, token := range splitTokens(tokens) {
		if token == credential || token == half && c.SugerAuth != "key" {
			return errors.New("is the same in SUGER_CREDENTIAL and GATEWAY_TOKENS: clients must not send the credential that the gateway sends to Suger")
		}
	}
	return nil
}

// splitTokens reads bearer tokens, separated by commas or line breaks.
func splitTokens(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", \t\r\n", r) })
}

func (c *Config) checkTokens(text string) error {
	tokens := splitTokens(text)
	if len(tokens) == 0 || len(tokens) > maxTokens {
		return fmt.Errorf("has no token, or more than %d", maxTokens)
	}
	for i, token := range tokens {
		if err := checkSecretLength(token); err != nil {
			return fmt.Errorf("has a token, number %d, that %w", i+1, err)
		}
	}
	return c.checkApart(text, c.Credential.latest())
}

func checkSecretLength(text string) error {
	if len(text) < minSecretLength || !marks.Visible(text) {
		return fmt.Errorf("is shorter than %d characters, or has a character that is not visible ASCII", minSecretLength)
	}
	return nil
}

// HoldsCredential reports whether the gateway holds the Suger credential itself and accepts
// bearer tokens of its own.
func (c *Config) HoldsCredential() bool { return c.Tokens.Given() }

// HeldCredential returns the current credential of the settings, which must have one.
func (c *Config) HeldCredential() sugerclient.Credential {
	return sugerclient.Credential(c.Credential.current())
}

// AcceptedTokens returns the current bearer tokens, if the gateway holds the credential.
func (c *Config) AcceptedTokens() []string { return splitTokens(c.Tokens.current()) }

// StatusToken returns the function that returns the current token of the status page; it
// is nil if the page asks for none.
func (c *Config) StatusToken() func() string {
	if !c.OpsToken.Given() {
		return nil
	}
	return c.OpsToken.current
}

// CursorKey is part of the key that cursors of lists are signed with.
func (c *Config) CursorKey() []byte { return []byte(c.CursorSecret.latest()) }

// HidesPages reports whether the ops listener can be reached by others and asks for no token.
func (c *Config) HidesPages() bool { return !c.OpsToken.Given() && !c.OpsAddr.Loopback() }

// ServedOrganizations returns the only ones served; nil if Suger alone decides. A client with
// one of the gateway's own tokens must not reach all that the gateway's credential can see.
func (c *Config) ServedOrganizations() []string {
	if len(c.Organizations) == 0 && c.HoldsCredential() && c.Organization != "" {
		return []string{string(c.Organization)}
	}
	return c.Organizations
}

// KnownOrganizations returns those that the settings name, the default one first.
func (c *Config) KnownOrganizations() []string {
	if c.Organization == "" {
		return c.Organizations
	}
	own := string(c.Organization)
	others := slices.DeleteFunc(slices.Clone([]string(c.Organizations)), func(id string) bool { return id == own })
	return append([]string{own}, others...)
}

// Serves reports whether the gateway answers for an organization.
func (c *Config) Serves(organization string) bool {
	served := c.ServedOrganizations()
	return organizationPattern.MatchString(organization) && (len(served) == 0 || slices.Contains(served, organization))
}

// Mapping returns the configuration of the mapping, without an observer.
func (c *Config) Mapping() mapping.Config {
	return mapping.Config{
		DefaultRole:     c.DefaultRole,
		GroupRoles:      c.GroupRoles,
		ProtectedUsers:  c.ProtectedUsers,
		AllowAdminGrant: c.AllowAdminGrant,
		CreateRoles:     c.CreateRoles,
		Brake:           mapping.Brake(c.ChangeBrake),
		DryRun:          c.DryRun,
		Strict:          c.Strict,
		LookupCache:     c.LookupCache,
		LookupTTL:       c.LookupTTL,
		ListTTL:         c.ListTTL,
		Parallel:        c.SugerConcurrency,
		Log:             c.Log,
		Audit:           c.Audit,
		AuditKey:        []byte(c.AuditKey.latest()),
	}
}

// ReadMapping reads and checks a mapping file, the embedded one for "".
func ReadMapping(path string) (source []byte, document *spec.Document, err error) {
	if path == "" {
		return mapping.DefaultSource(), mapping.DefaultDocument(), nil
	}
	if source, err = reload.ReadFile(path, maxMappingFile); err != nil {
		return nil, nil, err
	}
	document, err = spec.Parse(path, source)
	return source, document, err
}

// Logs holds the logs of a process.
type Logs struct {
	Log   *slog.Logger
	Audit *slog.Logger // the record of changes
}

// NewLogs returns the process's log and the audit record, to which the level does not apply:
// records of changes are never left out.
func NewLogs(w io.Writer, level, format string) Logs {
	var least slog.Level
	_ = least.UnmarshalText([]byte(level)) // else info
	handler := func(least slog.Level) slog.Handler {
		options := &slog.HandlerOptions{Level: least}
		if format == "text" {
			return slog.NewTextHandler(w, options)
		}
		return slog.NewJSONHandler(w, options)
	}
	return Logs{
		Log:   slog.New(handler(least)),
		Audit: slog.New(handler(slog.LevelInfo)).With("record", "audit"),
	}
}

var secretType = reflect.TypeFor[*secret]()

// A secret is a secret setting: the value of its variable, or of the file that NAME_FILE
// names, which is read again whenever it changes. A nil secret is not set.
type secret struct {
	name, text, path string

	value atomic.Pointer[string] // nil before open
	files *reload.Files          // nil if the variable holds the value
}

// Format implements [fmt.Formatter]: no verb prints the secret.
func (s *secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[credential]") }

// Given reports whether the variable or its file is set.
func (s *secret) Given() bool { return s != nil }

// open reads the secret, if it is set. check returns what is wrong with a value, without it.
func (s *secret) open(check func(string) error, log *slog.Logger) (err error) {
	if s == nil {
		return nil
	}
	if s.text != "" && s.path != "" {
		return fmt.Errorf("%[1]s is set, and so is %[1]s_FILE; set one of them", s.name)
	}
	if s.text != "" {
		if err := check(s.text); err != nil {
			return fmt.Errorf("%s %w", s.name, err)
		}
		s.value.Store(&s.text)
		return nil
	}
	log = log.With("setting", s.name+"_FILE")
	use := func(contents [][]byte) error {
		text := strings.TrimSpace(string(contents[0]))
		if text == "" {
			return errors.New("it is empty")
		}
		if err := check(text); err != nil {
			return fmt.Errorf("it %w", err)
		}
		if before := s.value.Swap(&text); before != nil && *before != text {
			log.Info("changed secret loaded")
		}
		return nil
	}
	s.files, err = reload.Open(reload.Options{What: "secret", Paths: []string{s.path}, Limit: maxSecretFile, Use: use, Log: log, Now: time.Now})
	if err != nil {
		return fmt.Errorf("%s_FILE names a file that cannot be used: %w", s.name, err)
	}
	return nil
}

// current returns the value as of now. A file that cannot be used leaves the last good one.
func (s *secret) current() string {
	if s.files != nil {
		s.files.Refresh()
	}
	return s.latest()
}

// latest returns the value read last, without a look at the file; "" for no secret.
func (s *secret) latest() string {
	if s == nil || s.value.Load() == nil {
		return ""
	}
	return *s.value.Load()
}
