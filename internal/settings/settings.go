// Package settings reads the environment variables, checks them, and opens what
// they name: secrets, certificates, the mapping file, the log.
package settings

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Settings are the environment variables. A tag holds everything that can be
// said of one variable alone: its name, its default, the least and greatest
// value, and the words to choose from. What concerns several of them is in
// [Config].
type Settings struct {
	Organization  organizationID  `envconfig:"SUGER_ORG_ID"`
	Organizations organizationIDs `envconfig:"SUGER_ORG_ALLOW"`

	SugerURL         BaseURL       `envconfig:"SUGER_API_URL" default:"https://api.suger.cloud"`
	SugerAuth        string        `envconfig:"SUGER_AUTH" default:"key" oneof:"key,oauth,legacy"`
	SugerTokenURL    BaseURL       `envconfig:"SUGER_TOKEN_URL" default:"https://auth.suger.cloud/oauth2/token"`
	Credential       secretText    `envconfig:"SUGER_CREDENTIAL"`
	CredentialFile   string        `envconfig:"SUGER_CREDENTIAL_FILE"`
	SugerConcurrency int           `envconfig:"SUGER_CONCURRENCY" default:"8" min:"1" max:"256"`
	SugerTimeout     time.Duration `envconfig:"SUGER_TIMEOUT" default:"10s" min:"100ms" max:"5m"`

	Tokens           secretText    `envconfig:"GATEWAY_TOKENS"`
	TokensFile       string        `envconfig:"GATEWAY_TOKENS_FILE"`
	CursorSecret     secretText    `envconfig:"GATEWAY_CURSOR_SECRET"`
	CursorSecretFile string        `envconfig:"GATEWAY_CURSOR_SECRET_FILE"`
	Budget           time.Duration `envconfig:"GATEWAY_BUDGET" default:"50s" min:"1s" max:"10m"`
	MaxInFlight      int           `envconfig:"GATEWAY_MAX_IN_FLIGHT" default:"128" min:"1" max:"100000"`

	Addr           ListenAddress `envconfig:"GATEWAY_ADDR" default:":8080"`
	OpsAddr        ListenAddress `envconfig:"GATEWAY_OPS_ADDR" default:"127.0.0.1:9090"`
	PublicURL      BaseURL       `envconfig:"GATEWAY_PUBLIC_URL"`
	TLSCert        string        `envconfig:"GATEWAY_TLS_CERT"`
	TLSKey         string        `envconfig:"GATEWAY_TLS_KEY"`
	TrustedProxies networks      `envconfig:"GATEWAY_TRUSTED_PROXIES"`
	AllowedClients networks      `envconfig:"GATEWAY_ALLOWED_CLIENTS"`
	AuthFailures   brake         `envconfig:"GATEWAY_AUTH_FAILURES" default:"20/1m"`

	OpsToken       secretText `envconfig:"GATEWAY_OPS_TOKEN"`
	OpsTokenFile   string     `envconfig:"GATEWAY_OPS_TOKEN_FILE"`
	StatusPersonal bool       `envconfig:"GATEWAY_STATUS_PERSONAL" default:"false"`
	Profiles       bool       `envconfig:"GATEWAY_PPROF" default:"false"`

	MappingFile     string     `envconfig:"GATEWAY_MAPPING"`
	DefaultRole     string     `envconfig:"GATEWAY_DEFAULT_ROLE"`
	GroupRoles      groupRoles `envconfig:"GATEWAY_GROUP_ROLES"`
	ProtectedUsers  emails     `envconfig:"GATEWAY_PROTECTED_USERS"`
	AllowAdminGrant bool       `envconfig:"GATEWAY_ALLOW_ADMIN_GRANT" default:"true"`
	CreateRoles     bool       `envconfig:"GATEWAY_CREATE_ROLES" default:"true"`
	ChangeBrake     brake      `envconfig:"GATEWAY_CHANGE_BRAKE" default:"off"`
	DryRun          bool       `envconfig:"GATEWAY_DRY_RUN" default:"false"`
	Strict          bool       `envconfig:"GATEWAY_STRICT" default:"false"`
	AuditKey        secretText `envconfig:"GATEWAY_AUDIT_KEY"`
	AuditKeyFile    string     `envconfig:"GATEWAY_AUDIT_KEY_FILE"`

	LookupCache int           `envconfig:"GATEWAY_LOOKUP_CACHE" default:"10000" min:"0" max:"10000000"`
	LookupTTL   time.Duration `envconfig:"GATEWAY_LOOKUP_TTL" default:"1h" min:"1s" max:"168h"`
	ListTTL     time.Duration `envconfig:"GATEWAY_LIST_TTL" default:"10s" min:"0s" max:"10m"`

	LogLevel  string `envconfig:"GATEWAY_LOG_LEVEL" default:"info" oneof:"debug,info,warn,error"`
	LogFormat string `envconfig:"GATEWAY_LOG_FORMAT" default:"json" oneof:"json,text"`
}

// Read takes what can be read from the environment and leaves out the rest, for
// commands that need one or two settings. Problems are for [Load] to report.
func Read() Settings {
	var s Settings
	readEnvironment(&s)
	return s
}

// Names are the variables of all settings.
func Names() []string {
	var names []string
	for field := range reflect.TypeFor[Settings]().Fields() {
		names = append(names, field.Tag.Get("envconfig"))
	}
	return names
}

// Unknown are variables that look like settings and are none, such as a misspelt
// one. They are no error, since Kubernetes sets variables like GATEWAY_PORT by
// itself for a service of that name.
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
