package kind

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProgressTellsEachStepOnce(t *testing.T) {
	var lines []string
	logger := progress{func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }}
	logger.V(0).Infof("Creating cluster %q ...\n", "it")
	logger.V(0).Infof(" • %s  ...\n", "Starting control-plane 🕹️")
	logger.V(0).Infof(" ✓ %s\n", "Starting control-plane 🕹️")
	logger.V(1).Info(" • a detail")
	logger.Warn("cgroup v1 is deprecated")
	logger.Errorf("failed to %s", "x")
	if diff := cmp.Diff([]string{"kind: starting control-plane", "kind: failed to x"}, lines); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
