package eks

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/cloud"
	"github.com/scaleproof/scaleproof/providers/providerstest"
)

// childCache makes the test's binary an Up in a process of its own, which keeps
// its ledger there.
const childCache = "SCALEPROOF_TEST_EKS_CACHE"

func TestMain(m *testing.M) {
	if cache := os.Getenv(childCache); cache != "" {
		os.Exit(childUp(cache))
	}
	// The tests wait for the double and hardly compute.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// childUp is what is killed: it takes all but the ledger from the environment,
// as the command does.
func childUp(cache string) int {
	flag.Parse()
	p, err := New(Options{
		Region: os.Getenv("AWS_REGION"), Accounts: []string{awsdouble.Someone().Account}, CacheDir: cache,
		Pace: cloud.Pace{First: time.Millisecond, Most: 2 * time.Millisecond},
	})
	if err == nil {
		c, _ := p.open(name)
		err = c.up(context.Background())
	}
	fmt.Fprintln(os.Stderr, err)
	return 1
}

func TestContract(t *testing.T) {
	w := start(t)
	p, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	providerstest.Run(t, p, providerstest.Options{
		Cluster: name,
		KillUp:  func(t *testing.T) { w.killUp(t) },
		Break: func(*testing.T) {
			w.Forget()
			w.api.kill(func() bool { return w.made() == 0 }) // EKS mends it by the time of the next Up
		},
		Leftovers: func(*testing.T) []string {
			var left []string
			for _, thing := range w.Left() {
				left = append(left, thing.String())
			}
			return left
		},
	})
}

// killUp starts an Up in another process and kills it while EKS makes the
// control plane.
func (w *world) killUp(t *testing.T) {
	t.Helper()
	w.Turn(func(k *double.Knobs) { k.StuckCreating = true })
	defer w.Turn(func(k *double.Knobs) { k.StuckCreating = false })
	w.Forget()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(append(os.Environ(), w.Env()...), childCache+"="+w.options.CacheDir)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	asked := false
	for tick := time.Tick(time.Millisecond); !asked && t.Context().Err() == nil; <-tick {
		for _, call := range w.Log() {
			asked = asked || call.Operation == "CreateCluster"
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // it was killed
}
