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
	resources := &testResources{kind: testResourceType()}
	return []*resourceSet{{
		kind:  resources.kind,
		read:  func(mapping.Caller) reader { return resources },
		write: func(mapping.Caller) writer { return resources },
	}}
}

func testResourceType() *scim.ResourceType {
	attribute := func(name string, kind scim.Type, change func(*scim.Attribute)) *scim.Attribute {
		a := &scim.Attribute{
			Name: name, Type: kind, Description: "A " + string(kind) + " to test with.", CaseExact: kind == scim.Binary || kind == scim.Reference,
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
	many := func(a *scim.Attribute) { a.MultiValued = true }
	simple := func() (attributes []*scim.Attribute) {
		for _, kind := range []scim.Type{scim.String, scim.Boolean, scim.Integer, scim.Decimal, scim.DateTime, scim.Binary, scim.Reference} {
			attributes = append(attributes, attribute(string(kind), kind, nil))
		}
		return append(attributes,
			attribute("exact", scim.String, func(a *scim.Attribute) { a.CaseExact = true }),
			attribute("immutable", scim.String, func(a *scim.Attribute) { a.Mutability = scim.Immutable }),
			attribute("readOnly", scim.String, func(a *scim.Attribute) { a.Mutability = scim.ReadOnly }))
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

// testResources are those of all organizations, in the order of creation.
type testResources struct {
	kind *scim.ResourceType
	mu   sync.Mutex
	all  []scim.Resource
}

func (t *testResources) Get(_ context.Context, id string, _ *scim.Projection) (r scim.Resource, err error) {
	err = t.at(id, "", func(i int) error {
		r = cloned(t.all[i])
		return nil
	})
	return r, err
}

// at calls f with the position of a resource, if it has the version in ifMatch.
func (t *testResources) at(id, ifMatch string, f func(i int) error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := slices.IndexFunc(t.all, func(r scim.Resource) bool { return r.ID() == id })
	if i < 0 {
		return scim.NotFound("test resource", id)
	}
	if err := scim.CheckIfMatch(ifMatch, t.all[i].Version()); err != nil {
		return err
	}
	return f(i)
}

func (t *testResources) List(_ context.Context, q *scim.Query) (*scim.List, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return q.Select(len(t.all), func(i int) scim.Resource { return cloned(t.all[i]) }), nil
}

func (t *testResources) Create(_ context.Context, body map[string]any, _ *scim.Projection) (scim.Resource, error) {
	wanted, err := t.kind.Normalize(body)
	if err != nil {
		return nil, err
	}
	wanted["id"] = rand.Text()
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.keep(wanted, time.Now().UTC().Format(testTime), len(t.all))
}

func (t *testResources) Replace(_ context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
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

func (t *testResources) Patch(ctx context.Context, id string, body map[string]any, ifMatch string, _ *scim.Projection) (scim.Resource, error) {
	operations, err := scim.ParsePatch(body, t.kind)
	if err != nil {
		return nil, err
	}
	return t.change(id, ifMatch, func(current scim.Resource) (scim.Resource, error) {
		return t.kind.ApplyPatch(ctx, current, operations)
	})
}

func (t *testResources) Delete(_ context.Context, id, ifMatch string) error {
	return t.at(id, ifMatch, func(i int) error {
		t.all = slices.Delete(t.all, i, i+1)
		return nil
	})
}

func (t *testResources) change(id, ifMatch string, want func(current scim.Resource) (scim.Resource, error)) (changed scim.Resource, err error) {
	err = t.at(id, ifMatch, func(i int) error {
		current := cloned(t.all[i])
		wanted, err := want(current)
		if err == nil {
			changed, err = t.keep(wanted, current["meta"].(map[string]any)["created"].(string), i)
		}
		return err
	})
	return changed, err
}

const testTime = "2006-01-02T15:04:05.000Z"

// keep puts a resource at a position, or at the end; the caller has the lock.
func (t *testResources) keep(r scim.Resource, created string, at int) (scim.Resource, error) {
	if err := t.kind.CheckRequired(r); err != nil {
		return nil, err
	}
	for i, other := range t.all {
		if i != at && strings.EqualFold(other["name"].(string), r["name"].(string)) {
			return nil, scim.NewError(scim.CodeUserExists, "There is a test resource with this name.")
		}
	}
	r = withoutEmpty(r)
	r["readOnly"] = "set by the service"
	about := map[string]any{"resourceType": t.kind.Name, "created": created, "lastModified": time.Now().UTC().Format(testTime)}
	r["meta"] = about
	about["version"] = scim.Version(r)
	t.all = slices.Replace(t.all, at, min(at+1, len(t.all)), r)
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
