package check

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"suger-scim-gateway/mapping"
	"suger-scim-gateway/mapping/spec"
	"suger-scim-gateway/sugerclient"
)

// writes are the calls of the step that change something.
func (t *trip) writes() []mapping.Exchange {
	var writes []mapping.Exchange
	for _, e := range t.calls {
		if e.Call.Operation != opGetUser { // lists are not among them
			writes = append(writes, e)
		}
	}
	return writes
}

// done lists the writes of the step and how Suger answered them.
func (t *trip) done() string {
	var texts []string
	for _, e := range t.writes() {
		texts = append(texts, fmt.Sprintf("%s (%s)", e.Call.Operation, t.answered(e)))
	}
	if len(texts) == 0 {
		return "no call"
	}
	return both(texts)
}

func (t *trip) answered(e mapping.Exchange) string {
	if e.Answer == nil {
		return "failed"
	}
	if !t.answersUser(e.Call) {
		return fmt.Sprint(e.Answer.Status)
	}
	content := "no user in the answer"
	if user, ok := t.answerOf(e); ok {
		if _, err := t.probe.ReadUser(user); err == nil {
			content = "with the user"
		}
	}
	return fmt.Sprintf("%d, %s", e.Answer.Status, content)
}

// answerOf is what is in an answer where the mapping says.
func (t *trip) answerOf(e mapping.Exchange) (any, bool) {
	return t.userIn(e.Call.Operation, e.Answer.Body)
}

// answersElsewhere is where the user is in an answer, if not where the mapping says.
func (t *trip) answersElsewhere() []Fix {
	for _, e := range t.writes() {
		if e.Answer == nil || !t.answersUser(e.Call) {
			continue
		}
		if user, ok := t.answerOf(e); ok {
			if _, err := t.probe.ReadUser(user); err == nil {
				continue
			}
		}
		if fix := t.answerFix(e.Call.Operation, decoded(e.Answer.Body)); fix != nil {
			return fix
		}
	}
	return nil
}

// answersUser reports whether a call is one whose answer the gateway looks into.
func (t *trip) answersUser(call sugerclient.Call) bool {
	return call.Operation == "add user" || call.Operation == "update user"
}

// second notes what works but costs calls that need not be.
func (t *trip) second(line *Line) {
	writes := t.writes()
	if fix := t.answersElsewhere(); fix != nil && !slices.Contains(t.said, fix[0].Entry) {
		line.Level, line.Mapping = Look, t.at(fix[0].Entry)
		line.propose(fix...)
		line.Change += " It saves a read."
		t.said = append(t.said, fix[0].Entry)
	}
	if !t.known && len(writes) > 1 && writes[0].Call.Operation == "add user" && writes[1].Call.Operation == "update user" && t.Document.Operations.UpdateUser.Sends != spec.SendsWholeObject {
		line.Level, line.Mapping = Look, t.at("operations.add user.body")
		line.Change = fmt.Sprintf("\"add user\" does not take %s: the gateway writes it by a second call. Correct the body.", both(pathsOf(writes[1].Call.Body, "")))
	}
}

// placeOf is where the mapping sends what differs, in the last call that does.
func (t *trip) placeOf(d difference) *Place {
	if d.operation != "" {
		return t.at(spec.OperationPath(d.operation))
	}
	writes := t.writes()
	for i := len(writes) - 1; i >= 0; i-- {
		name := writes[i].Call.Operation
		if path := placeholderPath(t.Document.Operations.Named(name).Body, d.values, ""); path != "" {
			return t.at(spec.OperationPath(name) + ".body." + path)
		}
	}
	if len(writes) > 0 {
		return t.at(spec.OperationPath(writes[len(writes)-1].Call.Operation))
	}
	return nil
}

// placeholderPath finds the first of some placeholders in a body template.
func placeholderPath(template any, names []string, prefix string) string {
	switch part := template.(type) {
	case map[string]any:
		for _, key := range sortedKeys(part) {
			if found := placeholderPath(part[key], names, strings.TrimPrefix(prefix+"."+key, ".")); found != "" {
				return found
			}
		}
	case []any:
		for _, inner := range part {
			if found := placeholderPath(inner, names, prefix); found != "" {
				return found
			}
		}
	case string:
		for _, name := range names {
			if strings.Contains(part, "{"+name+"}") {
				return prefix
			}
		}
	}
	return ""
}

// find reads the user afresh, by id where that proves who is a member; nil if
// there is none.
func (t *trip) find(ctx context.Context) (*mapping.Record, error) {
	call, ok := t.probe.Call(opGetUser, t.id)
	if !ok || t.coversEverybody() {
		return t.inList(ctx)
	}
	answer, err := t.probe.Do(ctx, call)
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	t.row, _ = t.userIn(opGetUser, answer.Body)
	return t.probe.ReadUser(t.row)
}

// patienceLooks is how often the list is read again for somebody whom Suger has
// taken and does not show yet.
const patienceLooks = 5

// appears finds the user who was just added, and waits for a while if Suger took
// the request, or may have.
func (t *trip) appears(ctx context.Context) (is *mapping.Record, err error) {
	is, err = t.inList(ctx)
	for range patienceLooks {
		if is != nil || err != nil || t.unseen == nil || ctx.Err() != nil {
			break
		}
		t.waited = true
		select {
		case <-ctx.Done():
		case <-time.After(t.Patience / patienceLooks):
		}
		is, err = t.inList(ctx)
	}
	return is, err
}

// inList finds the user in a fresh list by the address; nil if there is none.
func (t *trip) inList(ctx context.Context) (*mapping.Record, error) {
	found, err := t.withAddress(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// withAddress are the users of a fresh list who have the address.
func (t *trip) withAddress(ctx context.Context) (found []*mapping.Record, err error) {
	call, _ := t.probe.Call(opListUsers, nil)
	pages, _, err := t.readPages(ctx, call, t.probe.Paging(opListUsers))
	for _, row := range slices.Concat(pages...) {
		user := decoded([]byte(row))
		if record, err := t.probe.ReadUser(user); err == nil && fold(record.UserName) == fold(t.Write) {
			found = append(found, record)
			t.unseen, t.row = nil, user
		}
	}
	return found, err
}
