package check

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

// manifests returns what `kubectl apply -k deploy/kubernetes` sends.
func manifests(t *testing.T) []runtime.Object {
	t.Helper()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../kubernetes")
	require.NoError(t, err)
	text, err := built.AsYaml()
	require.NoError(t, err)
	return decode(t, string(text))
}

func TestManifestsAreRight(t *testing.T) { checkObjects(t, manifests(t)) }

// The plain manifests and the chart describe the same pod and the same network
// policy; only names and labels differ.
func TestManifestsAreTheChart(t *testing.T) {
	plain := manifests(t)
	rendered := decode(t, render(t, "--values", chart+"/ci/default-values.yaml"))
	assert.Equal(t, anonymous(newSet(t, rendered)), anonymous(newSet(t, plain)))
	assert.Equal(t, networkPolicy(t, rendered), networkPolicy(t, plain))
}

// anonymous returns the pod without names derived from the release.
func anonymous(s *set) core.PodSpec {
	pod := *s.pod().Spec.DeepCopy()
	pod.ServiceAccountName, pod.DeprecatedServiceAccount = "", ""
	pod.Containers[0].EnvFrom = nil
	for i := range pod.TopologySpreadConstraints {
		pod.TopologySpreadConstraints[i].LabelSelector = nil
	}
	return pod
}

func networkPolicy(t *testing.T, objects []runtime.Object) networking.NetworkPolicySpec {
	t.Helper()
	for _, object := range objects {
		if o, ok := object.(*networking.NetworkPolicy); ok {
			spec := *o.Spec.DeepCopy()
			spec.PodSelector.MatchLabels = nil
			return spec
		}
	}
	require.Fail(t, "there is no network policy")
	return networking.NetworkPolicySpec{}
}
