package watch

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

func TestResumesFromTheVersionSeenLast(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	tl, _ := record(t, a, "", Target{Namespace: "shop", ScaleTarget: "shop"})
	n := await(t, tl, 0, "replicas shop ready 1")
	a.put(deploymentsPath, deployment("shop", 4, 1))
	n = await(t, tl, n, "replicas shop spec 4")

	a.end()
	a.put(deploymentsPath, deployment("shop", 8, 1))
	a.put(deploymentsPath, deployment("shop", 10, 1))
	n = await(t, tl, n, "replicas shop spec 8") // in between, and not lost
	await(t, tl, n, "replicas shop spec 10")
	if lists, versions := a.listed(deploymentsPath); lists != 1 || !slices.Equal(versions, []string{"101", "102"}) {
		t.Errorf("%d lists, watches from %v; want 1 list, watches from 101 and 102", lists, versions)
	}
}

func TestExpiredVersionIsAGapAndANewList(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	a.put(deploymentsPath, deployment("database", 1, 1))
	tl, _ := record(t, a, "", Target{Namespace: "shop", ScaleTarget: "shop"})
	n := await(t, tl, 0, "replicas shop ready 1")

	a.remove(deploymentsPath, "database")
	n = await(t, tl, n, "deployment database ready gone")
	a.mu.Lock()
	a.objects[deploymentsPath]["shop"] = deployment("shop", 6, 6) // nobody is told
	a.mu.Unlock()
	a.forget()
	a.end()
	lost := await(t, tl, n, "gap shop/deployments replicas 1")
	listed := await(t, tl, lost, "replicas shop spec 6")
	await(t, tl, listed, `gap shop/deployments replicas 0 "seen again"`)
	if why := tl.Moments()[lost-1].Text; !strings.Contains(why, "too old resource version") {
		t.Errorf("the gap says %q, want the server's own words", why)
	}
	if within := tl.Moments()[listed-1].Within; within <= 0 {
		t.Errorf("what a new list found has error bound %s, want the time since the watch ended", within)
	}
}

func TestServerThatIsDownIsAGapUntilItIsBack(t *testing.T) {
	a := newFakeAPI(t)
	a.put(deploymentsPath, deployment("shop", 1, 1))
	r := newRelay(t, a.server.Listener.Addr().String())
	tl, _ := record(t, a, r.url(), Target{Namespace: "shop", ScaleTarget: "shop"})
	n := len(tl.Moments())

	r.down()
	for _, kind := range []string{"deployments replicas", "deployments deployment", "pods pod", "horizontalpodautoscalers hpa", "scaledobjects scaledobject"} {
		await(t, tl, n, "gap shop/"+kind+" 1")
	}
	a.put(deploymentsPath, deployment("shop", 4, 1))
	r.up(t)
	changed := await(t, tl, n, "replicas shop spec 4")
	if again := await(t, tl, n, `gap shop/deployments replicas 0 "seen again"`); again < changed {
		t.Error("it is seen again before what was missed has come: others' moments would be judged by what was before")
	}
	if within := tl.Moments()[changed-1].Within; within < grace {
		t.Errorf("a change during the outage has error bound %s, want the outage's length", within)
	}
	for _, b := range timeline.Blinds(tl.Moments()) {
		if b.Kind == timeline.Replicas && !b.From.Before(b.To) {
			t.Errorf("gap from %s to %s", b.From, b.To)
		}
	}
}

// A server that vanishes without a word leaves connections that look well.
func TestSilenceOfTheServerIsAGap(t *testing.T) {
	a := newFakeAPI(t)
	r := newRelay(t, a.server.Listener.Addr().String())
	tl, _ := record(t, a, r.url(), Target{Namespace: "shop"})
	n := len(tl.Moments())

	r.freeze()
	lost := await(t, tl, n, "gap shop/pods pod 1")
	if gap := tl.Moments()[lost-1]; gap.Within <= 0 || gap.Within > brisk.silence()+grace {
		t.Errorf("the gap began %s before it was noticed, want as long as a dead connection goes unnoticed, %s", gap.Within, brisk.silence())
	}
	r.drop()
	r.unfreeze()
	a.put(podsPath, pod("shop-1", "Running", true))
	await(t, tl, lost, "pod shop-1 ready 1")
	await(t, tl, lost, `gap shop/pods pod 0 "seen again"`)
	if diff := cmp.Diff([]string{`gap shop/pods pod 0 "seen again"`}, only(lines(tl.Moments()[lost:]), "gap shop/pods pod 0")); diff != "" {
		t.Errorf("after the silence (-want +got):\n%s", diff)
	}
}

func only(all []string, prefix string) []string {
	return slices.DeleteFunc(all, func(l string) bool { return !strings.HasPrefix(l, prefix) })
}
