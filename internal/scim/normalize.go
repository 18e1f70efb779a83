package scim

// Normalize reads what a client sent as a resource, from [DecodeObject], with
// the tolerance that real clients need:
//
//   - names in any letter case; attributes of the core schema also inside an
//     object under its URN; "name.givenName" and "urn:…:User:role" as names;
//   - a single value where a list is due, and a scalar where an object with a
//     value is: roles as "x", ["x"], {"value":"x"} and [{"value":"x"}] is the same;
//   - "True" and "false" for booleans, "1" for numbers.
//
// Unknown and tolerated attributes are dropped, a password among them, and so
// are read-only ones (RFC 7644 §3.3 and §3.5.1) that are not [Attribute].Echoed;
// externalId is kept. If an
// attribute comes more than once, a name with a URN or a dot wins over a plain
// one, since Okta lays what is mapped over an echo of the resource. The result's
// schemas are the URNs whose attributes are there, whatever the client listed.
//
// The error is a *[Error], mostly with [CodeInvalidValue], that names the
// attribute and never repeats a value. See [Resource] for what was emptied.
func (rt *ResourceType) Normalize(raw map[string]any) (Resource, error) {
	e := newEdit(rt, Resource{})
	if err := e.applyObject(patchReplace, raw, ""); err != nil {
		return nil, err
	}
	return e.finish(), nil
}
