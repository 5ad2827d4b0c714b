package kind

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// removable answers as an engine on which rm empties the list of containers.
func removable(t *testing.T, left []container, all ...container) []fakedocker.Answer {
	t.Helper()
	before, after := having(t, all...), having(t, left...)
	answers := []fakedocker.Answer{{Match: "rm *", Script: "touch $STATE/removed"}}
	for i := range before {
		answers = append(answers, fakedocker.Answer{
			Match:  before[i].Match,
			Script: "if test -e $STATE/removed; then " + after[i].Script + "; else " + before[i].Script + "; fi",
		})
	}
	return answers
}

func TestDown(t *testing.T) {
	network := []fakedocker.Answer{
		fakedocker.Says("network ls *", "n1"), fakedocker.Says("ps --all --quiet --filter *", ""), fakedocker.Says("network rm kind", "kind"),
	}
	for name, test := range map[string]struct {
		answers []fakedocker.Answer
		calls   []string
		says    string
	}{
		"nothing is there":  {answers: append(having(t), network...), calls: []string{"network rm kind"}},
		"a whole cluster":   {answers: append(removable(t, nil, ours, registry, karpenters), network...), calls: []string{"rm --force --volumes 1 6 4", "network rm kind"}},
		"only someone's":    {answers: append(having(t, theirs), network...), calls: []string{"network rm kind"}, says: "left alone"},
		"ours and a taken":  {answers: append(removable(t, []container{pretender}, ours, pretender), network...), calls: []string{"rm --force --volumes 1", "network rm kind"}, says: "scaleproof-it-registry"},
		"network is theirs": {answers: append(having(t), fakedocker.Says("network ls *", ""))},
		"network is in use": {answers: append(having(t), fakedocker.Says("network ls *", "n1"), fakedocker.Says("ps --all --quiet --filter *", "9"))},
		"an engine of the user's own is down": {
			answers: []fakedocker.Answer{fakedocker.Fails("version *", "Cannot connect to the Docker daemon"), fakedocker.Says("context inspect *", "tcp://10.0.0.9:2375")},
			says:    "start it, or unset that",
		},
	} {
		t.Run(name, func(t *testing.T) {
			docker := fakedocker.Install(t, "docker", alive(test.answers...)...)
			p := provider(t, nil)
			found, err := p.Find(t.Context(), "it")
			if err != nil {
				t.Fatal(err)
			}
			err = found.Down(t.Context())
			if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one that says %q", err, test.says)
			}
			changes := slices.DeleteFunc(docker.Calls(t), func(call string) bool {
				return !strings.HasPrefix(call, "rm ") && !strings.HasPrefix(call, "network rm")
			})
			if diff := cmp.Diff(test.calls, changes); diff != "" && len(test.calls)+len(changes) > 0 {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

// Before an engine was installed nothing can be in one; what a cluster was asked
// for is not forgotten only because the engine is gone.
func TestDownWithoutDocker(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	p := provider(t, nil)
	h := newHome(p.options.CacheDir, "it")
	found, err := p.Find(t.Context(), "it")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(h.node(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := found.Down(t.Context()); err != nil || exists(h.dir) {
		t.Errorf("nothing was asked of an engine: error %v, %s is there: %v", err, h.dir, exists(h.dir))
	}
	if err := h.writeState(state{Containers: []string{"it-control-plane"}}); err != nil {
		t.Fatal(err)
	}
	if err := found.Down(t.Context()); err == nil || !strings.Contains(err.Error(), "install") || !exists(h.state()) {
		t.Errorf("a container was asked for: error %v", err)
	}
}

// The engine goes on creating what a killed command asked for: Down waits for
// it by the name, which is held.
func TestDownWaitsForAContainerThatIsBeingCreated(t *testing.T) {
	answers := append([]fakedocker.Answer{
		// Its creation is seen through at the third try for its name.
		{Match: "create --pull never --name it-control-plane *", Script: `echo x >> $STATE/tries
if test $(wc -l < $STATE/tries) = 3; then touch $STATE/there; fi
if test $(wc -l < $STATE/tries) -le 3; then echo 'Conflict. The container name "/it-control-plane" is already in use by container "1".' >&2; exit 1; fi
echo 99`},
		{Match: "create --pull never --name scaleproof-it-registry *", Script: "echo 98"},
		{Match: "rm --force --volumes 1", Script: "rm $STATE/there"},
		fakedocker.Says("rm *", ""),
		fakedocker.Says("network ls *", ""),
	}, appearing(t, ours)...)
	docker := fakedocker.Install(t, "docker", alive(answers...)...)
	p := provider(t, nil)
	h := newHome(p.options.CacheDir, "it")
	if err := h.writeState(state{Containers: containerNames("it", p.options), Image: "scaleproof/node:1"}); err != nil {
		t.Fatal(err)
	}
	found, err := p.Find(t.Context(), "it")
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	removed := slices.DeleteFunc(docker.Calls(t), func(call string) bool { return !strings.HasPrefix(call, "rm ") })
	want := []string{"rm --force --volumes 1", "rm --force --volumes 99", "rm --force --volumes 98"}
	if diff := cmp.Diff(want, removed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Karpenter may have asked for a node just before it went, whose name nobody can
// know beforehand.
func TestDownWaitsForANodeThatKarpenterHasAskedFor(t *testing.T) {
	cluster, late, nothing := having(t, ours), having(t, karpenters), having(t)
	answers := []fakedocker.Answer{
		{Match: "rm --force --volumes 1", Script: "touch $STATE/removed; (sleep 0.4; touch $STATE/made) >/dev/null 2>&1 &"},
		{Match: "rm --force --volumes 6", Script: "touch $STATE/gone"},
		fakedocker.Says("network ls *", ""),
	}
	for i := range cluster {
		answers = append(answers, fakedocker.Answer{Match: cluster[i].Match, Script: "if test ! -e $STATE/removed; then " + cluster[i].Script +
			"; elif test -e $STATE/made -a ! -e $STATE/gone; then " + late[i].Script + "; else " + nothing[i].Script + "; fi"})
	}
	docker := fakedocker.Install(t, "docker", alive(answers...)...)
	found, err := provider(t, nil).Find(t.Context(), "it")
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
	removed := slices.DeleteFunc(docker.Calls(t), func(call string) bool { return !strings.HasPrefix(call, "rm ") })
	if diff := cmp.Diff([]string{"rm --force --volumes 1", "rm --force --volumes 6"}, removed); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One whose removal is stuck in the engine is asked for again and again, but not
// without a pause, and named when the time is up.
func TestDownOfAContainerThatDoesNotGo(t *testing.T) {
	docker := fakedocker.Install(t, "docker", alive(append(having(t, ours, registry),
		fakedocker.Fails("rm *", "removal of container 1 is already in progress"))...)...)
	found, err := provider(t, nil).Find(t.Context(), "it")
	if err != nil {
		t.Fatal(err)
	}
	const limit = time.Second
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	if err := found.Down(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "it-control-plane, scaleproof-it-registry") {
		t.Errorf("error %v", err)
	}
	asked := slices.DeleteFunc(docker.Calls(t), func(call string) bool { return !strings.HasPrefix(call, "rm ") })
	if most := int(limit/removePause) + 1; len(asked) > most {
		t.Errorf("asked %d times within %v, want at most %d", len(asked), limit, most)
	}
}

// appearing answers as an engine that has the containers while $STATE/there is.
func appearing(t *testing.T, all ...container) []fakedocker.Answer {
	t.Helper()
	with, without := having(t, all...), having(t)
	var answers []fakedocker.Answer
	for i := range with {
		answers = append(answers, fakedocker.Answer{
			Match:  with[i].Match,
			Script: "if test -e $STATE/there; then " + with[i].Script + "; else " + without[i].Script + "; fi",
		})
	}
	return answers
}

func TestContainerNamesAreThoseOfKind(t *testing.T) {
	want := []string{"it-control-plane", "it-worker", "it-worker2", "scaleproof-it-registry"}
	got := containerNames("it", Options{Nodes: 3, RegistryImage: "r"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, name := range got[:3] {
		if !nodeNames("it").MatchString(name) {
			t.Errorf("%s is not among the names that are reserved", name)
		}
	}
}
