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
	"github.com/scaleproof/scaleproof/providers/eks"
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

// TestRegion is AWS' own order, where several are set.
func TestRegion(t *testing.T) {
	for what, c := range map[string]struct {
		args              []string
		region, otherwise string
		want              string
	}{
		"the default":  {otherwise: "us-east-1", want: "us-east-1"},
		"the region":   {region: "eu-west-1", otherwise: "us-east-1", want: "eu-west-1"},
		"the argument": {args: []string{"--region", "eu-north-1"}, region: "eu-west-1", otherwise: "us-east-1", want: "eu-north-1"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv("AWS_REGION", c.region)
			t.Setenv("AWS_DEFAULT_REGION", c.otherwise)
			w := (&fake{}).world()
			w.token = func(_ context.Context, _, region string) ([]byte, error) { return []byte(region), nil }
			if got := do(t, t.Context(), w, append([]string{"token", "--cluster-name", "demo"}, c.args...)...); strings.TrimSpace(got.stdout) != c.want {
				t.Errorf("%q, want %s", got.stdout, c.want)
			}
		})
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

func TestSweep(t *testing.T) {
	f := &fake{}
	w := f.world()
	var asked eks.SweepOptions
	var of settings
	w.sweep = func(_ context.Context, s settings, options eks.SweepOptions, _ log) ([]eks.Swept, error) {
		asked, of = options, s
		found := []eks.Swept{
			{Name: "scaleproof-old", Parts: []string{"stack scaleproof-old"}, Age: 5 * time.Hour},
			{Name: "scaleproof-new", Parts: []string{"stack scaleproof-new"}, Age: time.Hour, Spared: "it is young"},
		}
		if options.Delete {
			found[0].Err = errTest
		}
		return found, nil
	}
	got := do(t, t.Context(), w, "sweep", "--region", "eu-west-1", "--allow-account", "111122223333")
	if got.code != 0 || asked.Delete || asked.OlderThan != 4*time.Hour || of.cloud.region != "eu-west-1" || !slices.Equal(of.cloud.accounts, []string{"111122223333"}) {
		t.Errorf("exit code %d, asked %+v of %+v", got.code, asked, of.cloud)
	}
	for _, text := range []string{"scaleproof-old, 5h0m0s old: stack scaleproof-old\n", "left alone: it is young"} {
		if !strings.Contains(got.stdout, text) {
			t.Errorf("no %q in\n%s", text, got.stdout)
		}
	}
	if !strings.Contains(got.stderr, "1 of 2 are old: remove them with --delete") {
		t.Errorf("%s", got.stderr)
	}
	if got := do(t, t.Context(), w, "sweep", "--delete", "--older-than", "6h"); got.code != 2 || !asked.Delete || asked.OlderThan != 6*time.Hour || !strings.Contains(got.stderr, errTest.Error()) {
		t.Errorf("exit code %d, asked %+v: %s", got.code, asked, got.stderr)
	}
}

func TestToken(t *testing.T) {
	f := &fake{}
	w := f.world()
	w.token = func(_ context.Context, cluster, region string) ([]byte, error) {
		if region == "" {
			return nil, errTest
		}
		return []byte(cluster + " in " + region), nil
	}
	if got := do(t, t.Context(), w, "token", "--cluster-name", "demo", "--region", "eu-west-1"); got.stdout != "demo in eu-west-1\n" || got.code != 0 {
		t.Errorf("%+v", got)
	}
	if got := do(t, t.Context(), w, "token"); got.code != 2 || got.stdout != "" {
		t.Errorf("%+v", got)
	}
}

// TestEKSRefuses is what is wrong before anybody is asked.
func TestEKSRefuses(t *testing.T) {
	w := realWorld()
	for what, c := range map[string]struct {
		args []string
		says string
	}{
		"a bad name":    {[]string{"run", "--provider", "eks", "--cluster-name", "A_B", "--dry-run"}, "lower-case letters"},
		"a bad ceiling": {[]string{"run", "--provider", "eks", "--ceiling", "1s", "--dry-run"}, "a ceiling of 1s"},
		"no consent":    {[]string{"up", "--provider", "eks"}, "--accept-cost"},
		"no region":     {[]string{"sweep", "--allow-account", "111122223333"}, "AWS_DEFAULT_REGION"},
		"no account":    {[]string{"sweep", "--region", "eu-west-1"}, "ALLOW_ACCOUNT"},
		"a bad account": {[]string{"down", "--provider", "eks", "--region", "eu-west-1", "--allow-account", "12345"}, "twelve digits"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv("SCALEPROOF_CACHE", t.TempDir())
			t.Setenv("AWS_REGION", "")
			t.Setenv("AWS_DEFAULT_REGION", "")
			got := do(t, t.Context(), w, c.args...)
			if got.code != 2 || !strings.Contains(got.stderr, c.says) || strings.Contains(got.stderr, "12345") {
				t.Errorf("exit code %d: %s", got.code, got.stderr)
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
