package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/existing"
)

// staging is the API server of a cluster that others have made, with a KEDA of
// their own. It notes which namespaces it was asked for, and what would change
// something.
type staging struct {
	selectors, changes []string
	lease              []byte // nil if there is none
	leaseType          string // its content type
}

// leases is where the lease is by which one command has the cluster.
const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"

// serveLease keeps what was written. Nobody else writes it.
func (s *staging) serveLease(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost, http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.lease, s.leaseType = body, r.Header.Get("Content-Type")
		w.Header().Set("Content-Type", s.leaseType)
		_, _ = w.Write(body)
	case http.MethodDelete:
		s.lease = nil
		_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Success"}`))
	default:
		w.Header().Set("Content-Type", s.leaseType)
		_, _ = w.Write(s.lease)
	}
}

// ServeHTTP implements http.Handler.
func (s *staging) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answers := map[string]string{
		"/readyz":                             `ok`,
		"/api":                                `{"kind":"APIVersions","versions":["v1"]}`,
		"/apis":                               `{"kind":"APIGroupList","apiVersion":"v1","groups":[]}`,
		"/api/v1":                             `{"kind":"APIResourceList","groupVersion":"v1","resources":[{"name":"namespaces","kind":"Namespace","verbs":["list"]}]}`,
		"/api/v1/namespaces":                  `{"kind":"NamespaceList","apiVersion":"v1","metadata":{},"items":[]}`,
		"/api/v1/namespaces/keda":             `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"keda"}}`,
		"/api/v1/namespaces/kube-system/pods": `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}`,
		"/api/v1/nodes":                       `{"kind":"NodeList","apiVersion":"v1","metadata":{},"items":[]}`,
		"/api/v1/pods":                        `{"kind":"PodList","apiVersion":"v1","metadata":{},"items":[]}`,
	}
	if r.URL.Path == leases || r.URL.Path == leases+"/scaleproof" && s.lease != nil {
		w.Header().Set("Content-Type", "application/json")
		s.serveLease(w, r)
		return
	}
	if r.Method != http.MethodGet {
		s.changes = append(s.changes, r.Method+" "+r.URL.Path)
	}
	if selector := r.URL.Query().Get("labelSelector"); selector != "" && r.URL.Path == "/api/v1/namespaces" {
		s.selectors = append(s.selectors, selector)
	}
	w.Header().Set("Content-Type", "application/json")
	answer, found := answers[r.URL.Path]
	if !found {
		w.WriteHeader(http.StatusNotFound)
		answer = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404}`
	}
	_, _ = w.Write([]byte(answer))
}

// start returns a kubeconfig of the cluster.
func (s *staging) start(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf("apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n"+
		"clusters: [{name: c, cluster: {server: %q}}]\nusers: [{name: u, user: {}}]\n", server.URL)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestRefusedRunRemovesNothing: others may run theirs on the same cluster, and
// what they made for it is none of ours.
func TestRefusedRunRemovesNothing(t *testing.T) {
	cluster, f, out := &staging{}, &fake{}, t.TempDir()
	w := f.world()
	w.provider = newProvider
	w.install = func(ctx context.Context, _, _ string, _ settings, _ imageSet, c providers.Cluster, _ log) (installation, error) {
		return installation{}, installExisting(ctx, c.Config(), func(*rest.Config) error {
			t.Error("it was installed over what others have")
			return nil
		})
	}
	got := do(t, t.Context(), w, "run", "--provider", "existing", "--install", "--git-address", "192.0.2.7",
		"--kubeconfig", cluster.start(t), "--out", out)
	run := stored(t, out)
	if got.code != 2 || !strings.Contains(got.stdout, "Namespace keda") || phases(run) != "suite images cluster stack! collect down" {
		t.Errorf("exit code %d, phases %q\n%s", got.code, phases(run), got.stdout)
	}
	if own := "scaleproof.dev/run=" + run.ID; len(cluster.changes) > 0 || len(cluster.selectors) == 0 ||
		slices.ContainsFunc(cluster.selectors, func(s string) bool { return s != own }) {
		t.Errorf("changed %v, and asked for the namespaces of %v, not only of %s", cluster.changes, cluster.selectors, own)
	}
}

// TestOccupiedClusterStaysAsItIs: what is on it is another command's.
func TestOccupiedClusterStaysAsItIs(t *testing.T) {
	cluster, out := &staging{}, t.TempDir()
	w := (&fake{fail: map[string]error{"occupy": errTest}}).world()
	w.provider = newProvider
	flags := []string{"--provider", "existing", "--kubeconfig", cluster.start(t)}
	got := do(t, t.Context(), w, slices.Concat([]string{"run", "--install", "--git-address", "192.0.2.7", "--out", out}, flags)...)
	if run := stored(t, out); got.code != 2 || phases(run) != "suite images cluster!" {
		t.Errorf("run: exit code %d, phases %q", got.code, phases(run))
	}
	if got := do(t, t.Context(), w, append([]string{"down"}, flags...)...); got.code != 2 {
		t.Errorf("down: exit code %d", got.code)
	}
	if len(cluster.changes) > 0 || len(cluster.selectors) > 0 {
		t.Errorf("changed %v, asked for the namespaces of %v", cluster.changes, cluster.selectors)
	}
}

// TestLostOccupationIsAProblem: another command may have changed what was judged.
func TestLostOccupationIsAProblem(t *testing.T) {
	for _, lost := range []bool{false, true} {
		f, out := &fake{occupied: &occupied{lost: lost}}, t.TempDir()
		do(t, t.Context(), f.world(), "run", "--out", out)
		if run := stored(t, out); !f.occupied.released || lost != slices.ContainsFunc(run.Problems, func(p string) bool {
			return strings.Contains(p, "kept from other commands")
		}) {
			t.Errorf("lost %v: released %v, problems %q", lost, f.occupied.released, run.Problems)
		}
	}
}

// TestEveryCommandOccupies an existing cluster: also a run that installs nothing is
// broken by another's mutant, and mends that.
func TestEveryCommandOccupies(t *testing.T) {
	for name, s := range map[string]settings{
		"a run": {run: "r1"}, "a run that installs": {run: "r1", install: true}, "down": {install: true},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := &staging{}
			s.provider, s.kubeconfig = "existing", cluster.start(t)
			found, err := newExisting(s, t.Logf).(providers.Finder).Find(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			holding, err := occupy(t.Context(), s, found, t.Logf)
			if err != nil || holding == nil || cluster.lease == nil {
				t.Fatalf("it is not occupied: %v", err)
			}
			if err := holding.Release(t.Context()); err != nil || cluster.lease != nil {
				t.Errorf("it still is: %v", err)
			}
		})
	}
}

// TestDownMends what a killed run's mutant broke, before it removes what needs that,
// and removes in any case.
func TestDownMends(t *testing.T) {
	for _, broken := range []error{nil, errTest} {
		cluster, mended := &staging{}, 0
		w := (&fake{}).world()
		w.provider = newProvider
		w.mend = func(context.Context, providers.Cluster) error {
			if mended++; len(cluster.selectors) > 0 {
				t.Error("the namespaces were removed first")
			}
			return broken
		}
		got := do(t, t.Context(), w, "down", "--provider", "existing", "--kubeconfig", cluster.start(t))
		if failed := broken != nil; mended != 1 || (got.code != 0) != failed || len(cluster.selectors) != 1 {
			t.Errorf("mended %d times (%v), exit code %d, removed %v\n%s", mended, broken, got.code, cluster.selectors, got.stderr)
		}
	}
}

// TestDownRemovesTheNamespacesOfAllRuns: none goes on, see occupy.
func TestDownRemovesTheNamespacesOfAllRuns(t *testing.T) {
	cluster := &staging{}
	w := (&fake{}).world()
	w.provider, w.occupy = newProvider, occupy
	got := do(t, t.Context(), w, "down", "--provider", "existing", "--kubeconfig", cluster.start(t))
	if got.code != 0 || !slices.Equal(cluster.selectors, []string{"scaleproof.dev/run"}) || len(cluster.changes) > 0 || cluster.lease != nil {
		t.Errorf("exit code %d, changed %v, and asked for the namespaces of %v\n%s", got.code, cluster.changes, cluster.selectors, got.stderr)
	}
}

// TestRunRemovesItsOwn namespaces where nothing was installed too: specs that were
// killed have not.
func TestRunRemovesItsOwn(t *testing.T) {
	for run, want := range map[string][]string{"r1": {"scaleproof.dev/run=r1"}, "": nil} {
		cluster := &staging{}
		s := settings{provider: "existing", kubeconfig: cluster.start(t), run: run}
		found, err := newExisting(s, t.Logf).(providers.Finder).Find(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := found.Down(t.Context()); err != nil || !slices.Equal(cluster.selectors, want) {
			t.Errorf("run %q asked for the namespaces of %v, %v", run, cluster.selectors, err)
		}
	}
}

// TestRunsOnExistingClustersShareNoRepositories: the one that ends first removes
// its own.
func TestRunsOnExistingClustersShareNoRepositories(t *testing.T) {
	t.Setenv("SCALEPROOF_CACHE", t.TempDir())
	one := settings{provider: "existing", cluster: "scaleproof", kubeconfig: contexts(t, "https://one.test"), run: "r1"}
	next, elsewhere, namesake, all := one, one, one, one
	next.run, elsewhere.context, namesake.kubeconfig, all.run = "r2", "b", contexts(t, "https://another.test"), ""
	there := func(s settings) bool {
		dir, err := repositories(s)
		if err != nil {
			t.Fatal(err)
		}
		_, err = os.Stat(dir)
		return err == nil
	}
	for _, s := range []settings{one, next, elsewhere, namesake} {
		dir, err := repositories(s)
		if err := errors.Join(err, os.MkdirAll(dir, 0o700)); err != nil {
			t.Fatal(err)
		}
	}
	if err := forget(one); err != nil || there(one) || !there(next) || !there(elsewhere) {
		t.Errorf("a run that ended: %v; there are %t, %t, %t", err, there(one), there(next), there(elsewhere))
	}
	if err := forget(all); err != nil || there(next) || !there(elsewhere) || !there(namesake) {
		t.Errorf("down: %v; there are %t, %t, %t", err, there(next), there(elsewhere), there(namesake))
	}
}

// TestClusterNeeds asks of a cluster what the chosen suites use, and no more.
func TestClusterNeeds(t *testing.T) {
	core, flux, nodes := existing.Core(), existing.Flux(), existing.Nodes("general-purpose")
	for name, test := range map[string]struct {
		settings settings
		want     []existing.Need
	}{
		"all suites":                   {settings{}, slices.Concat(core, flux)},
		"all suites, and nodes":        {settings{nodeLaunch: time.Minute}, slices.Concat(core, flux, nodes)},
		"only metrics":                 {settings{suites: []string{"metrics", "scaleout"}, nodeLaunch: time.Minute}, core},
		"only capacity":                {settings{suites: []string{"capacity"}, nodeLaunch: time.Minute}, slices.Concat(core, nodes)},
		"delivery, and others beside":  {settings{suites: []string{"metrics", "delivery"}}, slices.Concat(core, flux)},
		"capacity, and nobody says so": {settings{suites: []string{"capacity", "metrics"}}, core},
	} {
		t.Run(name, func(t *testing.T) {
			names := func(needs []existing.Need) (all []string) {
				for _, need := range needs {
					all = append(all, need.Name)
				}
				return all
			}
			if diff := cmp.Diff(names(test.want), names(test.settings.clusterNeeds())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
