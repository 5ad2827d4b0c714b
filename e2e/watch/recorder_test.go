package watch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// brisk notices a vanished server soon enough for a test. On a machine that is
// busy a handshake takes as long, so that only tests of such a server have it.
var brisk = health{idle: 500 * time.Millisecond, ping: 500 * time.Millisecond}

// record starts a recorder of the namespace shop: by a relay, which can vanish,
// or without.
func record(t *testing.T, a *fakeAPI, relay string, target Target) (*timeline.Timeline, *Recorder) {
	t.Helper()
	noticing := defaultHealth
	if relay != "" {
		noticing = brisk
	}
	clients, err := newClients(a.config(relay), noticing)
	if err != nil {
		t.Fatal(err)
	}
	tl := timeline.New()
	r, err := Start(t.Context(), clients, target, tl)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return tl, r
}

func TestStartRecordsWhatIsThere(t *testing.T) {
	a := newFakeAPI(t)
	a.put(scaledObjectsPath, scaledObject("shop", "shop"))
	a.put(deploymentsPath, deployment("shop", 1, 1))
	a.put(deploymentsPath, deployment("database", 2, 0))
	a.put(podsPath, pod("shop-1", "Running", true))
	a.put(hpasPath, autoscaler("keda-hpa-shop", 1))
	tl, _ := record(t, a, "", Target{Namespace: "shop"})
	want := []string{
		`scaledobject shop min 0`, `scaledobject shop max 100`, `scaledobject shop polling 30`, `scaledobject shop cooldown 300`,
		`scaledobject shop ref 0 "Deployment/shop"`,
		`deployment database spec 2`, `deployment database replicas 2`, `deployment database ready 0`,
		`replicas shop spec 1`, `replicas shop replicas 1`, `replicas shop ready 1`,
		`hpa keda-hpa-shop current 1`, `hpa keda-hpa-shop desired 1`, `hpa keda-hpa-shop min 1`, `hpa keda-hpa-shop max 10`,
		`hpa keda-hpa-shop ref 0 "Deployment/shop"`,
		`pod shop-1 phase 0 "Running"`, `pod shop-1 scheduled 0`, `pod shop-1 ready 1`, `pod shop-1 restarts 0`,
	}
	if diff := cmp.Diff(want, seenLines(tl.Moments())); diff != "" {
		t.Errorf("moments after Start (-want +got):\n%s", diff)
	}
}

func TestEventsAreRecordedAsWhatChanged(t *testing.T) {
	a := newFakeAPI(t)
	a.put(scaledObjectsPath, scaledObject("shop", "shop"))
	a.put(deploymentsPath, deployment("shop", 1, 1))
	a.put(podsPath, pod("shop-1", "Pending", false))
	tl, _ := record(t, a, "", Target{Namespace: "shop"})
	n := len(tl.Moments())

	a.put(deploymentsPath, deployment("shop", 1, 1)) // a new version that says the same
	a.put(deploymentsPath, deployment("shop", 4, 1))
	await(t, tl, n, "replicas shop replicas 4")
	if diff := cmp.Diff([]string{"replicas shop spec 4", "replicas shop replicas 4"}, lines(tl.Moments()[n:])); diff != "" {
		t.Errorf("moments of a changed deployment (-want +got):\n%s", diff)
	}
	if a, b := tl.Moments()[n].At, tl.Moments()[n+1].At; !a.Equal(b) {
		t.Errorf("one version of an object was recorded at two times, %s and %s", a, b)
	}

	n = len(tl.Moments())
	a.remove(podsPath, "shop-1")
	await(t, tl, n, "pod shop-1 restarts gone")
	want := []string{"pod shop-1 phase gone", "pod shop-1 scheduled gone", "pod shop-1 ready gone", "pod shop-1 restarts gone"}
	if diff := cmp.Diff(want, lines(tl.Moments()[n:])); diff != "" {
		t.Errorf("moments of a deleted pod (-want +got):\n%s", diff)
	}
}

func TestScaleTargetIsWhoTheScaledObjectNames(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	tl, _ := record(t, a, "", Target{Namespace: "shop", ScaledObject: "shop"})
	n := await(t, tl, 0, "deployment shop ready 1")

	a.put(scaledObjectsPath, scaledObject("other", "shop"))
	n = await(t, tl, n, "scaledobject other ref")
	a.put(scaledObjectsPath, scaledObject("shop", "shop"))
	await(t, tl, n, "scaledobject shop ref")
	want := []string{
		"replicas shop spec 1", "replicas shop replicas 1", "replicas shop ready 1",
		"deployment shop spec gone", "deployment shop replicas gone", "deployment shop ready gone",
	}
	rest := seenLines(tl.Moments()[n:])
	if diff := cmp.Diff(want, rest[:min(len(rest), len(want))]); diff != "" {
		t.Errorf("moments of a deployment that is scaled from now on (-want +got):\n%s", diff)
	}

	n = len(tl.Moments())
	a.remove(scaledObjectsPath, "shop")
	n = await(t, tl, n, "deployment shop ready 1")
	a.put(deploymentsPath, deployment("shop", 3, 1))
	await(t, tl, n, "deployment shop spec 3")
}

func TestTargetMayNameTheScaleTarget(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	tl, _ := record(t, a, "", Target{Namespace: "shop", ScaleTarget: "shop"})
	await(t, tl, 0, "replicas shop spec 1")
}

func TestInstallingNeedsNoKindOfKEDA(t *testing.T) {
	a := newFakeAPI(t)
	a.mu.Lock()
	delete(a.objects, scaledObjectsPath)
	a.mu.Unlock()
	tl, _ := record(t, a, "", Target{Installing: "shop", ScaleTarget: "shop"})
	a.put(deploymentsPath, deployment("other", 1, 1))
	a.put(deploymentsPath, deployment("shop", 1, 1))
	n := await(t, tl, 0, "deployment other spec 1")
	await(t, tl, n, "replicas shop spec 1")
}

func TestWhatIsDeliveredIsSeenAfterWhatDeliveredIt(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	a.put(gitReposPath, map[string]any{
		"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository", "metadata": map[string]any{"name": "shop"},
	})
	a.put(kustomizationsPath, map[string]any{
		"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization", "metadata": map[string]any{"name": "infra"},
		"status": map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True", "reason": "Succeeded"}}},
	})
	tl, _ := record(t, a, "", Target{Flux: "shop", Installing: "shop", ScaleTarget: "shop"})
	n := await(t, tl, 0, `kustomization infra Ready 1 "Succeeded"`)
	await(t, tl, n, "replicas shop spec 1")
}

func TestExtraTargets(t *testing.T) {
	a := newFakeAPI(t)
	ready := map[string]any{"conditions": []any{map[string]any{"type": "Available", "status": "True", "reason": "Passed"},
		map[string]any{"type": "Ready", "status": "False", "reason": "Progressing"}}}
	for path, kind := range map[string]string{gitReposPath: "GitRepository", kustomizationsPath: "Kustomization", apiServicesPath: "APIService"} {
		for _, name := range []string{"one", "two"} {
			version := listKinds[path[strings.LastIndex(path, "/")+1:]][0]
			a.put(path, map[string]any{"apiVersion": version, "kind": kind, "metadata": map[string]any{"name": name}, "status": ready})
		}
	}
	tl, _ := record(t, a, "", Target{Flux: "shop", APIServices: []string{"two"}})
	want := []string{
		`source one Ready 0 "Progressing"`, `source one suspend 0`, `source two Ready 0 "Progressing"`, `source two suspend 0`,
		`kustomization one Ready 0 "Progressing"`, `kustomization one suspend 0`,
		`kustomization two Ready 0 "Progressing"`, `kustomization two suspend 0`,
		`apiservice two Available 1 "Passed"`,
	}
	if diff := cmp.Diff(want, seenLines(tl.Moments())); diff != "" {
		t.Errorf("moments (-want +got):\n%s", diff)
	}
}

func TestStartNamesWhatItCannotRead(t *testing.T) {
	a := newFakeAPI(t)
	clients, err := NewClients(a.config(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		target Target
		want   string
	}{
		{"nothing", Target{}, "nothing to watch"},
		{"no such resource", Target{Flux: "elsewhere"}, "list elsewhere/gitrepositories: the server could not find the requested resource: its custom resource is not installed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Start(t.Context(), clients, test.target, timeline.New())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error is %v, want one that says %q", err, test.want)
			}
		})
	}
}

func TestStopSaysThatNothingWasSeenAfterwards(t *testing.T) {
	a := newFakeAPI(t)
	tl, r := record(t, a, "", Target{Namespace: "shop"})
	r.Stop()
	blinds := timeline.Blinds(tl.Moments())
	var kinds []timeline.Kind
	for _, b := range blinds {
		if !b.To.IsZero() || b.Why != "the recorder was stopped" {
			t.Errorf("gap %+v, want one that stays open because the recorder was stopped", b)
		}
		kinds = append(kinds, b.Kind)
	}
	slices.Sort(kinds)
	want := []timeline.Kind{timeline.Deployment, timeline.HPA, timeline.Pod, timeline.Replicas, timeline.ScaledObject}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("kinds that are blind after Stop (-want +got):\n%s", diff)
	}
}
