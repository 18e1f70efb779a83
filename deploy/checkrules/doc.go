// Package checkrules tests what is offered beside the program for watching it
// and for its Okta side: the alerts for Prometheus, the dashboard for Grafana and
// the Terraform configuration. It is a module of its own, so that the program
// does not depend on Prometheus, Grafana and HashiCorp's libraries.
package checkrules
