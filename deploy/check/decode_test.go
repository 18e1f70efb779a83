package check

import (
	"errors"
	"io"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	kubernetes "k8s.io/client-go/kubernetes/scheme"
	gatewayapi "sigs.k8s.io/gateway-api/apis/v1"
)

// newDecoder reads the objects of Kubernetes, the Prometheus operator and the
// Gateway API. An unknown or repeated field is an error.
func newDecoder(t *testing.T) runtime.Decoder {
	scheme := runtime.NewScheme()
	require.NoError(t, kubernetes.AddToScheme(scheme))
	require.NoError(t, monitoring.AddToScheme(scheme))
	require.NoError(t, gatewayapi.Install(scheme))
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

// decode reads every object of a stream of YAML documents.
func decode(t *testing.T, text string) []runtime.Object {
	t.Helper()
	decoder, documents := newDecoder(t), yaml.NewDocumentDecoder(io.NopCloser(strings.NewReader(text)))
	var objects []runtime.Object
	for {
		document := make([]byte, 1<<20)
		n, err := documents.Read(document)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if isEmpty(string(document[:n])) {
			continue
		}
		object, _, err := decoder.Decode(document[:n], nil, nil)
		require.NoError(t, err, "%s", document[:n])
		objects = append(objects, object)
	}
	require.NotEmpty(t, objects)
	return objects
}

// isEmpty reports whether a document has only comments and separators.
func isEmpty(document string) bool {
	for line := range strings.Lines(document) {
		if line = strings.TrimSpace(line); line != "" && line != "---" && !strings.HasPrefix(line, "#") {
			return false
		}
	}
	return true
}

// The decoder refuses invalid objects.
func TestDecoderIsStrict(t *testing.T) {
	for name, document := range map[string]string{
		"a field that does not exist": "apiVersion: v1\nkind: Service\nspec:\n  port: 1\n",
		"a field that stands twice":   "apiVersion: v1\nkind: Service\nspec:\n  type: ClusterIP\n  type: NodePort\n",
		"a value of another type":     "apiVersion: v1\nkind: Service\nspec:\n  ports: {}\n",
		"a kind that does not exist":  "apiVersion: v1\nkind: Servce\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := newDecoder(t).Decode([]byte(document), nil, nil)
			assert.Error(t, err)
		})
	}
}
