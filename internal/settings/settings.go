// Package settings reads and checks the environment variables, and opens what they
// name: secrets, certificates, the mapping file, the log.
package settings

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Settings holds the environment variables. The tags of a field describe one
// variable: its name, its default (or, as unset, the behavior without a value),
// the least and greatest value, the allowed words, and its meaning. Rules for
// several of them are in [Config].
type Settings struct {
	Organization  organizationID  `envconfig:"SUGER_ORG_ID" doc:"organization of requests to /scim/v2; without it only /org/{orgId}/scim/v2 is served"`
	Organizations organizationIDs `envconfig:"SUGER_ORG_ALLOW" doc:"if set, the only organization ids served, separated by commas; with SUGER_CREDENTIAL only SUGER_ORG_ID is served unless this says more"`

	SugerURL         BaseURL       `envconfig:"SUGER_API_URL" default:"https://api.suger.cloud" doc:"Suger's API"`
	SugerAuth        string        `envconfig:"SUGER_AUTH" default:"key" oneof:"key,oauth" doc:"key: the token is a Suger API key. oauth: it is client_id:client_secret of a Suger OAuth App"`
	SugerTokenURL    BaseURL       `envconfig:"SUGER_TOKEN_URL" default:"https://auth.suger.cloud/oauth2/token" doc:"where oauth gets its token"`
	Credential       secretText    `envconfig:"SUGER_CREDENTIAL" doc:"if set, the gateway holds the Suger credential itself, and clients must send one of GATEWAY_TOKENS; check needs it in either case"`
	CredentialFile   string        `envconfig:"SUGER_CREDENTIAL_FILE"`
	SugerConcurrency int           `envconfig:"SUGER_CONCURRENCY" default:"8" min:"1" max:"256" doc:"calls to Suger in flight for one credential"`
	SugerTimeout     time.Duration `envconfig:"SUGER_TIMEOUT" default:"10s" min:"100ms" max:"5m" doc:"longest time for one Suger call"`

	Tokens           secretText    `envconfig:"GATEWAY_TOKENS" doc:"bearer tokens that clients must send if SUGER_CREDENTIAL is set, separated by commas: two at once for a rotation without an outage"`
	TokensFile       string        `envconfig:"GATEWAY_TOKENS_FILE"`
	CursorSecret     secretText    `envconfig:"GATEWAY_CURSOR_SECRET" unset:"none" doc:"part of the key that signs paging cursors; replicas need the same one"`
	CursorSecretFile string        `envconfig:"GATEWAY_CURSOR_SECRET_FILE"`
	Budget           time.Duration `envconfig:"GATEWAY_BUDGET" default:"50s" min:"1s" max:"10m" doc:"longest time for one SCIM request with all retries; Okta hangs up at 60 s"`
	MaxInFlight      int           `envconfig:"GATEWAY_MAX_IN_FLIGHT" default:"128" min:"1" max:"100000" doc:"SCIM requests at once; more are answered 429"`

	Addr           ListenAddress `envconfig:"GATEWAY_ADDR" default:":8080" doc:"SCIM listener"`
	OpsAddr        ListenAddress `envconfig:"GATEWAY_OPS_ADDR" default:"127.0.0.1:9090" doc:"/healthz, /readyz, /metrics and the status page"`
	PublicURL      BaseURL       `envconfig:"GATEWAY_PUBLIC_URL" unset:"from the request" doc:"base of resource locations"`
	TLSCert        string        `envconfig:"GATEWAY_TLS_CERT" unset:"plain HTTP" doc:"file of the certificate for HTTPS without a proxy, with those of its issuers after it. Read again when it changes"`
	TLSKey         string        `envconfig:"GATEWAY_TLS_KEY" doc:"file of that certificate's key. Read again when it changes"`
	TrustedProxies networks      `envconfig:"GATEWAY_TRUSTED_PROXIES" unset:"none" doc:"CIDRs of proxies whose forwarded headers are trusted"`
	AllowedClients networks      `envconfig:"GATEWAY_ALLOWED_CLIENTS" unset:"all" doc:"CIDRs whose requests are answered, such as Okta's published addresses"`
	AuthFailures   brake         `envconfig:"GATEWAY_AUTH_FAILURES" default:"20/1m" doc:"refused tokens from one client address before it is answered 429; or off"`

	OpsToken       secretText `envconfig:"GATEWAY_OPS_TOKEN" doc:"a secret that opens the status page. Without it the page is shown only if GATEWAY_OPS_ADDR can be reached only from this machine"`
	OpsTokenFile   string     `envconfig:"GATEWAY_OPS_TOKEN_FILE"`
	StatusPersonal bool       `envconfig:"GATEWAY_STATUS_PERSONAL" default:"false" doc:"show e-mail addresses and names on the status page"`
	Profiles       bool       `envconfig:"GATEWAY_PPROF" default:"false" doc:"serve /debug/pprof/ to those who may see the status page"`

	MappingFile     string     `envconfig:"GATEWAY_MAPPING" unset:"built in" doc:"mapping file"`
	DefaultRole     string     `envconfig:"GATEWAY_DEFAULT_ROLE" unset:"VIEWER" doc:"role of a user if Okta sends none"`
	GroupRoles      groupRoles `envconfig:"GATEWAY_GROUP_ROLES" doc:"names of roles as SCIM groups, such as Suger Admins=ADMIN,Suger Editors=EDITOR"`
	ProtectedUsers  emails     `envconfig:"GATEWAY_PROTECTED_USERS" doc:"e-mail addresses that SCIM may read but never change"`
	AllowAdminGrant bool       `envconfig:"GATEWAY_ALLOW_ADMIN_GRANT" default:"true" doc:"whether SCIM may grant the ADMIN role"`
	CreateRoles     bool       `envconfig:"GATEWAY_CREATE_ROLES" default:"true" doc:"whether a pushed group may create a custom role"`
	ChangeBrake     brake      `envconfig:"GATEWAY_CHANGE_BRAKE" default:"off" doc:"largest number of deactivations, removals and role drops in a window, such as 20/1h"`
	DryRun          bool       `envconfig:"GATEWAY_DRY_RUN" default:"false" doc:"answer as if done, log before and after, change nothing"`
	Strict          bool       `envconfig:"GATEWAY_STRICT" default:"false" doc:"refuse what the SCIM interoperability profile forbids although today's clients send it: unknown attributes and schemas, PATCH operations without a path. Not for Okta or Entra ID"`
	AuditKey        secretText `envconfig:"GATEWAY_AUDIT_KEY" doc:"a secret; if set, audit records carry keyed hashes instead of e-mail addresses and names"`
	AuditKeyFile    string     `envconfig:"GATEWAY_AUDIT_KEY_FILE"`

	LookupCache int           `envconfig:"GATEWAY_LOOKUP_CACHE" default:"10000" min:"0" max:"10000000" doc:"remembered e-mail lookups; each is verified before it is used"`
	LookupTTL   time.Duration `envconfig:"GATEWAY_LOOKUP_TTL" default:"1h" min:"1s" max:"168h" doc:"how long an e-mail lookup is remembered"`
	ListTTL     time.Duration `envconfig:"GATEWAY_LIST_TTL" default:"10s" min:"0s" max:"10m" doc:"how long a complete user list answers reads"`

	LogLevel  string `envconfig:"GATEWAY_LOG_LEVEL" default:"info" oneof:"debug,info,warn,error" doc:"debug, info, warn or error"`
	LogFormat string `envconfig:"GATEWAY_LOG_FORMAT" default:"json" oneof:"json,text" doc:"json or text"`
}

// Read returns what can be read from the environment and leaves out the rest, for
// commands that need one or two settings. Problems are for [Load] to report.
func Read() Settings {
	var s Settings
	readEnvironment(&s)
	return s
}

// Names lists the variables of all settings.
func Names() []string {
	var names []string
	for field := range reflect.TypeFor[Settings]().Fields() {
		names = append(names, field.Tag.Get("envconfig"))
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

// Describe documents the settings, in the order of [Settings], without the
// variables that name the file of a secret.
func Describe() []Description {
	var all []Description
	for field := range reflect.TypeFor[Settings]().Fields() {
		tag := field.Tag
		if tag.Get("doc") == "" {
			continue
		}
		all = append(all, Description{
			Name:    tag.Get("envconfig"),
			Default: tag.Get("default") + tag.Get("unset"), // a field has one of them at most
			Meaning: tag.Get("doc"),
			Secret:  field.Type == reflect.TypeFor[secretText](),
		})
	}
	return all
}

// Unknown returns variables that are named like settings and are none, such as a
// misspelt one. They are no error, since Kubernetes sets variables like
// GATEWAY_PORT by itself for a service of that name.
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
