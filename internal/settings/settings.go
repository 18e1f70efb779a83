// Package settings reads and checks the environment variables, and opens what they
// name: secrets, certificates, the mapping file, the log.
package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kelseyhightower/envconfig"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// Settings holds the environment variables. The tags of a field describe one variable: its
// name, its default (or, as unset, the behavior without a value), the least and greatest
// value, the allowed words, and its meaning. [LoadFor] has the rules for several of them.
type Settings struct {
	Organization  organizationID  `envconfig:"SUGER_ORG_ID" doc:"organization of requests to /scim/v2; without it only /org/{orgId}/scim/v2 is served"`
	Organizations organizationIDs `envconfig:"SUGER_ORG_ALLOW" doc:"if set, the only organization ids served, separated by commas; with SUGER_CREDENTIAL the default is SUGER_ORG_ID"`

	SugerURL         BaseURL       `envconfig:"SUGER_API_URL" default:"https://api.suger.cloud" doc:"Suger's API"`
	SugerAuth        string        `envconfig:"SUGER_AUTH" default:"key" oneof:"key,oauth" doc:"key: the token is a Suger API key. oauth: it is client_id:client_secret of a Suger OAuth App"`
	SugerTokenURL    BaseURL       `envconfig:"SUGER_TOKEN_URL" default:"https://auth.suger.cloud/oauth2/token" doc:"where oauth gets its token"`
	Credential       *secret       `envconfig:"SUGER_CREDENTIAL" doc:"if set, the gateway holds the Suger credential itself, and clients must send one of GATEWAY_TOKENS; check needs it in either case"`
	SugerConcurrency int           `envconfig:"SUGER_CONCURRENCY" default:"8" min:"1" max:"256" doc:"calls to Suger in flight for one credential"`
	SugerTimeout     time.Duration `envconfig:"SUGER_TIMEOUT" default:"10s" min:"100ms" max:"5m" doc:"longest time for one Suger call"`

	Tokens       *secret       `envconfig:"GATEWAY_TOKENS" doc:"bearer tokens that clients must send if SUGER_CREDENTIAL is set, separated by commas: two at once for a rotation without an outage"`
	CursorSecret *secret       `envconfig:"GATEWAY_CURSOR_SECRET" unset:"none" doc:"part of the key that signs paging cursors; needed only with several replicas, which must have the same one"`
	Budget       time.Duration `envconfig:"GATEWAY_BUDGET" default:"50s" min:"1s" max:"10m" doc:"longest time for one SCIM request with all retries; Okta hangs up at 60 s"`
	MaxInFlight  int           `envconfig:"GATEWAY_MAX_IN_FLIGHT" default:"128" min:"1" max:"100000" doc:"SCIM requests at once; more are answered 429"`

	Addr           ListenAddress `envconfig:"GATEWAY_ADDR" default:":8080" doc:"SCIM listener"`
	OpsAddr        ListenAddress `envconfig:"GATEWAY_OPS_ADDR" default:"127.0.0.1:9090" doc:"/healthz, /readyz, /metrics and the status page"`
	PublicURL      BaseURL       `envconfig:"GATEWAY_PUBLIC_URL" unset:"from the request" doc:"base of resource locations"`
	TLSCert        string        `envconfig:"GATEWAY_TLS_CERT" unset:"plain HTTP" doc:"file of the certificate for HTTPS without a proxy, with those of its issuers after it. Read again when it changes"`
	TLSKey         string        `envconfig:"GATEWAY_TLS_KEY" doc:"file of that certificate's key. Read again when it changes"`
	TrustedProxies networks      `envconfig:"GATEWAY_TRUSTED_PROXIES" unset:"none" doc:"CIDRs of proxies whose forwarded headers are trusted"`
	AllowedClients networks      `envconfig:"GATEWAY_ALLOWED_CLIENTS" unset:"all" doc:"CIDRs whose requests are answered, such as Okta's published addresses"`
	AuthFailures   brake         `envconfig:"GATEWAY_AUTH_FAILURES" default:"20/1m" doc:"refused tokens from one client address before it is answered 429; or off"`

	OpsToken       *secret `envconfig:"GATEWAY_OPS_TOKEN" doc:"a secret of at least 16 characters that opens the status page. Without it the page is shown only if GATEWAY_OPS_ADDR can be reached only from this machine"`
	StatusPersonal bool    `envconfig:"GATEWAY_STATUS_PERSONAL" default:"false" doc:"show e-mail addresses and names on the status page"`
	Profiles       bool    `envconfig:"GATEWAY_PPROF" default:"false" doc:"serve /debug/pprof/ to those who may see the status page"`

	MappingFile     string     `envconfig:"GATEWAY_MAPPING" unset:"built in" doc:"mapping file"`
	DefaultRole     string     `envconfig:"GATEWAY_DEFAULT_ROLE" unset:"VIEWER" doc:"role of a user if Okta sends none"`
	GroupRoles      groupRoles `envconfig:"GATEWAY_GROUP_ROLES" doc:"names of roles as SCIM groups, such as Suger Admins=ADMIN,Suger Editors=EDITOR"`
	ProtectedUsers  emails     `envconfig:"GATEWAY_PROTECTED_USERS" doc:"e-mail addresses that SCIM may read but never change"`
	AllowAdminGrant bool       `envconfig:"GATEWAY_ALLOW_ADMIN_GRANT" default:"true" doc:"whether SCIM may grant the ADMIN role"`
	CreateRoles     bool       `envconfig:"GATEWAY_CREATE_ROLES" default:"true" doc:"whether a pushed group may create a custom role"`
	ChangeBrake     brake      `envconfig:"GATEWAY_CHANGE_BRAKE" default:"off" doc:"largest number of deactivations, removals and role drops in a window, such as 20/1h"`
	DryRun          bool       `envconfig:"GATEWAY_DRY_RUN" default:"false" doc:"answer as if done, log before and after, change nothing"`
	Strict          bool       `envconfig:"GATEWAY_STRICT" default:"false" doc:"refuse what the SCIM interoperability profile forbids although today's clients send it: unknown attributes and schemas, PATCH operations without a path. Not for Okta or Entra ID"`
	AuditKey        *secret    `envconfig:"GATEWAY_AUDIT_KEY" doc:"a secret; if set, audit records have keyed hashes instead of e-mail addresses and names"`

	LookupCache int           `envconfig:"GATEWAY_LOOKUP_CACHE" default:"10000" min:"0" max:"10000000" doc:"remembered e-mail lookups; each is verified before it is used"`
	LookupTTL   time.Duration `envconfig:"GATEWAY_LOOKUP_TTL" default:"1h" min:"1s" max:"168h" doc:"how long an e-mail lookup is remembered"`
	ListTTL     time.Duration `envconfig:"GATEWAY_LIST_TTL" default:"10s" min:"0s" max:"10m" doc:"how long a complete user list answers reads"`

	LogLevel  string `envconfig:"GATEWAY_LOG_LEVEL" default:"info" oneof:"debug,info,warn,error" doc:"debug, info, warn or error"`
	LogFormat string `envconfig:"GATEWAY_LOG_FORMAT" default:"json" oneof:"json,text" doc:"json or text"`
}

// Read returns what can be read from the environment and leaves out the rest.
func Read() Settings {
	var s Settings
	readEnvironment(&s)
	return s
}

// Names lists the variables of all settings.
func Names() []string {
	var names []string
	for _, setting := range Describe() {
		if names = append(names, setting.Name); setting.Secret {
			names = append(names, setting.Name+"_FILE")
		}
	}
	return names
}

// A Description documents one setting.
type Description struct {
	Name    string
	Default string // or the behavior without a value; may be ""
	Meaning string
	Secret  bool // can also be read from a file that NAME_FILE names
}

// Describe documents the settings, in the order of [Settings].
func Describe() []Description {
	var all []Description
	for field := range reflect.TypeFor[Settings]().Fields() {
		tag := field.Tag // with a default or unset, at most
		all = append(all, Description{tag.Get("envconfig"), tag.Get("default") + tag.Get("unset"), tag.Get("doc"), field.Type == secretType})
	}
	return all
}

// Unknown returns variables that have the prefix of settings but are unknown, such as a
// misspelt one. They are no error: Kubernetes sets GATEWAY_PORT for a service of that name.
func Unknown() []string {
	known := Names()
	var unknown []string
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		ours := strings.HasPrefix(name, "SUGER_") || strings.HasPrefix(name, "GATEWAY_")
		if ours && value != "" && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// Problems collects everything that is wrong with the settings, without a secret's value.
type Problems []error

// Add adds what is wrong with a variable; its name begins the sentence.
func (p *Problems) Add(name, format string, args ...any) {
	*p = append(*p, fmt.Errorf("%s %w", name, fmt.Errorf(format, args...)))
}

// needEachOther adds that one of two settings is missing. advice, or "", is about the second.
func (p *Problems) needEachOther(first, second string, hasFirst, hasSecond bool, advice string) {
	switch {
	case hasFirst && !hasSecond:
		p.Add(second, "is needed with %s%s", first, advice)
	case hasSecond && !hasFirst:
		p.Add(first, "is needed with %s", second)
	}
}

// readEnvironment fills s, one field at a time, because envconfig stops at the first problem.
// An empty variable counts as not set: Compose files and charts omit a setting that way.
func readEnvironment(s *Settings) (found Problems) {
	fields := reflect.ValueOf(s).Elem()
	for i := range fields.NumField() {
		field := fields.Type().Field(i)
		name := field.Tag.Get("envconfig")
		text, path := os.Getenv(name), os.Getenv(name+"_FILE")
		switch {
		case field.Type == secretType && (text != "" || path != ""):
			fields.Field(i).Set(reflect.ValueOf(&secret{name: name, text: text, path: path}))
			continue
		case field.Type == secretType:
			continue
		case text == "":
			os.Unsetenv(name)
		}
		single := reflect.New(reflect.StructOf([]reflect.StructField{field}))
		err := envconfig.Process("", single.Interface())
		var parse *envconfig.ParseError
		if errors.As(err, &parse) {
			err = cmp.Or(unreadable[field.Type], parse.Err) // of Decode
		}
		value := single.Elem().Field(0)
		if err == nil {
			err = outOfBounds(value, field.Tag)
		}
		if err != nil {
			found.Add(name, "%w", err)
			continue
		}
		fields.Field(i).Set(value)
	}
	return found
}

// unreadable says what is wrong with a value that could not be read. The errors of
// package strconv repeat the value.
var unreadable = map[reflect.Type]error{
	reflect.TypeFor[time.Duration](): errors.New("is not a duration such as 10s, 5m or 1h"),
	reflect.TypeFor[int]():           errors.New("is not a whole number"),
	reflect.TypeFor[bool]():          errors.New("is neither true nor false"),
}

// outOfBounds returns how a value breaks the min and max, or the oneof, of its tag.
func outOfBounds(value reflect.Value, tag reflect.StructTag) error {
	bound := func(key string) int64 { // a test reads every tag
		number, _ := strconv.ParseInt(tag.Get(key), 10, 64)
		span, _ := time.ParseDuration(tag.Get(key))
		return max(number, int64(span))
	}
	words := strings.Split(tag.Get("oneof"), ",")
	switch {
	case tag.Get("max") != "" && (value.Int() < bound("min") || value.Int() > bound("max")):
		return fmt.Errorf("is not between %s and %s", tag.Get("min"), tag.Get("max"))
	case tag.Get("oneof") != "" && !slices.Contains(words, value.String()):
		return errors.New("is not one of " + strings.Join(words, ", "))
	}
	return nil
}

// The types of settings that are more than a word or a number. envconfig calls
// Decode; its error continues a sentence that begins with the variable's name.

// SplitList splits comma-separated words, without blanks around them and empty ones.
func SplitList(text string) []string {
	var words []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

// parseList parses words separated by commas. Each must be what form says.
func parseList[T any](text, form string, parse func(word string) (T, bool)) ([]T, error) {
	var list []T
	for i, word := range SplitList(text) {
		one, ok := parse(word)
		if !ok {
			return nil, fmt.Errorf("has an entry, number %d, that is not %s", i+1, form)
		}
		list = append(list, one)
	}
	return list, nil
}

// organizationID is the id of a Suger organization. The limits are ours; Suger's
// sample ids are nine letters and digits.
type organizationID string

var organizationPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

const organizationForm = "an organization id: letters, digits, dots, - and _, at most 64"

func (id *organizationID) Decode(text string) error {
	if !organizationPattern.MatchString(text) {
		return errors.New("is not " + organizationForm)
	}
	*id = organizationID(text)
	return nil
}

type organizationIDs []string

func (ids *organizationIDs) Decode(text string) (err error) {
	*ids, err = parseList(text, organizationForm, func(id string) (string, bool) { return id, organizationPattern.MatchString(id) })
	return err
}

// BaseURL is an http or https URL that paths are added to.
type BaseURL string

// Decode reads a URL without slashes at its end.
func (b *BaseURL) Decode(text string) error {
	if err := sugerclient.CheckURL(text); err != nil {
		return err
	}
	*b = BaseURL(strings.TrimRight(text, "/"))
	return nil
}

// Unprotected reports whether requests to the URL can be intercepted.
func (b BaseURL) Unprotected() bool {
	u, err := url.Parse(string(b))
	return err == nil && u.Scheme != "https" && !isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ListenAddress is host:port, host being empty for every address.
type ListenAddress string

// Decode reads host:port with a numeric port.
func (a *ListenAddress) Decode(text string) error {
	_, port, err := net.SplitHostPort(text)
	if _, noPort := strconv.ParseUint(port, 10, 16); err != nil || noPort != nil {
		return errors.New("is not an address such as :8080 or 127.0.0.1:9090")
	}
	*a = ListenAddress(text)
	return nil
}

// Loopback reports whether only this machine can reach a listener on a.
func (a ListenAddress) Loopback() bool {
	host, _, _ := net.SplitHostPort(string(a))
	return isLoopback(host)
}

// networks holds CIDR prefixes; a single address is a prefix of full length.
type networks []netip.Prefix

func (n *networks) Decode(text string) (err error) {
	*n, err = parseList(text, "a network such as 10.0.0.0/8", func(word string) (netip.Prefix, bool) {
		if ip, err := netip.ParseAddr(word); err == nil {
			prefix, err := ip.Prefix(ip.BitLen())
			return prefix, err == nil
		}
		prefix, err := netip.ParsePrefix(word)
		return prefix.Masked(), err == nil
	})
	return err
}

type emails []string

func (e *emails) Decode(text string) (err error) {
	*e, err = parseList(text, "an e-mail address", func(address string) (string, bool) {
		local, domain, _ := strings.Cut(address, "@")
		return address, local != "" && domain != "" && !strings.ContainsAny(address, " \t")
	})
	return err
}

// groupRoles maps names of SCIM groups to Suger roles: "Suger Admins=ADMIN".
type groupRoles map[string]string

func (g *groupRoles) Decode(text string) error {
	*g = groupRoles{}
	taken := map[string]bool{} // in any letter case
	_, err := parseList(text, "group name=role, or that has a group a second time", func(pair string) (string, bool) {
		at := max(0, strings.LastIndex(pair, "=")) // a group's name may contain =, a role cannot
		name, role := strings.TrimSpace(pair[:at]), strings.TrimSpace(strings.TrimPrefix(pair[at:], "="))
		folded := strings.ToLower(name)
		ok := name != "" && role != "" && !taken[folded]
		(*g)[name], taken[folded] = role, true
		return name, ok
	})
	return err
}

// brake is "20/1h", twenty of something an hour, or "off".
type brake mapping.Brake

func (b *brake) Decode(text string) error {
	if *b = (brake{}); text == "off" {
		return nil
	}
	limit, window, _ := strings.Cut(text, "/")
	n, noNumber := strconv.Atoi(limit)
	span, noTime := time.ParseDuration(window)
	if noNumber != nil || noTime != nil || n < 1 || span < time.Second || span > 31*24*time.Hour {
		return errors.New("is neither off nor a number and a time, from 1s to 744h, such as 20/1h")
	}
	*b = brake{Limit: n, Window: span}
	return nil
}
