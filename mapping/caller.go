package mapping

import "suger-scim-gateway/sugerclient"

// A Caller is on whose behalf a SCIM request is answered. All state that is
// kept between requests is kept apart by Organization and Credential.
type Caller struct {
	Organization string                 // Suger organization id
	Credential   sugerclient.Credential // what Suger is shown
	RequestID    string                 // for the log and the audit record
}
