package kind

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

func TestCost(t *testing.T) {
	for name, test := range map[string]struct {
		took        time.Duration
		nodes       int
		pod, launch time.Duration
		specs       int
	}{
		"a usual machine":       {20 * time.Second, 1, podStart, nodeLaunch, specs},
		"a fast one":            {5 * time.Second, 1, podStart, nodeLaunch, specs},
		"one that is not known": {0, 1, podStart, nodeLaunch, specs},
		"a little slower":       {24 * time.Second, 1, podStart * 6 / 5, nodeLaunch * 6 / 5, 6},
		"half as fast":          {40 * time.Second, 1, 2 * podStart, 2 * nodeLaunch, fewestSpecs},
		"very slow":             {5 * time.Minute, 1, slowest * podStart, slowest * nodeLaunch, fewestSpecs},
		"three nodes":           {36 * time.Second, 3, podStart, nodeLaunch, specs},
	} {
		t.Run(name, func(t *testing.T) {
			c := &cluster{options: Options{Nodes: test.nodes}}
			c.cost(test.took)
			if c.traits.PodStart != test.pod || c.traits.NodeLaunch != test.launch || c.traits.Specs != test.specs {
				t.Errorf("%+v", c.traits)
			}
		})
	}
}

func TestCarries(t *testing.T) {
	cache := t.TempDir()
	carries := func(want int) {
		t.Helper()
		if got, err := Carries(cache); got != want || err != nil {
			t.Errorf("carries %d: %v, want %d", got, err, want)
		}
	}
	carries(0)
	for _, specs := range []int{10, 3} { // of two clusters, the last
		if err := newHome(cache, fmt.Sprint("made-", specs)).writeMachine(machine{Specs: specs}); err != nil {
			t.Fatal(err)
		}
		carries(specs)
	}
	path := newHome(cache, "made").machine
	if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Carries(cache); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("of a file that is broken: %v", err)
	}
}
