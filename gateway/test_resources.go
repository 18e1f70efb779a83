//go:build testresources

package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
)

// This file is part of test builds alone (-tags testresources). Suger's users hold
// few attributes, so rules about others are shown on /TestResources: a type with
// every kind of attribute, kept in memory, behind the same handlers and the same
// protocol package as users and groups.

const (
	urnTestResource  = "urn:example:params:scim:schemas:test:2.0:TestResource"
	urnTestExtension = "urn:example:params:scim:schemas:test:2.0:Extension"
)

func moreSets() []*resourceSet {
	kind := testResourceType()
	memory := &testMemory{kind: kind, of: map[string][]scim.Resource{}}
	return []*resourceSet{{
		kind:  kind,
		read:  func(c mapping.Caller) reader { return testResources{memory, c.Organization} },
		write: func(c mapping.Caller) writer { return testResources{memory, c.Organization} },
	}}
}

func testResourceType() *scim.ResourceType {
	attribute := func(name string, kind scim.Type, change func(*scim.Attribute)) *scim.Attribute {
		a := &scim.Attribute{
			Name: name, Type: kind, Description: "A " + string(kind) + " to test with.",
			Mutability: scim.ReadWrite, Returned: scim.ByDefault, Uniqueness: scim.NotUnique,
		}
		if kind == scim.Reference {
			a.ReferenceTypes = []string{"external"}
		}
		if change != nil {
			change(a)
		}
		return a
	}
	exact := func(a *scim.Attribute) { a.CaseExact = true }
	many := func(a *scim.Attribute) { a.MultiValued = true }
	immutable := func(a *scim.Attribute) { a.Mutability = scim.Immutable }
	simple := func() []*scim.Attribute {
		return []*scim.Attribute{
			attribute("string", scim.String, nil),
			attribute("exact", scim.String, exact),
			attribute("boolean", scim.Boolean, nil),
			attribute("integer", scim.Integer, nil),
			attribute("decimal", scim.Decimal, nil),
			attribute("dateTime", scim.DateTime, nil),
			attribute("binary", scim.Binary, exact),
			attribute("reference", scim.Reference, exact),
			attribute("immutable", scim.String, immutable),
			attribute("readOnly", scim.String, func(a *scim.Attribute) { a.Mutability = scim.ReadOnly }),
		}
	}
	elements := []*scim.Attribute{
		attribute("value", scim.String, nil),
		attribute("type", scim.String, func(a *scim.Attribute) { a.CanonicalValues = []string{"work", "home"} }),
		attribute("display", scim.String, nil),
		attribute("primary", scim.Boolean, nil),
	}
	attributes := append(simple(),
		attribute("name", scim.String, func(a *scim.Attribute) { a.Required, a.Uniqueness = true, scim.UniqueServer }),
		attribute("writeOnly", scim.String, func(a *scim.Attribute) { a.Mutability, a.Returned = scim.WriteOnly, scim.Never }),
		attribute("always", scim.String, func(a *scim.Attribute) { a.Returned = scim.Always }),
		attribute("onRequest", scim.String, func(a *scim.Attribute) { a.Returned = scim.OnRequest }),
		attribute("strings", scim.String, many),
		attribute("integers", scim.Integer, many),
		attribute("complex", scim.Complex, func(a *scim.Attribute) { a.SubAttributes = simple() }),
		attribute("complexes", scim.Complex, func(a *scim.Attribute) { a.MultiValued, a.SubAttributes = true, elements }),
	)
	return &scim.ResourceType{
		Name: "TestResource", Endpoint: "/TestResources", Description: "Every kind of attribute, in memory",
		Schema: &scim.Schema{ID: urnTestResource, Name: "TestResource", Description: "Every kind of attribute.", Attributes: attributes},
		Extensions: []*scim.Schema{{
			ID: urnTestExtension, Name: "Extension", Description: "An extension to test with.",
			Attributes: []*scim.Attribute{attribute("string", scim.String, nil), attribute("strings", scim.String, many)},
		}},
	}
}

// testMemory holds the resources of each organization in the order of creation.
type testMemory struct {
	kind *scim.ResourceType
	mu   sync.Mutex
	of   map[string][]scim.Resource
}

// testResources are those of one organization.
type testResources struct {
	*testMemory
	organization string
}

// index returns the position of a resource; the caller has the lock.
func (t testResources) index(id string) (int, error) {
	i := slices.IndexFunc(t.of[t.organization], func(r scim.Resource) bool { return r.ID() == id })
	if i < 0 {
		return 0, scim.NotFound("test resource", id)
	}
	return i, nil
}

func (t testResources) Get(_ context.Context, id string, _ *scim.Projection) (scim.Resource, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, err := t.index(id)
	if err != nil {
		return nil, err
	}
	return cloned(t.of[t.organization][i]), nil
}

func (t testResources) List(_ context.Context, q *scim.Query) (*scim.List, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	all := t.of[t.organization]
	return q.Select(len(all), func(i int) scim.Resource { return cloned(all[i]) }), nil
}

func (t testResources) Create(_ context.Context, body map[string]any, _ *scim.Projection) (scim.Resource, error) {
	wanted, err := t.kind.Normalize(body)
	if err != nil {
		return nil, err
	}
	wanted["id"] = rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keep(wanted, time.Now(), -1)
}

func (t testResources) Replace(_ context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	wanted, err := t.kind.Normalize(body)
	if err != nil {
		return nil, err
	}
	return t.change(id, ifMatch, func(current scim.Resource) (scim.Resource, error) {
		wanted["id"] = id
		if wanted["immutable"] == nil && current["immutable"] != nil {
			wanted["immutable"] = current["immutable"]
		}
		return wanted, t.kind.CheckImmutable(current, wanted)
	})
}

func (t testResources) Patch(ctx context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	operations, err := scim.ParsePatch(body, t.kind)
	if err != nil {
		return nil, err
	}
	return t.change(id, ifMatch, func(current scim.Resource) (scim.Resource, error) {
		return t.kind.ApplyPatch(ctx, current, operations)
	})
}

func (t testResources) Delete(_ context.Context, id, ifMatch string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, err := t.index(id)
	if err != nil {
		return err
	}
	all := t.of[t.organization]
	if err := scim.CheckIfMatch(ifMatch, all[i].Version()); err != nil {
		return err
	}
	t.of[t.organization] = slices.Delete(all, i, i+1)
	return nil
}

func (t testResources) change(id, ifMatch string, want func(current scim.Resource) (scim.Resource, error)) (scim.Resource, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i, err := t.index(id)
	if err != nil {
		return nil, err
	}
	current := cloned(t.of[t.organization][i])
	if err := scim.CheckIfMatch(ifMatch, current.Version()); err != nil {
		return nil, err
	}
	wanted, err := want(current)
	if err != nil {
		return nil, err
	}
	created, err := time.Parse(time.RFC3339Nano, current["meta"].(map[string]any)["created"].(string))
	if err != nil {
		return nil, err
	}
	return t.keep(wanted, created, i)
}

// keep puts a resource at a position, or at the end; the caller has the lock.
func (t testResources) keep(r scim.Resource, created time.Time, at int) (scim.Resource, error) {
	if err := t.kind.CheckRequired(r); err != nil {
		return nil, err
	}
	all := t.of[t.organization]
	for i, other := range all {
		if i != at && strings.EqualFold(other["name"].(string), r["name"].(string)) {
			return nil, scim.NewError(scim.CodeUserExists, "There is a test resource with this name.")
		}
	}
	r = scim.Resource(withoutEmpty(r))
	r["readOnly"] = "set by the service"
	const stamp = "2006-01-02T15:04:05.000Z"
	about := map[string]any{"resourceType": t.kind.Name, "created": created.UTC().Format(stamp), "lastModified": time.Now().UTC().Format(stamp)}
	r["meta"] = about
	about["version"] = scim.Version(r)
	if at < 0 {
		t.of[t.organization] = append(all, r)
	} else {
		all[at] = r
	}
	return cloned(r), nil
}

// withoutEmpty leaves out what was emptied, at any depth.
func withoutEmpty(object map[string]any) map[string]any {
	kept := maps.Clone(object)
	for name, value := range kept {
		if inner, ok := value.(map[string]any); ok {
			kept[name] = withoutEmpty(inner)
		}
	}
	maps.DeleteFunc(kept, func(_ string, value any) bool { return scim.IsEmpty(value) })
	return kept
}

// cloned copies a resource with all that is in it.
func cloned(r scim.Resource) (clone scim.Resource) {
	text, err := scim.Marshal(r)
	if err == nil {
		err = json.Unmarshal(text, &clone)
	}
	if err != nil {
		panic(err) // it was decoded from JSON
	}
	return clone
}
