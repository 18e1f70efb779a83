package mapping

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// A Change is one attempt to change something in Suger.
type Change struct {
	Time         time.Time
	RequestID    string
	Credential   string // fingerprint of the credential used
	Organization string
	UserID       string // of the user or, for a role, of the role
	User         string // e-mail address or keyed hash of it; name of the role
	What         string // "update user", "remove user", "add role", ...
	Before       map[string]string
	After        map[string]string
	Outcome      string // "done", "refused", "failed", "unconfirmed", "dry run"
	Code         string // of the error, or ""
}

// changeOf describes a planned change of a user by what differs.
func (s *suger) changeOf(u *user, p *plan) *Change {
	c := s.newChange(spec.OpUpdateUser, u.id, s.model.email(u))
	after := s.model.applied(u, p)
	for i := range p.values {
		name := s.model.attributes[i].name
		c.Before[name], c.After[name] = u.values[i], after.values[i]
	}
	if p.roles != nil {
		c.Before["role"], c.After["role"] = roleNames(p.before), roleNames(p.roles)
	}
	if p.active != nil {
		c.What = spec.OpDeactivateUser
		if *p.active {
			c.What = spec.OpActivateUser
		}
		c.Before["active"], c.After["active"] = yesNo(u.standing.active), yesNo(*p.active)
	}
	return c
}

func (s *suger) newChange(what, id, name string) *Change {
	return &Change{
		Time: s.config.Now(), RequestID: s.RequestID, Credential: s.fingerprint(), Organization: s.Organization,
		UserID: id, User: name, What: what, Before: make(map[string]string), After: make(map[string]string),
	}
}

func (c *Change) dry() *Change {
	c.Outcome = "dry run"
	return c
}

// record writes the audit record of a change that was attempted.
func (s *suger) record(c *Change, err error) {
	s.hidePersons(c)
	level := slog.LevelInfo
	if err != nil {
		level = slog.LevelWarn
		c.Outcome, c.Code = outcomeOf(s.asSCIM(err))
	} else if c.Outcome == "" {
		c.Outcome = "done"
	}
	s.config.Audit.Log(context.Background(), level, "change",
		"request_id", c.RequestID, "credential", c.Credential, "organization", c.Organization,
		"what", c.What, "id", c.UserID, "user", c.User, "before", c.Before, "after", c.After,
		"outcome", c.Outcome, "code", c.Code)
	s.config.Observer.Changed(*c)
}

func outcomeOf(err error) (outcome, code string) {
	var e *scim.Error
	if errors.As(err, &e) {
		code = string(e.Code)
		switch e.Code {
		case scim.CodeLastAdmin, scim.CodeProtectedUser, scim.CodeAdminGrant, scim.CodeChangeBrake:
			return "refused", code
		case scim.CodeWriteUnconfirmed:
			return "unconfirmed", code
		}
	}
	if uncertain(err) {
		return "uncertain", code
	}
	return "failed", code
}

// hidePersons replaces e-mail addresses and the values of a user's attributes by
// keyed hashes, if there is a key. An address may also stand where none is
// expected, as an id or in a role's name.
func (s *suger) hidePersons(c *Change) {
	if len(s.config.AuditKey) == 0 {
		return
	}
	hash := func(text string) string {
		mac := hmac.New(sha256.New, s.config.AuditKey)
		mac.Write([]byte(fold(text)))
		return hex.EncodeToString(mac.Sum(nil)[:8])
	}
	hide := func(text string) string {
		if !strings.Contains(text, "@") {
			return text
		}
		return "user-" + hash(text)
	}
	c.UserID, c.User = hide(c.UserID), hide(c.User)
	for _, values := range []map[string]string{c.Before, c.After} {
		for name, value := range values {
			_, personal := s.model.index[name]
			switch {
			case personal && value != "" && !strings.Contains(value, "@"):
				values[name] = "text-" + hash(value)
			default:
				values[name] = hide(value)
			}
		}
	}
}

// fingerprint tells credentials apart in audit records without telling one: the
// same on every replica, and no help in finding a key that has real entropy.
func (s *suger) fingerprint() string {
	sum := sha256.Sum256([]byte("suger-scim-gateway audit\x00" + string(s.Credential)))
	return hex.EncodeToString(sum[:4])
}

func roleNames(roles []*role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = r.name
	}
	return strings.Join(names, ", ")
}

func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
