package check

import (
	"path"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/pod-security-admission/api"
	security "k8s.io/pod-security-admission/policy"
	gatewayapi "sigs.k8s.io/gateway-api/apis/v1"
)

// A set is the decoded objects of one installation, by kind.
type set struct {
	deployment *apps.Deployment
	services   map[string]*core.Service
	configMaps map[string]*core.ConfigMap
	accounts   []string
}

func newSet(t *testing.T, objects []runtime.Object) *set {
	s := &set{services: map[string]*core.Service{}, configMaps: map[string]*core.ConfigMap{}}
	for _, object := range objects {
		switch o := object.(type) {
		case *apps.Deployment:
			require.Nil(t, s.deployment, "there are two deployments")
			s.deployment = o
		case *core.Service:
			s.services[o.Name] = o
		case *core.ConfigMap:
			s.configMaps[o.Name] = o
		case *core.ServiceAccount:
			s.accounts = append(s.accounts, o.Name)
		}
	}
	require.NotNil(t, s.deployment)
	require.Len(t, s.deployment.Spec.Template.Spec.Containers, 1)
	return s
}

func (s *set) pod() *core.PodTemplateSpec { return &s.deployment.Spec.Template }

func (s *set) hasPort(name string) bool {
	return slices.ContainsFunc(s.pod().Spec.Containers[0].Ports, func(p core.ContainerPort) bool { return p.Name == name })
}

// checkObjects checks the rules for every installation: the references between
// objects, and the permissions of the pod.
func checkObjects(t *testing.T, objects []runtime.Object) {
	t.Helper()
	s := newSet(t, objects)
	checkPod(t, s)
	checkFiles(t, s)
	for _, object := range objects {
		checkReferences(t, s, object)
	}
}

// checkReferences checks one object's references to others.
func checkReferences(t *testing.T, s *set, object runtime.Object) {
	t.Helper()
	selects := func(selector *meta.LabelSelector) {
		parsed, err := meta.LabelSelectorAsSelector(selector)
		require.NoError(t, err)
		assert.True(t, !parsed.Empty() && parsed.Matches(labels.Set(s.pod().Labels)), "%v selects the pods", selector)
	}
	switch o := object.(type) {
	case *apps.Deployment:
		selects(o.Spec.Selector)
		for _, spread := range o.Spec.Template.Spec.TopologySpreadConstraints {
			selects(spread.LabelSelector)
		}
	case *core.Service:
		selects(&meta.LabelSelector{MatchLabels: o.Spec.Selector})
		for _, port := range o.Spec.Ports {
			assert.True(t, s.hasPort(port.TargetPort.StrVal), "port %s of service %s", port.Name, o.Name)
		}
	case *policy.PodDisruptionBudget:
		selects(o.Spec.Selector)
	case *autoscaling.HorizontalPodAutoscaler:
		assert.Equal(t, autoscaling.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: s.deployment.Name}, o.Spec.ScaleTargetRef)
		assert.Nil(t, s.deployment.Spec.Replicas, "the autoscaler alone sets the number of replicas")
	case *networking.NetworkPolicy:
		selects(&o.Spec.PodSelector)
		checkNetworkPolicy(t, s, o)
	case *networking.Ingress:
		backend := o.Spec.Rules[0].HTTP.Paths[0].Backend.Service
		require.Contains(t, s.services, backend.Name)
		assert.Equal(t, backend.Port.Name, s.services[backend.Name].Spec.Ports[0].Name)
	case *gatewayapi.HTTPRoute:
		backend := o.Spec.Rules[0].BackendRefs[0]
		require.Contains(t, s.services, string(backend.Name))
		assert.Equal(t, *backend.Port, s.services[string(backend.Name)].Spec.Ports[0].Port)
	case *monitoring.ServiceMonitor:
		checkMonitor(t, s, o)
	}
}

func checkNetworkPolicy(t *testing.T, s *set, o *networking.NetworkPolicy) {
	assert.ElementsMatch(t, []networking.PolicyType{networking.PolicyTypeIngress, networking.PolicyTypeEgress}, o.Spec.PolicyTypes)
	for _, rule := range o.Spec.Ingress {
		for _, port := range rule.Ports {
			assert.True(t, s.hasPort(port.Port.StrVal), "port %s", port.Port)
			assert.False(t, port.Port.StrVal == "ops" && len(rule.From) == 0, "the ops port is not for everybody")
		}
	}
}

// checkMonitor checks that exactly one service is scraped, at one of its ports.
func checkMonitor(t *testing.T, s *set, o *monitoring.ServiceMonitor) {
	selector, err := meta.LabelSelectorAsSelector(&o.Spec.Selector)
	require.NoError(t, err)
	var scraped []string
	for _, service := range s.services {
		if selector.Matches(labels.Set(service.Labels)) {
			scraped = append(scraped, service.Spec.Ports[0].Name)
		}
	}
	assert.Equal(t, []string{o.Spec.Endpoints[0].Port}, scraped)
	assert.Equal(t, "/metrics", o.Spec.Endpoints[0].Path)
}

func checkPod(t *testing.T, s *set) {
	t.Helper()
	pod, container := s.pod().Spec, s.pod().Spec.Containers[0]
	assert.Contains(t, s.accounts, pod.ServiceAccountName)
	assert.Equal(t, false, *pod.AutomountServiceAccountToken)
	assert.Equal(t, false, *pod.EnableServiceLinks, "or a service named gateway sets GATEWAY_PORT")
	assert.Equal(t, true, *container.SecurityContext.ReadOnlyRootFilesystem)
	assert.Equal(t, int64(65532), *pod.SecurityContext.RunAsUser, "the image's user")
	assert.NotEmpty(t, container.Resources.Limits.Memory().String())
	checkRestricted(t, s.pod())

	const drain, pause = 25, 5 // seconds; the first is the program's
	assert.Equal(t, int64(pause), container.Lifecycle.PreStop.Sleep.Seconds)
	assert.Greater(t, *pod.TerminationGracePeriodSeconds, int64(drain+pause))
	for _, probe := range []*core.Probe{container.StartupProbe, container.LivenessProbe, container.ReadinessProbe} {
		assert.Equal(t, "/healthz", probe.HTTPGet.Path, "/readyz would take the gateway away when Suger is")
		assert.Equal(t, intstr.FromString("ops"), probe.HTTPGet.Port)
	}
}

// checkRestricted applies Kubernetes's own Pod Security Standards.
func checkRestricted(t *testing.T, pod *core.PodTemplateSpec) {
	evaluator, err := security.NewEvaluator(security.DefaultChecks(), nil)
	require.NoError(t, err)
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	results := evaluator.EvaluatePod(restricted, &pod.ObjectMeta, &pod.Spec)
	require.NotEmpty(t, results)
	for _, result := range results {
		assert.True(t, result.Allowed, "%s: %s", result.ForbiddenReason, result.ForbiddenDetail)
	}
}

// checkFiles follows every file that a setting names to the volume that has it.
func checkFiles(t *testing.T, s *set) {
	t.Helper()
	settings := s.configMaps[s.configMapOfSettings(t)].Data
	require.NotEmpty(t, settings)
	for name, value := range settings {
		isFile := strings.HasSuffix(name, "_FILE") || name == "GATEWAY_MAPPING" || strings.HasPrefix(name, "GATEWAY_TLS_")
		if !isFile {
			continue
		}
		volume := s.volumeAt(path.Dir(value))
		if !assert.NotNil(t, volume, "%s=%s is in no volume", name, value) {
			continue
		}
		if volume.Secret != nil && volume.Secret.Items != nil {
			assert.Contains(t, volume.Secret.Items, core.KeyToPath{Key: path.Base(value), Path: path.Base(value)}, name)
		}
		if volume.Secret != nil {
			assert.Equal(t, int32(0o440), *volume.Secret.DefaultMode)
		}
	}
}

// configMapOfSettings returns the last source of the environment, which wins.
func (s *set) configMapOfSettings(t *testing.T) string {
	sources := s.pod().Spec.Containers[0].EnvFrom
	require.NotEmpty(t, sources)
	name := sources[len(sources)-1].ConfigMapRef.Name
	require.Contains(t, s.configMaps, name)
	return name
}

// volumeAt returns the volume mounted at a folder, or nil.
func (s *set) volumeAt(folder string) *core.Volume {
	for _, mount := range s.pod().Spec.Containers[0].VolumeMounts {
		if mount.MountPath != folder || !mount.ReadOnly {
			continue
		}
		for i, volume := range s.pod().Spec.Volumes {
			if volume.Name == mount.Name {
				return &s.pod().Spec.Volumes[i]
			}
		}
	}
	return nil
}
