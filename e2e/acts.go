package e2e

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/e2e-framework/klient/k8s"
	"sigs.k8s.io/e2e-framework/klient/k8s/resources"

	"github.com/scaleproof/scaleproof/e2e/load"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/e2e/watch"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// Send sends exactly n requests to one pod of the app, one after the other, as
// the seed does by a port-forward. It returns when the last was answered.
func (a *App) Send(ctx context.Context, n int) time.Time {
	ginkgo.GinkgoHelper()
	done, err := load.Send(ctx, a.Timeline, a.tunnel(ctx), n)
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("send %d requests to %s: %v", n, a.name, err))
	}
	return done
}

// Pace sends so many requests a second through the app's Service, on time whether
// or not earlier ones were answered, and returns when the last was. One that fails
// fails the spec: nobody knows whether it was counted.
func (a *App) Pace(ctx context.Context, perSecond int, lasting time.Duration) time.Time {
	ginkgo.GinkgoHelper()
	i := slices.IndexFunc(a.objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == "Service" })
	if i < 0 {
		ginkgo.Fail(a.name + " has no Service to send to")
	}
	target, err := load.Service(a.env.rest, a.namespace, a.objects[i].GetName(), appPort)
	if err != nil {
		ginkgo.Fail(err.Error())
	}
	sent, err := load.Pace(ctx, a.Timeline, target, perSecond, lasting)
	if err == nil && sent.Success < 1 {
		err = fmt.Errorf("%.0f%% were answered: %s", 100*sent.Success, strings.Join(sent.Errors, "; "))
	}
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("send %d requests a second to %s for %v: %v", perSecond, a.name, lasting, err))
	}
	return sent.Done
}

// Set gives the gauge of the app's source an exact value, and returns when.
func (a *App) Set(ctx context.Context, value float64) time.Time {
	ginkgo.GinkgoHelper()
	set, err := load.SetGauge(ctx, a.Timeline, a.tunnel(ctx), value)
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("set the gauge of %s to %g: %v", a.name, value, err))
	}
	return set
}

// tunnel returns a port-forward to one ready pod of those that are scraped, the
// same for all of a spec: a counter belongs to its pod.
func (a *App) tunnel(ctx context.Context) *load.Tunnel {
	ginkgo.GinkgoHelper()
	if a.forward != nil {
		return a.forward
	}
	pod := a.scrapedPod(ctx)
	forward, err := load.Forward(context.WithoutCancel(ctx), a.env.rest, a.namespace, pod, appPort)
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("port-forward to pod %s/%s: %v", a.namespace, pod, err))
	}
	ginkgo.DeferCleanup(forward.Close)
	a.forward = forward
	return forward
}

// appPort is where the fixtures' app listens.
const appPort = 8080

// scrapedPod returns one of the app's pods that are scraped, once it is ready.
func (a *App) scrapedPod(ctx context.Context) string {
	ginkgo.GinkgoHelper()
	over := func(pod corev1.Pod) bool { return pod.DeletionTimestamp != nil || pod.Status.Phase == corev1.PodFailed }
	serving := slices.DeleteFunc(a.scrapedPods(ctx), over)
	if len(serving) == 0 {
		ginkgo.Fail(a.name + " has no pod that is scraped")
	}
	pod := serving[0].Name
	a.env.Settle(ctx, a.Scene, a.applied, timeline.Condition{
		Text:  "pod " + pod + " is ready",
		Kinds: []timeline.Kind{timeline.Pod},
		Holds: func(s *timeline.State) bool {
			ready, ok := s.Get(timeline.Pod, pod, "ready")
			return ok && ready.Value == 1
		},
	})
	return pod
}

// scrapedPods are the app's pods that are scraped, whatever has become of them.
func (a *App) scrapedPods(ctx context.Context) []corev1.Pod {
	ginkgo.GinkgoHelper()
	var pods corev1.PodList
	err := a.env.client.Resources(a.namespace).List(ctx, &pods, resources.WithLabelSelector(stack.ScrapedLabel))
	if err != nil {
		ginkgo.Fail(fmt.Sprintf("find the pods of %s to send to: %v", a.name, err))
	}
	return pods.Items
}

// Edit makes a change to one of the app's objects, and returns when: an object is
// merged into it, and a list is one of a JSON patch's operations, which reach what
// is in lists.
func (a *App) Edit(ctx context.Context, kind, name, change string) time.Time {
	ginkgo.GinkgoHelper()
	for _, object := range a.objects {
		if object.GetKind() != kind || object.GetName() != name {
			continue
		}
		a.disturbRunning(ctx)
		if err := a.env.client.Resources(a.namespace).Patch(ctx, object.DeepCopy(), patchOf(change)); err != nil {
			ginkgo.Fail(fmt.Sprintf("edit %s %s: %v", kind, name, err))
		}
		return a.Act(name, "edited", change)
	}
	ginkgo.Fail(fmt.Sprintf("%s has no %s %s to edit", a.name, kind, name))
	return time.Time{}
}

func patchOf(change string) k8s.Patch {
	if strings.HasPrefix(change, "[") {
		return k8s.Patch{PatchType: types.JSONPatchType, Data: []byte(change)}
	}
	return k8s.Patch{PatchType: types.MergePatchType, Data: []byte(change)}
}

// disturbRunning lets the run's mutant break what the app lives on, once it runs.
func (a *App) disturbRunning(ctx context.Context) {
	ginkgo.GinkgoHelper()
	if !a.applied.IsZero() {
		a.disturb(ctx)
	}
}

// disturb lets the run's mutant break what the app lives on, if it waits for a
// change.
func (a *App) disturb(ctx context.Context) {
	ginkgo.GinkgoHelper()
	if a.env.mutant.BeforeChange == nil {
		return
	}
	if err := a.env.mutant.BeforeChange(ctx, a.env.rest, a.namespace); err != nil {
		ginkgo.Fail(fmt.Sprintf("mutant %s: %v", a.env.mutant.Name, err))
	}
	a.Act(a.env.mutant.Name, "broken by", "mutant")
}

// StartsFrom notes for the judge how many replicas the app has when the spec
// begins to act, and returns when that is.
func (a *App) StartsFrom(replicas int) time.Time { return a.Wants("replicas", float64(replicas)) }

// Wants notes for the judge a number that a condition compares with, and
// returns when.
func (a *App) Wants(field string, value float64) time.Time {
	return a.Timeline.Record(timeline.Moment{Kind: timeline.Act, Field: field, Value: value})
}

// Serves notes for the judge under which names the app's metrics must be found.
func (a *App) Serves(metrics ...string) {
	a.Act("metrics", "expected", strings.Join(metrics, ","))
}

// SampleUsage records the CPU and memory of all nodes and of the app's pods,
// and notes for the judge which nodes there are. Those that another spec had
// made for itself are not among them: they come and go with it.
func (a *App) SampleUsage(ctx context.Context) {
	ginkgo.GinkgoHelper()
	var nodes corev1.NodeList
	if err := a.env.client.Resources().List(ctx, &nodes); err != nil {
		ginkgo.Fail("list nodes: " + err.Error())
	}
	for _, node := range nodes.Items {
		if !slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == poolTaint }) {
			a.Act("node/"+node.Name, "node", "")
		}
	}
	a.recorder.Sample(samplePeriod, watch.NodeUsage(a.env.watched), watch.PodUsage(a.env.watched, a.namespace))
}

// Reconcile asks Flux to reconcile one of the app's objects now, and returns
// when it was asked and the token by which Flux says that it has.
func (a *App) Reconcile(ctx context.Context, kind, name string) (time.Time, string) {
	ginkgo.GinkgoHelper()
	token := strconv.FormatInt(time.Now().UnixNano(), 10)
	change := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, stack.ReconcileAnnotation, token)
	return a.Edit(ctx, kind, name, change), token
}
