package sandbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"suger-scim-gateway/internal/sandbox"
)

var faultTexts = []struct {
	text  string
	want  sandbox.Fault
	again string // as printed
}{
	{"kind=429 retry=seconds:2 op=update user p=0.5 times=3",
		sandbox.Fault{Kind: "429", Retry: sandbox.RetrySeconds, RetryAfter: 2 * time.Second, Operation: "update user", Probability: 0.5, Times: 3},
		"kind=429 op=update user retry=seconds:2 p=0.5 times=3"},
	{"kind=429 retry=date:90", sandbox.Fault{Kind: "429", Retry: sandbox.RetryDate, RetryAfter: 90 * time.Second}, "kind=429 retry=date:90"},
	{"kind=503 retry=seconds:0", sandbox.Fault{Kind: "503", Retry: sandbox.RetrySeconds}, "kind=503 retry=seconds:0"},
	{"  when=after\tkind=reset op=add  user\n", sandbox.Fault{Kind: sandbox.Reset, After: true, Operation: "add user"}, "kind=reset op=add user when=after"},
	{"kind=hang when=before", sandbox.Fault{Kind: sandbox.Hang}, "kind=hang"},
	{"kind=latency delay=1500ms", sandbox.Fault{Kind: sandbox.Latency, Delay: 1500 * time.Millisecond}, "kind=latency delay=1.5s"},
}

var badFaultTexts = []string{
	"", "hang", "hang kind=hang", "kind=", "kind=flood", "kind=200", "kind=429 kind=429", "kind=hang often=1",
	"kind=429 retry=soon", "kind=429 retry=seconds:-1", "kind=429 retry=seconds:1e3", "kind=429 retry=minutes:1", "kind=429 retry=seconds:99999999999",
	"kind=hang when=during", "kind=hang p=0", "kind=hang p=2", "kind=hang p=NaN", "kind=hang p=often", "kind=hang times=-1", "kind=hang times=x",
	"kind=latency", "kind=latency delay=2", "kind=hang delay=1s", "kind=hang retry=date:1", "kind=429 shift=1", "kind=cut",
}

func TestParseFault(t *testing.T) {
	for _, test := range faultTexts {
		got, err := sandbox.ParseFault(test.text)
		require.NoError(t, err, test.text)
		assert.Equal(t, test.want, got, test.text)
		assert.Equal(t, test.again, got.String(), test.text)
	}
	for _, text := range badFaultTexts {
		got, err := sandbox.ParseFault(text)
		assert.Error(t, err, text)
		assert.Zero(t, got, text)
	}
}

func FuzzParseFault(f *testing.F) {
	require.NotEmpty(f, faultTexts)
	for _, test := range faultTexts {
		f.Add(test.text)
	}
	for _, text := range badFaultTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := sandbox.ParseFault(text)
		if err != nil {
			return
		}
		second, err := sandbox.ParseFault(first.String())
		require.NoError(t, err, first.String())
		assert.Equal(t, first, second)
	})
}
