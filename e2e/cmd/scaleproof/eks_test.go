package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
)

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

// TestEKSIsRefusedBeforeItsImages is what only AWS knows to be wrong.
func TestEKSIsRefusedBeforeItsImages(t *testing.T) {
	double := awsdouble.Start(t, awsdouble.Options{})
	for _, variable := range double.Env() {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
	t.Setenv("SCALEPROOF_CACHE", t.TempDir())
	forged(t)
	s := atForge()
	s.cloud = cloudSettings{region: "eu-west-1", accounts: []string{awsdouble.Someone().Account}}
	if err := prepare(t.Context(), s, t.Logf); err != nil {
		t.Errorf("nothing is wrong: %v", err)
	}
	for what, c := range map[string]struct {
		change func(*cloudSettings)
		says   string
	}{
		"another's account": {func(c *cloudSettings) { c.accounts = []string{"999999999999"} }, "not allowed"},
		"no region":         {func(c *cloudSettings) { c.region = "" }, "AWS_DEFAULT_REGION"},
	} {
		t.Run(what, func(t *testing.T) {
			changed := s
			c.change(&changed.cloud)
			if err := prepare(t.Context(), changed, t.Logf); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want one that says %q", err, c.says)
			}
		})
	}
}
