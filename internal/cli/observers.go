package cli

import (
	"time"

	"suger-scim-gateway/internal/scim"
	"suger-scim-gateway/mapping"
	"suger-scim-gateway/sugerclient"
)

// An observer gets every event of the gateway, the mapping and the Suger client.
type observer interface {
	mapping.Observer
	sugerclient.Observer
	Answered(resource, method string, status int, took time.Duration)
	Failed(code scim.Code)
}

// observers pass each event to all of them.
type observers []observer

// Answered passes on a SCIM answer.
func (all observers) Answered(resource, method string, status int, took time.Duration) {
	for _, one := range all {
		one.Answered(resource, method, status, took)
	}
}

// Failed passes on the code of an error.
func (all observers) Failed(code scim.Code) {
	for _, one := range all {
		one.Failed(code)
	}
}

// Called passes on a request to Suger.
func (all observers) Called(operation string, status int, elapsed time.Duration) {
	for _, one := range all {
		one.Called(operation, status, elapsed)
	}
}

// Retried passes on a retry of a request to Suger.
func (all observers) Retried(operation string) {
	for _, one := range all {
		one.Retried(operation)
	}
}

// Drift passes on an answer that differs from the mapping.
func (all observers) Drift(operation, field string) {
	for _, one := range all {
		one.Drift(operation, field)
	}
}

// Lookup passes on an id lookup.
func (all observers) Lookup(result string) {
	for _, one := range all {
		one.Lookup(result)
	}
}

// List passes on a use of the user list.
func (all observers) List(result string) {
	for _, one := range all {
		one.List(result)
	}
}

// Unconfirmed passes on a change that Suger does not show.
func (all observers) Unconfirmed(operation string) {
	for _, one := range all {
		one.Unconfirmed(operation)
	}
}

// Refused passes on a change that a guard stopped.
func (all observers) Refused(guard string) {
	for _, one := range all {
		one.Refused(guard)
	}
}

// Changed passes on an attempted change.
func (all observers) Changed(change mapping.Change) {
	for _, one := range all {
		one.Changed(change)
	}
}
