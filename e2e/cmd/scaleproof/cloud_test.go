package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/providers"
)

// costly is a cluster that may leave something behind, and what makes it.
type costly struct {
	*fake
	left []string
	err  error
}

func (c *costly) Up(ctx context.Context, name string) (providers.Cluster, error) {
	_, err := c.fake.Up(ctx, name)
	return c, err
}

// Leftovers implements providers.Leaver.
func (c *costly) Leftovers(ctx context.Context) ([]string, error) {
	return c.left, errors.Join(c.err, c.step(ctx, "left"))
}

// DownLimit implements providers.Slow.
func (*costly) DownLimit() time.Duration { return time.Hour }

// Requests implements providers.Metered.
func (*costly) Requests() providers.CloudRequests {
	return providers.CloudRequests{Own: 41, Polls: 99, ByOperation: map[string]int{"eks:CreateCluster": 1}}
}

// world makes this cluster.
func (c *costly) world() world {
	w := c.fake.world()
	w.provider = func(settings, imageSet, log) (providers.Provider, error) { return c, nil }
	return w
}

func priced() *providers.Bill {
	return &providers.Bill{
		Resources: []providers.Resource{{Kind: "AWS::EKS::Cluster", Name: "scaleproof-x"}},
		Costs:     []providers.Cost{{For: "control plane", Idle: 0.1, Busy: 0.1}, {For: "machines", Idle: 0.2, Busy: 0.7}},
		Source:    "an estimate", Ceiling: 3 * time.Hour,
	}
}

func TestConsent(t *testing.T) {
	for what, c := range map[string]struct {
		args   []string
		code   int
		stdout []string
		stderr []string
		made   bool
	}{
		"a run without consent":   {args: []string{"run"}, code: 2, stderr: []string{"AWS::EKS::Cluster", "0.300      0.800", "--accept-cost"}},
		"up without consent":      {args: []string{"up"}, code: 2, stderr: []string{"scaleproof-x", "--accept-cost"}},
		"a dry run":               {args: []string{"run", "--dry-run"}, stdout: []string{"AWS::EKS::Cluster", "scaleproof-x", "0.300      0.800", "an estimate"}},
		"a dry run, with consent": {args: []string{"run", "--dry-run", "--accept-cost"}, stdout: []string{"scaleproof-x"}},
		"a run that ends":         {args: []string{"run"}, code: 2, stderr: []string{"removed at the end or after 3h0m0s"}},
		"a cluster that is kept":  {args: []string{"run", "--keep"}, code: 2, stderr: []string{"STAY, at this cost, until `scaleproof down --provider"}},
		"up, which keeps it":      {args: []string{"up"}, code: 2, stderr: []string{"STAY, at this cost"}},
		"a run with consent":      {args: []string{"run", "--accept-cost"}, stderr: []string{"AWS::EKS::Cluster"}, stdout: []string{"KEPT"}, made: true},
	} {
		t.Run(what, func(t *testing.T) {
			f := &fake{bill: priced()}
			args := append(c.args, "--out", t.TempDir())
			got := do(t, t.Context(), f.world(), args...)
			if got.code != c.code || (len(f.done) > 0) != c.made {
				t.Errorf("exit code %d, and did %v\n%s", got.code, f.done, got.stderr)
			}
			for _, text := range c.stdout {
				if !strings.Contains(got.stdout, text) {
					t.Errorf("stdout has no %q:\n%s", text, got.stdout)
				}
			}
			for _, text := range c.stderr {
				if !strings.Contains(got.stderr, text) {
					t.Errorf("stderr has no %q:\n%s", text, got.stderr)
				}
			}
		})
	}
}

// TestDryRunOfWhatIsFree makes nothing either: there is nothing to tell ahead of it.
func TestDryRunOfWhatIsFree(t *testing.T) {
	for _, command := range []string{"run", "up"} {
		f := &fake{}
		got := do(t, t.Context(), f.world(), command, "--dry-run", "--out", t.TempDir())
		if got.code != 2 || len(f.done) > 0 || !strings.Contains(got.stderr, "--dry-run is for --provider eks") {
			t.Errorf("%s: exit code %d, and did %v\n%s", command, got.code, f.done, got.stderr)
		}
	}
}

// TestNoBill is a price that nobody can tell: then nothing is made.
func TestNoBill(t *testing.T) {
	f := &fake{}
	w := f.world()
	w.bill = func(settings) (*providers.Bill, error) { return nil, errTest }
	if got := do(t, t.Context(), w, "run", "--accept-cost", "--out", t.TempDir()); got.code != 2 || len(f.done) > 0 {
		t.Errorf("exit code %d, and did %v", got.code, f.done)
	}
}

// TestCeiling is a run that takes too long, of a cluster that was to be kept.
func TestCeiling(t *testing.T) {
	f, out := &fake{bill: priced()}, t.TempDir()
	f.bill.Ceiling = 2 * time.Second
	w := f.world()
	w.build = func(context.Context, string) (specRunner, error) { return endless{}, nil }
	got := do(t, t.Context(), w, "run", "--accept-cost", "--keep", "--out", out)
	if got.code != 2 || !slices.Contains(f.done, "down") {
		t.Errorf("exit code %d, and did %v", got.code, f.done)
	}
	run := stored(t, out)
	if got := phases(run); got != "suite images cluster stack specs! collect down" {
		t.Errorf("phases %q", got)
	}
	if !strings.Contains(run.Phases[4].Error, "the ceiling is reached") {
		t.Errorf("the report says %+v", run.Phases)
	}
}

// endless are specs that end only when they are told to.
type endless struct{}

func (endless) run(ctx context.Context, _ specJob) (specReport, error) {
	<-ctx.Done()
	return specReport{}, context.Cause(ctx)
}

func TestNothingIsLeft(t *testing.T) {
	for what, c := range map[string]struct {
		left []string
		err  error
		code int
		says promise.Outcome
	}{
		"nothing is left":   {says: promise.Kept},
		"something is left": {left: []string{"volume vol-1"}, code: 1, says: promise.Broken},
		"nobody can look":   {err: errTest, code: 2},
	} {
		t.Run(what, func(t *testing.T) {
			cluster, out := &costly{fake: &fake{}, left: c.left, err: c.err}, t.TempDir()
			got := do(t, t.Context(), cluster.world(), "run", "--out", out)
			if got.code != c.code {
				t.Errorf("exit code %d:\n%s", got.code, got.stdout)
			}
			run := stored(t, out)
			found := ""
			for _, result := range run.Results {
				if result.Promise == nothingLeft {
					found = string(result.Outcome)
				}
			}
			if found != string(c.says) || !strings.HasSuffix(strings.Join(cluster.done, " "), "down left") {
				t.Errorf("the verdict is %q after %v", found, cluster.done)
			}
			if len(c.left) > 0 && !strings.Contains(got.stdout, "volume vol-1: remove it with `scaleproof down") {
				t.Errorf("nobody says what is left:\n%s", got.stdout)
			}
			if c.err != nil && !strings.Contains(got.stdout, "remove what is left with `scaleproof down") {
				t.Errorf("nobody says how to remove what may be left:\n%s", got.stdout)
			}
			if run.Cloud.Own != 41 || !strings.Contains(got.stdout, "41 requests to the cloud, and 99 that only waited") {
				t.Errorf("%+v:\n%s", run.Cloud, got.stdout)
			}
		})
	}
}

// refusing is a provider that begins nothing, such as one that finds someone
// else's cluster under the name.
type refusing struct{ *fake }

func (r refusing) Up(ctx context.Context, name string) (providers.Cluster, error) {
	_, err := r.fake.Up(ctx, name)
	return nil, errors.Join(err, errTest)
}

// TestRefusedClusterIsLeftAlone by whoever was refused, and so is its branch.
func TestRefusedClusterIsLeftAlone(t *testing.T) {
	for _, command := range []string{"run", "up"} {
		t.Run(command, func(t *testing.T) {
			f := &fake{}
			w, recalled := f.world(), false
			w.provider = func(settings, imageSet, log) (providers.Provider, error) { return refusing{f}, nil }
			w.recall = func(context.Context, settings, log) error { recalled = true; return nil }
			got := do(t, t.Context(), w, command, "--out", t.TempDir())
			if got.code != 2 || !strings.Contains(got.stdout+got.stderr, errTest.Error()) || recalled || slices.Contains(f.done, "down") {
				t.Errorf("exit code %d, did %v, recalled: %t", got.code, f.done, recalled)
			}
		})
	}
}
