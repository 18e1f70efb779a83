// Package check tests what is deployed beside the program: the Helm chart, the
// plain manifests and the Compose files. It is a module of its own, so that the
// program does not depend on Helm and Kubernetes. Its go.mod also pins the
// tools that .ci/deploy runs.
package check
