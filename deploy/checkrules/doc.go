// Package checkrules tests the alerts for Prometheus, the dashboard for Grafana
// and the Terraform configuration for Okta. It is a separate module, so that the
// program does not depend on Prometheus, Grafana and HashiCorp's libraries.
package checkrules
