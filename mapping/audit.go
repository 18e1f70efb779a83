package mapping

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping/spec"
)

// A Change is the audit record of one attempted change in Suger.
type Change struct {
	Time         time.Time
	RequestID    string
	Credential   string // fingerprint of the credential used
	Organization string
	UserID       string // of the user or, for a role, of the role
	User         string // e-mail address or keyed hash of it; name of the role
	What         string // "update user", "remove user", "add role", "undo", ...
	Before       map[string]string
	After        map[string]string
	Outcome      string // "done", "refused", "failed", "unconfirmed", "uncertain", "already left", "dry run"
	Code         string // of the error, or ""
}

// entryOf describes what a plan changes about one person, by what differs.
func (s *suger) entryOf(what string, one *personPlan) *Change {
	c := s.newChange(one.kind, one.before.id, s.model.email(one.before))
	joins, was := one.kind == planJoin, strconv.FormatBool(one.before.access.active)
	for i, value := range one.values {
		name := s.model.attributes[i].name
		switch {
		case !joins:
			c.Before[name], c.After[name] = one.before.values[i], value
		case i != s.model.userName: // the record has this address already
			c.Before[name], c.After[name] = "", value
		}
	}
	if one.roles != nil || one.kind == planLeave {
		c.Before["role"], c.After["role"] = roleNames(one.held), roleNames(one.roles)
	}
	switch {
	case joins:
	case one.endsAccess():
		c.Before["active"], c.After["active"] = was, "false"
		if one.kind == planChange {
			c.What = spec.OpDeactivateUser
		}
	case one.givesAccess():
		c.Before["active"], c.After["active"] = was, "true"
		c.What = spec.OpActivateUser
	}
	c.What = cmp.Or(what, c.What)
	return c
}

// maxRecorded bounds the characters of a role's permissions.
const maxRecorded = 4096

func (s *suger) entryOfRole(change *rolePlan) *Change {
	c := s.newChange(change.kind, change.role.id, change.role.name)
	switch change.kind {
	case roleRenamed:
		c.Before["name"], c.After["name"] = change.role.name, change.name
	case roleDeleted:
		c.Before["name"], c.Before["description"] = change.role.name, change.role.description
		if permissions, err := json.Marshal(change.role.permissions); err == nil { // enough to create the role again
			c.Before["permissions"] = scim.Clip(string(permissions), maxRecorded)
		}
	}
	return c
}

// recordEach writes a record for each person and role of a plan. after proved it, if it is
// not nil. failed returns the error for a person or, for nil, for the role.
func (s *suger) recordEach(what string, p *plan, after *snapshot, outcome string, failed func(*personPlan) error) {
	for _, one := range p.touched() {
		c := s.entryOf(what, one)
		if one.kind == planJoin && after != nil {
			if is := s.planner.joined(after, one); is != nil {
				c.UserID = is.id
			}
		}
		s.record(c, outcome, failed(one))
	}
	if p.role != nil {
		s.record(s.entryOfRole(p.role), outcome, failed(nil))
	}
}

func (s *suger) recordProven(what string, p *plan, after *snapshot, failures differences) {
	s.recordEach(what, p, after, "done", func(one *personPlan) error {
		if f := failures.about(one); f != nil {
			return f.err
		}
		return nil
	})
}

// recordFailed writes records of an error, or of the failed calls where there are any.
func (s *suger) recordFailed(what string, p *plan, done *applied, err error) {
	s.recordEach(what, p, nil, "", func(one *personPlan) error {
		if done == nil || one == nil {
			return err
		}
		return cmp.Or(done.reason(one), err)
	})
}

func (s *suger) newChange(what, id, name string) *Change {
	return &Change{
		Time: s.config.Now(), RequestID: s.RequestID, Credential: s.fingerprint(), Organization: s.Organization,
		UserID: id, User: name, What: what, Before: make(map[string]string), After: make(map[string]string),
	}
}

func (s *suger) record(c *Change, outcome string, err error) {
	s.hidePersons(c)
	level := slog.LevelInfo
	if c.Outcome = outcome; err != nil {
		level = slog.LevelWarn
		c.Outcome, c.Code = outcomeOf(s.asSCIM(err))
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
		case scim.CodeLastAdmin, scim.CodeUserExists, scim.CodeProtectedUser, scim.CodeAdminGrant, scim.CodeChangeBrake:
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

// hidePersons replaces addresses, also in ids and names of roles, and the values of a
// user's attributes by keyed hashes, if there is a key.
func (s *suger) hidePersons(c *Change) {
	if len(s.config.AuditKey) == 0 {
		return
	}
	hide := func(text string, personal bool) string {
		kind := "user-"
		if !strings.Contains(text, "@") {
			if kind = "text-"; !personal || text == "" {
				return text
			}
		}
		mac := hmac.New(sha256.New, s.config.AuditKey)
		mac.Write([]byte(fold(text)))
		return kind + hex.EncodeToString(mac.Sum(nil)[:8])
	}
	c.UserID, c.User = hide(c.UserID, false), hide(c.User, false)
	for _, values := range []map[string]string{c.Before, c.After} {
		for name, value := range values {
			values[name] = hide(value, s.model.holds(name))
		}
	}
}

// dryRunID returns an id for a user or role that a dry run did not create: the
// same for each name, since clients remember ids.
func dryRunID(name string) string {
	sum := sha256.Sum256([]byte(fold(name)))
	return "dry-run-" + hex.EncodeToString(sum[:8])
}

// fingerprint distinguishes credentials in audit records without revealing one: the
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
