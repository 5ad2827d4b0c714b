package watch

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// engineHost makes this test binary the engine of BenchmarkMemory, and nothing
// else: what it watches is served by another process.
const engineHost = "SCALEPROOF_BENCH_ENGINE"

const benchPods = 1000

func TestMain(m *testing.M) {
	if host := os.Getenv(engineHost); host != "" {
		if err := engine(host); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// BenchmarkMemory measures the resident memory of a process that watches a
// thousand pods, each of which has changed once.
func BenchmarkMemory(b *testing.B) {
	a := newFakeAPI(b)
	for i := range benchPods {
		a.put(podsPath, fatPod(i, false))
	}
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	var resident float64
	for b.Loop() {
		command := exec.CommandContext(b.Context(), self)
		command.Env = append(os.Environ(), engineHost+"="+a.server.URL)
		command.Stderr = os.Stderr
		out, err := command.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := command.Start(); err != nil {
			b.Fatal(err)
		}
		var said bytes.Buffer
		line := make([]byte, 64)
		n, err := out.Read(line) // it watches
		if err != nil || string(line[:n]) != "watching\n" {
			b.Fatalf("engine said %q: %v", line[:n], err)
		}
		for i := range benchPods {
			a.put(podsPath, fatPod(i, true))
		}
		if _, err := said.ReadFrom(out); err != nil {
			b.Fatal(err)
		}
		if err := command.Wait(); err != nil {
			b.Fatal(err)
		}
		if resident, err = strconv.ParseFloat(strings.TrimSpace(said.String()), 64); err != nil {
			b.Fatal(err)
		}
		for i := range benchPods {
			a.put(podsPath, fatPod(i, false))
		}
	}
	b.ReportMetric(resident, "MB-rss")
	b.ReportMetric(0, "ns/op")
}

// fatPod is a pod of the size that API servers send: mostly managed fields.
func fatPod(i int, ready bool) map[string]any {
	p := pod(fmt.Sprintf("shop-%d", i), "Running", ready)
	metadata(p)["annotations"] = map[string]any{"filler": strings.Repeat("x", 5000)}
	return p
}

// engine watches until every pod is ready, and prints its own resident memory.
func engine(host string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	clients, err := NewClients(&rest.Config{Host: host, TLSClientConfig: rest.TLSClientConfig{Insecure: true}})
	if err != nil {
		return err
	}
	tl := timeline.New()
	r, err := Start(ctx, clients, Target{Namespace: "shop"}, tl)
	if err != nil {
		return err
	}
	defer r.Stop()
	fmt.Println("watching")
	for {
		changed := tl.Changed()
		state := timeline.NewState()
		state.Replay(tl.Moments())
		ready := 0
		for _, m := range state.All(timeline.Pod, "ready") {
			ready += int(m.Value)
		}
		if ready == benchPods {
			break
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d of %d pods ready: %w", ready, benchPods, ctx.Err())
		}
	}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return err
	}
	pages, err := strconv.Atoi(strings.Fields(string(statm))[1])
	if err != nil {
		return err
	}
	fmt.Println(float64(pages*os.Getpagesize()) / 1e6)
	return nil
}
