package kind

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"
)

// What things take at most on a machine with 2 cores that does little else, where
// the first node of a cluster is there after usualFirst and each further one
// usualNext later.
const (
	usualFirst = 20 * time.Second
	usualNext  = 8 * time.Second
	// podStart is from a pod's creation to its being ready, when its image is on
	// the node or in our registry: four at once, a step of an HPA without behavior,
	// took 2 s, and 4 s while the machine compiled.
	podStart = 6 * time.Second
	// nodeLaunch is from a NodeClaim to its node's being ready: one took 2.7 s (at
	// most 4.3 s), and the last of four at once 6.4 s (at most 7.6 s).
	nodeLaunch = 12 * time.Second
	// specs is how many run at a time without being late for each other's sake.
	specs = 13
)

// fewestSpecs run at a time on any machine: each waits most of its time. Where a
// cluster took 60 s, none of three at a time was late, and two left the processors
// idle for 42 % of theirs.
const fewestSpecs = 3

// slowest is how many times as long as usual pods and nodes may take on any machine:
// a limit that grows with what it measures would excuse every slowness.
const slowest = 3

// cost has the traits say what pods and nodes take on this machine, which made
// the cluster in the time given: its nodes start what every node starts.
//
// How many specs it carries falls faster: on a machine that is half as fast each is
// at work for twice as long, beside twice as many others. Where a cluster took 33 s,
// pods of four specs at a time were late, and where it took 29 s three were carried.
func (c *cluster) cost(took time.Duration) {
	slowness := slownessOf(took, c.options.Nodes)
	times := func(usual time.Duration) time.Duration {
		return time.Duration(float64(usual) * slowness).Round(100 * time.Millisecond)
	}
	c.traits.PodStart, c.traits.NodeLaunch = times(podStart), times(nodeLaunch)
	c.traits.Specs = max(fewestSpecs, int(math.Round(specs/math.Pow(slowness, 4))))
}

// slownessOf is how many times as long as usual a machine takes, and slowest at
// most. One that is faster, or whose cluster was made before anybody measured, is a
// usual one.
func slownessOf(took time.Duration, nodes int) float64 {
	usual := usualFirst + time.Duration(max(0, nodes-1))*usualNext
	return min(slowest, max(1, took.Seconds()/usual.Seconds()))
}

// machine is what the last cluster that was made here has shown of the machine.
type machine struct {
	// Specs are providers.Traits' of that cluster.
	Specs int `json:"specs"`
}

// writeMachine replaces the file in one step: two clusters may be made at a time.
func (h home) writeMachine(m machine) error {
	data, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return replace(h.machine, data)
}

// Carries is how many specs can run at a time on a cluster of this machine, by the
// last one that was made here; zero where none was. It is for who must say so
// before there is a cluster to ask.
func Carries(cacheDir string) (int, error) {
	path := newHome(cacheDir, "").machine
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read what this machine carries: %w", err)
	}
	var m machine
	if err := json.Unmarshal(data, &m); err != nil {
		return 0, fmt.Errorf("read what this machine carries: %s: %w; remove that file", path, err)
	}
	return m.Specs, nil
}
