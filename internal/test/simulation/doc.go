// Package simulation runs the whole gateway through months of an invented company
// in virtual time: an Okta that retries, repeats and reorders, replicas that
// crash, administrators at Suger's console, and a Suger with the sandbox's
// faults. One seed determines everything. Every answer and every change in Suger
// is compared with a history of what was true when, and who asked for it.
//
//	go test ./internal/test/simulation                      a few fresh seeds
//	go test ./internal/test/simulation -seeds 200 -years 5  more of them
//	go test ./internal/test/simulation -seed 4711 -shape busy -v
//
// A seed that breaks a rule prints the shortest scenario in which the rule is still
// broken.
package simulation
