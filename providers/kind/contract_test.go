package kind

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers/existing"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/providers/providerstest"
)

const (
	// contractVariable asks for the tests on real clusters.
	contractVariable = "SCALEPROOF_PROVIDERSTEST"
	// killedVariable makes the test binary an Up that is to be killed.
	killedVariable = "SCALEPROOF_KILLED_UP"
	// contractCluster is the name that these tests have for themselves.
	contractCluster = "providerstest"
)

// realOptions come from the environment: the images are made by others.
func realOptions() Options {
	nodes, _ := strconv.Atoi(os.Getenv("SCALEPROOF_NODES"))
	return Options{
		Nodes:         nodes,
		NodeImage:     os.Getenv("SCALEPROOF_NODE_IMAGE"),
		RegistryImage: os.Getenv("SCALEPROOF_REGISTRY_IMAGE"),
		Store:         os.Getenv("SCALEPROOF_STORE"),
		CoreDNSTag:    os.Getenv("SCALEPROOF_COREDNS_TAG"),
		Log: func(format string, args ...any) {
			fmt.Fprintf(os.Stderr, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05.0")}, args...)...)
		},
	}
}

func TestMain(m *testing.M) {
	if os.Getenv(killedVariable) != "" {
		p, err := New(realOptions())
		if err == nil {
			_, err = p.Up(context.Background(), contractCluster)
		}
		fmt.Fprintln(os.Stderr, "this Up was to be killed:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func needReal(t *testing.T) *Provider {
	t.Helper()
	if os.Getenv(contractVariable) != "kind" {
		t.Skip("makes real clusters: set " + contractVariable + "=kind and SCALEPROOF_NODE_IMAGE")
	}
	p, err := New(realOptions())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestContract(t *testing.T) {
	p := needReal(t)
	providerstest.Run(t, p, providerstest.Options{
		Cluster:   contractCluster,
		KillUp:    killUp,
		Leftovers: leftovers,
		Break: func(t *testing.T) {
			if _, err := engine.Run(t.Context(), "stop", "--time", "1", contractCluster+"-control-plane"); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// The provider existing is held to the same contract on a cluster of this one.
func TestContractOfExisting(t *testing.T) {
	p := needReal(t)
	made, err := p.Up(t.Context(), contractCluster)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := made.Down(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	path, name := made.(*cluster).Kubeconfig()
	providerstest.Run(t, existing.New(existing.Options{Kubeconfig: path, Context: name}),
		providerstest.Options{Cluster: "any", Permanent: true})
	err = existing.Require(t.Context(), made.Config(), existing.Stack()...)
	if err == nil || !strings.Contains(err.Error(), "no KEDA: ") {
		t.Errorf("a bare cluster is said to have the stack: %v", err)
	}
}

// killUp kills an Up as soon as the engine tells of a node container.
func killUp(t *testing.T) {
	events := exec.CommandContext(t.Context(), "docker", "events", "--filter", "event=start", "--filter", "label="+kindLabel+"="+contractCluster)
	out, err := events.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := events.Start(); err != nil {
		t.Fatal(err)
	}
	up := exec.CommandContext(t.Context(), os.Args[0])
	up.Env = append(os.Environ(), killedVariable+"=1")
	up.Stderr = os.Stderr
	up.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil && err != io.EOF {
		t.Error(err)
	}
	if err := up.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := up.Wait(); err == nil {
		t.Error("the Up ended before it was killed")
	}
	if err := events.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = events.Wait() // killed
}

// leftovers looks where the provider puts things, without the provider's help.
func leftovers(t *testing.T) []string {
	t.Helper()
	containers, err := engine.Run(t.Context(), "ps", "--all", "--format", "{{.Names}}", "--filter", "name="+contractCluster)
	if err != nil {
		t.Fatal(err)
	}
	left := strings.Fields(containers)
	cache, err := engine.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if dir := filepath.Join(cache, "kind", contractCluster); exists(dir) {
		left = append(left, dir)
	}
	return left
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// An Up that is cancelled while kind works returns soon, without nodes.
func TestCancelledUpLeavesNoNodes(t *testing.T) {
	p := needReal(t)
	removeContractCluster(t, p)
	for _, after := range []time.Duration{time.Second, 4 * time.Second, 9 * time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		_, err := p.Up(ctx, contractCluster)
		cancel()
		if err == nil {
			t.Errorf("cancelled after %v: no error", after)
		}
		found, err := look(t.Context(), contractCluster)
		if err != nil || !found.empty() {
			t.Errorf("cancelled after %v: left %v, error %v", after, found.ids(), err)
		}
	}
	removeContractCluster(t, p)
	if left := leftovers(t); len(left) > 0 {
		t.Errorf("left after Down: %q", left)
	}
}

func removeContractCluster(t *testing.T, p *Provider) {
	t.Helper()
	found, err := p.Find(t.Context(), contractCluster)
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
}
