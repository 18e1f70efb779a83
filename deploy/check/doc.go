// Package check tests the deployment files: the Helm chart, the plain manifests
// and the Compose files. It is a separate module, so that the program does not
// depend on Helm and Kubernetes. Its go.mod also pins the tools that .ci/deploy
// runs.
package check
