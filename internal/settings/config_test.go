package settings

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/test/program"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

func TestSettingsByDefault(t *testing.T) {
	program.SetEnvironment(t, Names(), nil)
	c, err := Load(io.Discard)
	require.NoError(t, err)
	assert.Equal(t, Settings{
		SugerURL:         "https://api.suger.cloud",
		SugerAuth:        "key",
		SugerTokenURL:    "https://auth.suger.cloud/oauth2/token",
		SugerConcurrency: 8,
		SugerTimeout:     10 * time.Second,
		Budget:           50 * time.Second,
		MaxInFlight:      128,
		Addr:             ":8080",
		OpsAddr:          "127.0.0.1:9090",
		AuthFailures:     brake{Limit: 20, Window: time.Minute},
		AllowAdminGrant:  true,
		CreateRoles:      true,
		LookupCache:      10000,
		LookupTTL:        time.Hour,
		ListTTL:          10 * time.Second,
		LogLevel:         "info",
		LogFormat:        "json",
	}, c.Settings)
}

func TestSettingsGiven(t *testing.T) {
	program.SetEnvironment(t, Names(), map[string]string{
		"SUGER_ORG_ID":              "org-1",
		"SUGER_ORG_ALLOW":           "org-1, org-2,",
		"SUGER_API_URL":             "http://127.0.0.1:8081/suger/",
		"SUGER_AUTH":                "oauth",
		"SUGER_TOKEN_URL":           "http://127.0.0.1:8081/token",
		"SUGER_CREDENTIAL":          "client:secret-of-client",
		"SUGER_CONCURRENCY":         "4",
		"SUGER_TIMEOUT":             "2s",
		"GATEWAY_TOKENS":            "first-bearer-token,second-bearer-token",
		"GATEWAY_CURSOR_SECRET":     "secret-of-the-cursors",
		"GATEWAY_BUDGET":            "20s",
		"GATEWAY_MAX_IN_FLIGHT":     "7",
		"GATEWAY_ADDR":              "127.0.0.1:9000",
		"GATEWAY_OPS_ADDR":          ":9001",
		"GATEWAY_PUBLIC_URL":        "https://scim.example.com/gateway",
		"GATEWAY_TRUSTED_PROXIES":   "10.1.2.3/8, 192.0.2.7",
		"GATEWAY_ALLOWED_CLIENTS":   "203.0.113.0/24",
		"GATEWAY_AUTH_FAILURES":     "off",
		"GATEWAY_OPS_TOKEN":         "token-of-the-ops-listener",
		"GATEWAY_STATUS_PERSONAL":   "true",
		"GATEWAY_PPROF":             "true",
		"GATEWAY_DEFAULT_ROLE":      "EDITOR",
		"GATEWAY_GROUP_ROLES":       "Suger Admins=ADMIN, a=b=EDITOR",
		"GATEWAY_PROTECTED_USERS":   "owner@example.com, root@example.com",
		"GATEWAY_ALLOW_ADMIN_GRANT": "false",
		"GATEWAY_CREATE_ROLES":      "false",
		"GATEWAY_CHANGE_BRAKE":      "20/1h",
		"GATEWAY_DRY_RUN":           "true",
		"GATEWAY_LOOKUP_CACHE":      "0",
		"GATEWAY_LOOKUP_TTL":        "5m",
		"GATEWAY_LIST_TTL":          "0s",
		"GATEWAY_LOG_LEVEL":         "debug",
		"GATEWAY_LOG_FORMAT":        "text",
	})
	c, err := Load(io.Discard)
	require.NoError(t, err)
	assert.Equal(t, Settings{
		Organization:     "org-1",
		Organizations:    organizationIDs{"org-1", "org-2"},
		SugerURL:         "http://127.0.0.1:8081/suger",
		SugerAuth:        "oauth",
		SugerTokenURL:    "http://127.0.0.1:8081/token",
		Credential:       c.Credential,
		SugerConcurrency: 4,
		SugerTimeout:     2 * time.Second,
		Tokens:           c.Tokens,
		CursorSecret:     c.CursorSecret,
		Budget:           20 * time.Second,
		MaxInFlight:      7,
		Addr:             "127.0.0.1:9000",
		OpsAddr:          ":9001",
		PublicURL:        "https://scim.example.com/gateway",
		TrustedProxies:   networks{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32")},
		AllowedClients:   networks{netip.MustParsePrefix("203.0.113.0/24")},
		OpsToken:         c.OpsToken,
		StatusPersonal:   true,
		Profiles:         true,
		DefaultRole:      "EDITOR",
		GroupRoles:       groupRoles{"Suger Admins": "ADMIN", "a=b": "EDITOR"},
		ProtectedUsers:   emails{"owner@example.com", "root@example.com"},
		ChangeBrake:      brake{Limit: 20, Window: time.Hour},
		DryRun:           true,
		LookupTTL:        5 * time.Minute,
		LogLevel:         "debug",
		LogFormat:        "text",
	}, c.Settings)
	assert.Equal(t, sugerclient.Credential("client:secret-of-client"), c.HeldCredential())
	assert.Equal(t, []string{"first-bearer-token", "second-bearer-token"}, c.AcceptedTokens())
	assert.Equal(t, []byte("secret-of-the-cursors"), c.CursorKey())
	assert.Equal(t, "token-of-the-ops-listener", c.StatusToken()())
}

func TestWrongSettings(t *testing.T) {
	tests := []struct {
		name   string
		values map[string]string
		want   string
	}{
		{"an organization with a slash", map[string]string{"SUGER_ORG_ID": "a/b"}, "SUGER_ORG_ID is not an organization id: letters, digits, dots, - and _, at most 64"},
		{"an organization that is a path step", map[string]string{"SUGER_ORG_ID": ".."}, "SUGER_ORG_ID is not an organization id: letters, digits, dots, - and _, at most 64"},
		{"an allowed organization with a blank", map[string]string{"SUGER_ORG_ALLOW": "good,not good"}, "SUGER_ORG_ALLOW has an entry, number 2, that is not an organization id: letters, digits, dots, - and _, at most 64"},
		{"the organization is not allowed", map[string]string{"SUGER_ORG_ID": "a", "SUGER_ORG_ALLOW": "b"}, "SUGER_ORG_ALLOW does not list the organization of SUGER_ORG_ID"},
		{"a URL without scheme", map[string]string{"SUGER_API_URL": "api.example.com"}, "SUGER_API_URL is not https:// or http://, a host and perhaps a path, nothing else"},
		{"a URL with a password", map[string]string{"SUGER_TOKEN_URL": "https://a:b@example.com"}, "SUGER_TOKEN_URL is not https:// or http://, a host and perhaps a path, nothing else"},
		{"a URL with a query", map[string]string{"GATEWAY_PUBLIC_URL": "https://example.com/?a=b"}, "GATEWAY_PUBLIC_URL is not https:// or http://, a host and perhaps a path, nothing else"},
		{"an unknown way to sign in", map[string]string{"SUGER_AUTH": "basic"}, "SUGER_AUTH is not one of key, oauth"},
		{"no concurrency", map[string]string{"SUGER_CONCURRENCY": "0"}, "SUGER_CONCURRENCY is not between 1 and 256"},
		{"a word for a number", map[string]string{"SUGER_CONCURRENCY": "many"}, "SUGER_CONCURRENCY is not a whole number"},
		{"a time without unit", map[string]string{"SUGER_TIMEOUT": "10"}, "SUGER_TIMEOUT is not a duration such as 10s, 5m or 1h"},
		{"a time out of bounds", map[string]string{"GATEWAY_BUDGET": "11m"}, "GATEWAY_BUDGET is not between 1s and 10m"},
		{"a call longer than the budget", map[string]string{"SUGER_TIMEOUT": "60s"}, "SUGER_TIMEOUT is longer than GATEWAY_BUDGET, the time limit of a whole request"},
		{"an address without port", map[string]string{"GATEWAY_ADDR": "127.0.0.1"}, "GATEWAY_ADDR is not an address such as :8080 or 127.0.0.1:9090"},
		{"an address with a named port", map[string]string{"GATEWAY_ADDR": ":http"}, "GATEWAY_ADDR is not an address such as :8080 or 127.0.0.1:9090"},
		{"one address for both", map[string]string{"GATEWAY_ADDR": ":8080", "GATEWAY_OPS_ADDR": ":8080"}, "GATEWAY_OPS_ADDR is the address of GATEWAY_ADDR; the ops listener needs its own address"},
		{"a host name for a network", map[string]string{"GATEWAY_TRUSTED_PROXIES": "10.0.0.0/8,proxy"}, "GATEWAY_TRUSTED_PROXIES has an entry, number 2, that is not a network such as 10.0.0.0/8"},
		{"a group without role", map[string]string{"GATEWAY_GROUP_ROLES": "Suger Admins"}, "GATEWAY_GROUP_ROLES has an entry, number 1, that is not group name=role, or that has a group a second time"},
		{"a group with an empty role", map[string]string{"GATEWAY_GROUP_ROLES": "Suger Admins="}, "GATEWAY_GROUP_ROLES has an entry, number 1, that is not group name=role, or that has a group a second time"},
		{"a group twice", map[string]string{"GATEWAY_GROUP_ROLES": "Suger Team=ADMIN,suger team=EDITOR"}, "GATEWAY_GROUP_ROLES has an entry, number 2, that is not group name=role, or that has a group a second time"},
		{"a role twice", map[string]string{"GATEWAY_GROUP_ROLES": "One=EDITOR,Two=EDITOR"}, `GATEWAY_GROUP_ROLES: "One" and "Two" both name role "EDITOR"; a role has one group name`},
		{"administrator by default", map[string]string{"GATEWAY_DEFAULT_ROLE": "ADMIN"}, `GATEWAY_DEFAULT_ROLE: "ADMIN" is an administrator role; everybody without a role would get it`},
		{"a protected user without domain", map[string]string{"GATEWAY_PROTECTED_USERS": "owner@"}, "GATEWAY_PROTECTED_USERS has an entry, number 1, that is not an e-mail address"},
		{"neither true nor false", map[string]string{"GATEWAY_DRY_RUN": "perhaps"}, "GATEWAY_DRY_RUN is neither true nor false"},
		{"a brake without window", map[string]string{"GATEWAY_CHANGE_BRAKE": "20"}, "GATEWAY_CHANGE_BRAKE is neither off nor a number and a time, from 1s to 744h, such as 20/1h"},
		{"a brake of nothing", map[string]string{"GATEWAY_CHANGE_BRAKE": "0/1h"}, "GATEWAY_CHANGE_BRAKE is neither off nor a number and a time, from 1s to 744h, such as 20/1h"},
		{"a held credential without tokens", map[string]string{"SUGER_CREDENTIAL": "suger-key"}, "GATEWAY_TOKENS is needed with SUGER_CREDENTIAL: set it if the gateway holds the key, or unset SUGER_CREDENTIAL if Okta sends it"},
		{"tokens without a held credential", map[string]string{"GATEWAY_TOKENS": "a-long-bearer-token"}, "SUGER_CREDENTIAL is needed with GATEWAY_TOKENS"},
		{"failures without window", map[string]string{"GATEWAY_AUTH_FAILURES": "20"}, "GATEWAY_AUTH_FAILURES is neither off nor a number and a time, from 1s to 744h, such as 20/1h"},
		{"a short token of the status page", map[string]string{"GATEWAY_OPS_TOKEN": "short"}, "GATEWAY_OPS_TOKEN is shorter than 16 characters, or has a character that is not visible ASCII"},
		{"profiles for everybody", map[string]string{"GATEWAY_PPROF": "true", "GATEWAY_OPS_ADDR": ":9090"}, "GATEWAY_PPROF needs GATEWAY_OPS_TOKEN where GATEWAY_OPS_ADDR can be reached from other machines"},
		{"a certificate without key", map[string]string{"GATEWAY_TLS_CERT": "tls.crt"}, "GATEWAY_TLS_KEY is needed with GATEWAY_TLS_CERT"},
		{"a key without certificate", map[string]string{"GATEWAY_TLS_KEY": "tls.key"}, "GATEWAY_TLS_CERT is needed with GATEWAY_TLS_KEY"},
		{"a certificate that is not there", map[string]string{"GATEWAY_TLS_CERT": "absent.crt", "GATEWAY_TLS_KEY": "absent.key"}, "GATEWAY_TLS_CERT and GATEWAY_TLS_KEY cannot be used: stat absent.crt: no such file or directory"},
		{"an unknown level", map[string]string{"GATEWAY_LOG_LEVEL": "loud"}, "GATEWAY_LOG_LEVEL is not one of debug, info, warn, error"},
		{"an unknown format", map[string]string{"GATEWAY_LOG_FORMAT": "xml"}, "GATEWAY_LOG_FORMAT is not one of json, text"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			program.SetEnvironment(t, Names(), test.values)
			_, err := Load(io.Discard)
			assert.EqualError(t, err, "invalid settings:\n  "+test.want)
		})
	}
}

func TestEveryProblemAtOnce(t *testing.T) {
	program.SetEnvironment(t, Names(), map[string]string{
		"SUGER_ORG_ID":          "a b",
		"SUGER_CONCURRENCY":     "x",
		"GATEWAY_TOKENS":        "short-secret",
		"GATEWAY_CURSOR_SECRET": "tiny-secret",
		"GATEWAY_MAPPING":       filepath.Join(t.TempDir(), "absent.yaml"),
		"GATEWAY_DEFAULT_ROLE":  "ADMIN",
	})
	_, err := Load(io.Discard)
	require.Error(t, err)
	for _, name := range []string{"SUGER_ORG_ID", "SUGER_CONCURRENCY", "GATEWAY_TOKENS", "GATEWAY_CURSOR_SECRET", "GATEWAY_MAPPING", "GATEWAY_DEFAULT_ROLE", "SUGER_CREDENTIAL"} {
		assert.Contains(t, err.Error(), "\n  "+name)
	}
}

// A message of a wrong secret must not hold the secret, nor a part of it.
func TestProblemsHideSecrets(t *testing.T) {
	for _, name := range []string{"SUGER_CREDENTIAL", "GATEWAY_TOKENS", "GATEWAY_CURSOR_SECRET", "GATEWAY_OPS_TOKEN"} {
		t.Run(name, func(t *testing.T) {
			program.SetEnvironment(t, Names(), map[string]string{"SUGER_AUTH": "oauth", name: "hush hush"})
			_, err := Load(io.Discard)
			require.ErrorContains(t, err, name)
			assert.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestSecretsFromFiles(t *testing.T) {
	folder := t.TempDir()
	credential, tokens := filepath.Join(folder, "credential"), filepath.Join(folder, "tokens")
	program.WriteFile(t, credential, "suger-key\n")
	program.WriteFile(t, tokens, "first-bearer-token\nsecond-bearer-token\n")
	program.SetEnvironment(t, Names(), map[string]string{"SUGER_CREDENTIAL_FILE": credential, "GATEWAY_TOKENS_FILE": tokens})
	var log bytes.Buffer
	c, err := Load(&log)
	require.NoError(t, err)
	assert.Equal(t, sugerclient.Credential("suger-key"), c.HeldCredential())
	assert.Equal(t, []string{"first-bearer-token", "second-bearer-token"}, c.AcceptedTokens())

	require.NoError(t, os.WriteFile(tokens, []byte("second-bearer-token, third-bearer-token"), 0o600))
	assert.Equal(t, []string{"second-bearer-token", "third-bearer-token"}, c.AcceptedTokens())
	assert.NotContains(t, log.String(), "bearer-token")
}

func TestMappingFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mapping.yaml")
	program.WriteFile(t, file, "version: 1\nnonsense: true\n")
	program.SetEnvironment(t, Names(), map[string]string{"GATEWAY_MAPPING": file})
	_, err := Load(io.Discard)
	require.ErrorContains(t, err, "GATEWAY_MAPPING names a mapping that cannot be used: ")
	assert.ErrorContains(t, err, file+":2:1")

	program.WriteFile(t, file, strings.Repeat("#", maxMappingFile+1))
	_, err = Load(io.Discard)
	assert.ErrorContains(t, err, "more than 1048576 bytes")
}

// The tags of settings are read when a setting is; a wrong one would be found late.
func TestSettingTags(t *testing.T) {
	for field := range reflect.TypeFor[Settings]().Fields() {
		least, most := field.Tag.Get("min"), field.Tag.Get("max")
		switch field.Type {
		case reflect.TypeFor[int]():
			low, err := strconv.Atoi(least)
			require.NoError(t, err, field.Name)
			high, err := strconv.Atoi(most)
			require.NoError(t, err, field.Name)
			assert.Less(t, low, high, field.Name)
		case reflect.TypeFor[time.Duration]():
			low, err := time.ParseDuration(least)
			require.NoError(t, err, field.Name)
			high, err := time.ParseDuration(most)
			require.NoError(t, err, field.Name)
			assert.Less(t, low, high, field.Name)
		default:
			assert.Empty(t, least+most, field.Name)
		}
	}
}

func TestUnprotectedURL(t *testing.T) {
	for text, want := range map[BaseURL]bool{
		"https://api.example.com":    false,
		"http://api.example.com":     true,
		"http://192.0.2.7:8081":      true,
		"http://127.0.0.1:8081/base": false,
		"http://[::1]:8081":          false,
		"http://localhost:8081":      false,
	} {
		assert.Equal(t, want, text.Unprotected(), text)
	}
}

func TestBrakeOff(t *testing.T) {
	b := brake{Limit: 1, Window: time.Hour}
	require.NoError(t, b.Decode("off"))
	assert.Equal(t, mapping.Brake{}, mapping.Brake(b))
}

func TestWhoSeesTheStatusPage(t *testing.T) {
	for name, test := range map[string]struct {
		values map[string]string
		hidden bool
	}{
		"by default":                  {nil, false},
		"the loopback name":           {map[string]string{"GATEWAY_OPS_ADDR": "localhost:9090"}, false},
		"the loopback in IPv6":        {map[string]string{"GATEWAY_OPS_ADDR": "[::1]:9090"}, false},
		"every address":               {map[string]string{"GATEWAY_OPS_ADDR": ":9090"}, true},
		"every address, in digits":    {map[string]string{"GATEWAY_OPS_ADDR": "0.0.0.0:9090"}, true},
		"one address":                 {map[string]string{"GATEWAY_OPS_ADDR": "192.0.2.1:9090"}, true},
		"a name":                      {map[string]string{"GATEWAY_OPS_ADDR": "ops.example.com:9090"}, true},
		"every address, with a token": {map[string]string{"GATEWAY_OPS_ADDR": ":9090", "GATEWAY_OPS_TOKEN": "token-of-the-ops-listener"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			program.SetEnvironment(t, Names(), test.values)
			c, err := Load(io.Discard)
			require.NoError(t, err)
			assert.Equal(t, test.hidden, c.HidesPages())
		})
	}
}

func TestCertificateThatCannotBeUsed(t *testing.T) {
	certFile, _, _ := program.Certificate(t)
	program.SetEnvironment(t, Names(), map[string]string{"GATEWAY_TLS_CERT": certFile, "GATEWAY_TLS_KEY": certFile})
	_, err := Load(io.Discard)
	assert.EqualError(t, err, "invalid settings:\n  GATEWAY_TLS_CERT and GATEWAY_TLS_KEY cannot be used: tls: found a certificate rather than a key in the PEM for the private key (the server's own certificate must be the first in its file, and the key must be its own and not encrypted)")
}
