package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/git/bootstrap"
	"github.com/scaleproof/scaleproof/fixtures/git/github/githubdouble"
	"github.com/scaleproof/scaleproof/providers/eks"
)

const testToken = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

// setVariables sets those, and no tokens but theirs.
func setVariables(t *testing.T, set map[string]string) {
	t.Helper()
	t.Setenv("SCALEPROOF_CACHE", t.TempDir())
	for _, name := range []string{gitTokenVariable, gitHubTokenVariable} {
		t.Setenv(name, "")
	}
	for name, value := range set {
		t.Setenv(name, value)
	}
}

// onGitHub are the variables of the seed.
func onGitHub(more ...string) map[string]string {
	set := map[string]string{gitHubTokenVariable: testToken, "GITHUB_USER": "octocat", "GITHUB_REPO": "fleet"}
	for i := 0; i < len(more); i += 2 {
		set[more[i]] = more[i+1]
	}
	return set
}

// TestDeliveryNeeds is what is missing, told before anything is made.
func TestDeliveryNeeds(t *testing.T) {
	eks := []string{"up", "--provider", "eks", "--accept-cost"}
	for what, c := range map[string]struct {
		args []string
		set  map[string]string
		says []string
	}{
		"nothing is set": {eks, nil, []string{"GITHUB_TOKEN, GITHUB_USER, GITHUB_REPO", "or GIT_URL with", "APP_IMAGE", "APP_IMAGE_PRESENT=1"}},
		"no token": {eks, map[string]string{"GITHUB_USER": "octocat", "GITHUB_REPO": "fleet", "APP_IMAGE": "registry.test/app:v1"},
			[]string{"set GITHUB_TOKEN for"}},
		"no image":            {eks, onGitHub(), []string{"set APP_IMAGE"}},
		"an image of no name": {eks, onGitHub("APP_IMAGE", "Registry/app:v1:2"), []string{"APP_IMAGE or --app-image"}},
		"an image by digest": {eks, onGitHub("APP_IMAGE", "registry.test/app@sha256:"+strings.Repeat("0", 64)),
			[]string{"APP_IMAGE_PRESENT=1"}},
		"a repository of no name": {eks, onGitHub("GITHUB_REPO", "octocat/fleet/x", "APP_IMAGE", "registry.test/app:v1"), []string{"GitHub repository"}},
		"a URL with a token":      {eks, map[string]string{"GIT_URL": "https://octocat:" + testToken + "@host/x.git", "APP_IMAGE": "registry.test/app:v1"}, []string{"in logs"}},
		"present, but what":       {append(eks, "--app-image-present"), onGitHub(), []string{"--app-image"}},
		"existing, from nowhere":  {[]string{"up", "--provider", "existing", "--install"}, nil, []string{"GITHUB_TOKEN", "GIT_URL", "--git-address"}},
		"existing, from two": {[]string{"up", "--provider", "existing", "--install", "--git-address", "192.0.2.7", "--git-url", "https://host/x.git"}, nil,
			[]string{"give one"}},
		"kind": {[]string{"up", "--git-url", "https://host/x.git"}, nil, []string{"kind has a git server"}},
	} {
		t.Run(what, func(t *testing.T) {
			setVariables(t, c.set)
			got := do(t, t.Context(), realWorld(), c.args...)
			if got.code != 2 || strings.Contains(got.stderr+got.stdout, testToken) {
				t.Fatalf("exit code %d: %s", got.code, got.stderr)
			}
			for _, text := range c.says {
				if !strings.Contains(got.stderr, text) {
					t.Errorf("%q is not in: %s", text, got.stderr)
				}
			}
			if entries, err := os.ReadDir(os.Getenv("SCALEPROOF_CACHE")); err != nil || len(entries) > 0 {
				t.Errorf("made %v, %v", entries, err)
			}
		})
	}
}

func TestDryRunTellsOfTheDelivery(t *testing.T) {
	for what, c := range map[string]struct {
		set  map[string]string
		says []string
	}{
		"GitHub": {onGitHub("APP_IMAGE", "registry.test/app:v1"), []string{
			"git-branch", "scaleproof/scaleproof-x/", "/stack of https://api.github.com/repos/octocat/fleet", "deploy-key", "registry.test/app:v1"}},
		"a registry of AWS": {onGitHub("APP_IMAGE", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1"), []string{"[redacted].dkr.ecr.eu-west-1.amazonaws.com/app:v1"}},
		"an enterprise":     {onGitHub("GITHUB_API_URL", "https://git.test/api/v3", "GITHUB_REPO", "team/fleet"), []string{"https://git.test/api/v3/repos/team/fleet"}},
		"a URL":             {map[string]string{"GIT_URL": "https://git.test/fleet.git"}, []string{"/stack of https://git.test/fleet.git"}},
		"nothing":           {nil, []string{"not yet: no git repository", "set GITHUB_TOKEN", "not yet: no place for the apps' image"}},
	} {
		t.Run(what, func(t *testing.T) {
			setVariables(t, c.set)
			got := do(t, t.Context(), realWorld(), "run", "--provider", "eks", "--cluster-name", "x", "--dry-run")
			if got.code != 0 || strings.Contains(got.stdout+got.stderr, testToken) {
				t.Fatalf("exit code %d: %s%s", got.code, got.stdout, got.stderr)
			}
			for _, text := range c.says {
				if !strings.Contains(got.stdout, text) {
					t.Errorf("%q is not in:\n%s", text, got.stdout)
				}
			}
		})
	}
}

// forged is a repository on a double of GitHub.
func forged(t *testing.T) (*githubdouble.Double, *git.Remote) {
	t.Helper()
	credentials := git.Credentials{Username: "octocat", Token: testToken}
	server, err := git.ServePrivately(t.Context(), t.TempDir(), "127.0.0.1:0", credentials)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	repository, err := server.Repository(t.Context(), "fleet")
	if err != nil {
		t.Fatal(err)
	}
	double := githubdouble.New("octocat", "fleet", testToken, repository.URL())
	api := httptest.NewServer(http.Handler(double))
	t.Cleanup(api.Close)
	setVariables(t, onGitHub("GITHUB_API_URL", api.URL))
	remote, err := repository.Remote(repository.URL(), credentials)
	if err != nil {
		t.Fatal(err)
	}
	return double, remote
}

// atForge are the settings of a run that delivers by what forged has made.
func atForge() settings {
	return settings{provider: "eks", cluster: "x", git: gitSettings{
		gitHubUser: "octocat", gitHubRepo: "fleet", api: os.Getenv("GITHUB_API_URL"),
	}}
}

// begun is a delivery whose branch and key are there.
func begun(t *testing.T, s settings, told log) *bootstrap.Delivery {
	t.Helper()
	place, err := s.place(told)
	if err != nil {
		t.Fatal(err)
	}
	delivery, err := place.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := delivery.Commit(t.Context(), delivery.Branch(), map[string][]byte{"a": {}}, "m"); err != nil {
		t.Fatal(err)
	}
	return delivery
}

// TestRecall is a run that was killed, and what later commands make of it.
func TestRecall(t *testing.T) {
	double, remote := forged(t)
	s := atForge()
	said := &strings.Builder{}
	told := (&console{stderr: said}).logf
	if err := deliverable(t.Context(), s, told); err != nil {
		t.Fatal(err)
	}
	delivery := begun(t, s, told)
	if left, err := remains(t.Context(), s); err != nil || len(left) != 2 {
		t.Errorf("left %q, %v", left, err)
	}
	if err := forget(s); err != nil {
		t.Error(err)
	}
	if copies, err := filepath.Glob(os.Getenv("SCALEPROOF_CACHE") + "/git/eks/*"); err != nil || len(copies) > 0 {
		t.Errorf("copies %q, %v", copies, err)
	}
	// Without the token nothing can be removed, and that is not silent.
	t.Setenv(gitHubTokenVariable, "")
	err := recall(t.Context(), s, told)
	if err == nil || !strings.Contains(err.Error(), delivery.Base()) || !strings.Contains(err.Error(), "set GITHUB_TOKEN") ||
		!strings.Contains(err.Error(), "scaleproof down --provider eks --cluster-name x") {
		t.Errorf("without a token: %v", err)
	}
	t.Setenv(gitHubTokenVariable, testToken)
	for range 2 {
		if err := recall(t.Context(), s, told); err != nil {
			t.Error(err)
		}
	}
	if branches, err := remote.Branches(t.Context(), ""); err != nil || len(branches) > 0 || len(double.Keys()) > 0 {
		t.Errorf("left are %q, %+v, %v", branches, double.Keys(), err)
	}
	if notes, err := filepath.Glob(os.Getenv("SCALEPROOF_CACHE") + "/delivery/*.jsonl"); err != nil || len(notes) > 0 {
		t.Errorf("notes %q, %v", notes, err)
	}
	t.Setenv(gitHubTokenVariable, "")
	if err := recall(t.Context(), s, told); err != nil {
		t.Errorf("there is nothing left to tell of: %v", err)
	}
	if text := said.String(); strings.Contains(text, testToken) || !strings.Contains(text, "removed the deploy key "+delivery.Base()) {
		t.Errorf("it said %q", text)
	}
}

// TestRecalledWithTheCluster also where the other fails.
func TestRecalledWithTheCluster(t *testing.T) {
	for what, c := range map[string]struct {
		fail      map[string]error
		elsewhere []string
		code      int
		says      string
	}{
		"all goes":           {},
		"the branch stays":   {fail: map[string]error{"recall": errTest}, code: 2, says: errTest.Error()},
		"the cluster stays":  {fail: map[string]error{"down": errTest}, code: 2, says: errTest.Error()},
		"a branch is left":   {elsewhere: []string{"git-branch scaleproof/x/1/stack"}, code: 1, says: "git-branch scaleproof/x/1/stack"},
		"nobody can look it": {fail: map[string]error{"remains": errTest}, code: 2, says: errTest.Error()},
	} {
		t.Run(what, func(t *testing.T) {
			cluster := &costly{fake: &fake{fail: c.fail, elsewhere: c.elsewhere}}
			w, recalled := cluster.world(), 0
			w.recall = func(context.Context, settings, log) error { recalled++; return c.fail["recall"] }
			got := do(t, t.Context(), w, "run", "--out", t.TempDir())
			if got.code != c.code || recalled != 1 || !strings.Contains(got.stdout, c.says) {
				t.Errorf("exit code %d, recalled %d times: %s", got.code, recalled, got.stdout)
			}
		})
	}
}

// TestForgetsAfterTheLook for what is left, which makes a copy of the repository.
func TestForgetsAfterTheLook(t *testing.T) {
	cluster := &costly{fake: &fake{}}
	w := cluster.world()
	var order []string
	w.remains = func(context.Context, settings) ([]string, error) { order = append(order, "remains"); return nil, nil }
	w.forget = func(settings) error { order = append(order, "forget"); return nil }
	got := do(t, t.Context(), w, "run", "--out", t.TempDir())
	if got.code != 0 || strings.Join(order, " ") != "remains forget" {
		t.Errorf("exit code %d, did %q", got.code, order)
	}
}

// TestSweepGit is what a runner that is gone left in someone's repository.
func TestSweepGit(t *testing.T) {
	double, remote := forged(t)
	s := atForge()
	said := &strings.Builder{}
	told := (&console{stderr: said}).logf
	delivery := begun(t, s, told)
	sweep := func(remove bool, found ...eks.Swept) []eks.Swept {
		t.Helper()
		all, err := sweepGit(t.Context(), s, eks.SweepOptions{Delete: remove}, found, told)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := sweep(true, eks.Swept{Name: "scaleproof-x", Spared: "it is young"}); len(all) > 0 {
		t.Errorf("of a cluster that is there: %v", all)
	}
	if all := sweep(false); len(all) != 1 || all[0].Name != delivery.Base() || len(all[0].Parts) != 2 || len(double.Keys()) != 1 {
		t.Errorf("a look found %v, and left %v", all, double.Keys())
	}
	sweep(true, eks.Swept{Name: "scaleproof-x"})
	if branches, err := remote.Branches(t.Context(), ""); err != nil || len(branches) > 0 || len(double.Keys()) > 0 {
		t.Errorf("left are %q, %+v, %v", branches, double.Keys(), err)
	}
	t.Setenv(gitHubTokenVariable, "")
	if all := sweep(true); len(all) > 0 || !strings.Contains(said.String(), "were not looked for: no git repository") {
		t.Errorf("%v, and said %q", all, said)
	}
}
