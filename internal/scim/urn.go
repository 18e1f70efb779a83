package scim

// URNs of schemas and messages.
const (
	URNUser           = "urn:ietf:params:scim:schemas:core:2.0:User"                 // RFC 7643 §4.1
	URNEnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" // RFC 7643 §4.3
	URNGroup          = "urn:ietf:params:scim:schemas:core:2.0:Group"                // RFC 7643 §4.2
	URNOktaRole       = "urn:okta:scim:schemas:core:1.0:Role"                        // Okta, "SCIM with entitlements"

	URNServiceProviderConfig = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig" // RFC 7643 §5
	URNResourceType          = "urn:ietf:params:scim:schemas:core:2.0:ResourceType"          // RFC 7643 §6
	URNSchema                = "urn:ietf:params:scim:schemas:core:2.0:Schema"                // RFC 7643 §7

	URNListResponse  = "urn:ietf:params:scim:api:messages:2.0:ListResponse"  // RFC 7644 §3.4.2
	URNSearchRequest = "urn:ietf:params:scim:api:messages:2.0:SearchRequest" // RFC 7644 §3.4.3
	URNPatchOp       = "urn:ietf:params:scim:api:messages:2.0:PatchOp"       // RFC 7644 §3.5.2
	URNBulkRequest   = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"   // RFC 7644 §3.7
	URNBulkResponse  = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"  // RFC 7644 §3.7
	URNError         = "urn:ietf:params:scim:api:messages:2.0:Error"         // RFC 7644 §3.12
)
