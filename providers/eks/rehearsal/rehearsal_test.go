package rehearsal

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks"
	pace "github.com/scaleproof/scaleproof/providers/eks/cloud"
	"github.com/scaleproof/scaleproof/providers/kind"
	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

const name = "scaleproof-test"

// start is a rehearsal on a machine with such an engine, with its environment.
func start(t *testing.T, answers ...fakedocker.Answer) *Rehearsal {
	t.Helper()
	fakedocker.Install(t, "docker", append(answers,
		fakedocker.Says("version *", "28.2.2"),
		fakedocker.Says("info *", `{"ServerVersion":"28.2.2","CgroupVersion":"2","DefaultRuntime":"runc"}`),
		fakedocker.Says("context inspect *", "tcp://127.0.0.1:2375"),
		fakedocker.Says("ps *", ""), fakedocker.Says("network ls *", ""),
	)...)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := Start(ctx, Options{
		Cluster: name, Region: "eu-west-1", Dir: t.TempDir(), Authenticator: "/bin/false",
		Kind: kind.Options{NodeImage: "scaleproof/node:1", CacheDir: t.TempDir()},
	})
	cancel() // which ends nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return r
}

// provider is one that has nothing but the environment.
func provider(t *testing.T, r *Rehearsal) *eks.Provider {
	t.Helper()
	for _, variable := range r.Env([]string{"AWS_PROFILE=mine"}) {
		key, value, _ := strings.Cut(variable, "=")
		t.Setenv(key, value)
	}
	p, err := eks.New(eks.Options{
		Region: "eu-west-1", Accounts: []string{r.Account()}, CacheDir: t.TempDir(), Command: "/bin/false",
		Pace: pace.Pace{First: time.Millisecond, Most: 5 * time.Millisecond},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestClusterThatCannotBeMade is one whose nodes have no image: EKS says so, and
// nothing is left when it is taken down.
func TestClusterThatCannotBeMade(t *testing.T) {
	r := start(t, fakedocker.Fails("image inspect *", "Error: No such image: scaleproof/node:1"))
	cluster, err := provider(t, r).Up(t.Context(), name)
	if err == nil || !strings.Contains(err.Error(), "run scaleproof images") {
		t.Fatalf("the error does not say what to do: %v", err)
	}
	if left, err := r.Left(t.Context()); err != nil || !slices.ContainsFunc(left, func(l string) bool { return strings.HasPrefix(l, "cluster ") }) {
		t.Errorf("left are %v, %v", left, err)
	}
	if err := cluster.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := r.Left(t.Context())
	if diff := cmp.Diff([]string(nil), left); diff != "" || err != nil {
		t.Errorf("left, %v (-want +got):\n%s", err, diff)
	}
	if calls := r.Calls(); calls["eks:CreateCluster"] != 1 || calls["sts:GetCallerIdentity"] == 0 || len(r.Unserved()) > 0 {
		t.Errorf("asked was %v, and %v in vain", calls, r.Unserved())
	}
}

func TestLeftNamesContainers(t *testing.T) {
	r := start(t, fakedocker.Says("ps --all --filter label=io.x-k8s.kind.cluster="+name+" --format {{.Names}}", name+"-control-plane\n"+name+"-x1"),
		fakedocker.Says("ps --all --filter label="+kind.ClusterLabel+"="+name+" --format {{.Names}}", name+"-x1"))
	left, err := r.Left(t.Context())
	if diff := cmp.Diff([]string{"container " + name + "-control-plane", "container " + name + "-x1"}, left); diff != "" || err != nil {
		t.Errorf("left, %v (-want +got):\n%s", err, diff)
	}
}

func TestEnvHasNothingOfTheUsers(t *testing.T) {
	env := start(t).Env([]string{"PATH=/bin", "AWS_PROFILE=mine", "AWS_SESSION_TOKEN=mine"})
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasSuffix(v, "=mine") }) || !slices.Contains(env, "PATH=/bin") {
		t.Errorf("the environment is %q", env)
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"} {
		if !slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, name+"=") }) {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestWebhook runs programs in the place of the authenticator.
func TestWebhook(t *testing.T) {
	for what, test := range map[string]struct {
		script string
		limit  time.Duration
		says   []string
	}{
		"that ends":            {script: "echo no such flag >&2; exit 1", says: []string{"aws-iam-authenticator ended", "no such flag"}},
		"that does not listen": {script: "exec sleep 60", limit: 300 * time.Millisecond, says: []string{"does not listen at 127.0.0.1:"}},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			binary := filepath.Join(dir, "authenticator")
			if err := os.WriteFile(binary, []byte("#!/bin/sh\n"+test.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			ctx := t.Context()
			if test.limit > 0 {
				limited, cancel := context.WithTimeout(ctx, test.limit)
				defer cancel()
				ctx = limited
			}
			_, _, err := webhook{Binary: binary, Dir: dir, Cluster: name, Region: "eu-west-1", Proxy: "http://127.0.0.1:1"}.start(ctx, "127.0.0.1")
			for _, text := range test.says {
				if err == nil || !strings.Contains(err.Error(), text) {
					t.Errorf("the error does not say %q: %v", text, err)
				}
			}
		})
	}
}

func TestWebhookEnvironment(t *testing.T) {
	t.Setenv("AWS_PROFILE", "mine")
	t.Setenv("no_proxy", "amazonaws.com")
	command := webhook{Proxy: "http://127.0.0.1:1", Region: "eu-west-1"}.command(t.Context(), "/dir", "127.0.0.1", "1")
	for _, variable := range command.Env {
		if strings.HasPrefix(variable, "AWS_PROFILE=") || strings.HasPrefix(variable, "no_proxy=") {
			t.Errorf("it has %s", variable)
		}
	}
	if !slices.Contains(command.Env, "HTTPS_PROXY=http://127.0.0.1:1") {
		t.Error("it asks the real AWS")
	}
}
