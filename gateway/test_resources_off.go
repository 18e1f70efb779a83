//go:build !testresources

package gateway

// moreSets are resource types beside users, groups and roles: none in the product.
func moreSets() []*resourceSet { return nil }
