package e2e

import (
	"testing"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestAStackThatStoodWasNotInstalled(t *testing.T) {
	delivered := timeline.Moment{Kind: timeline.Kustomization, Object: "workload", Field: "Ready", Value: 1}
	deployed := timeline.Moment{Kind: timeline.Replicas, Object: "prometheus-example-app", Field: "ready", Value: 1}
	seen := timeline.Seen(timeline.Replicas, "workload/deployments")
	for name, test := range map[string]struct {
		moments []timeline.Moment
		want    bool
	}{
		"it stood":         {[]timeline.Moment{delivered, deployed, seen}, true},
		"it was installed": {[]timeline.Moment{seen, delivered, deployed}, false},
		"it never came":    {[]timeline.Moment{seen, delivered}, false},
	} {
		if got := stood(test.moments); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}
