package kind

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// alive is an engine on another, healthy host.
func alive(more ...fakedocker.Answer) []fakedocker.Answer {
	return append(more,
		fakedocker.Says("version *", "28.2.2"),
		fakedocker.Says("info *", `{"ServerVersion":"28.2.2","CgroupVersion":"2","DefaultRuntime":"runc"}`),
		fakedocker.Says("context inspect *", "tcp://127.0.0.1:2375"),
	)
}

// having are the answers to ps and inspect of an engine with the containers.
func having(t *testing.T, all ...container) []fakedocker.Answer {
	t.Helper()
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	data, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return []fakedocker.Answer{
		fakedocker.Says("ps --all --quiet --no-trunc", strings.Join(ids, "\n")),
		fakedocker.Says("container inspect *", string(data)),
	}
}

func node(id, name string, labels map[string]string, mounts ...string) container {
	c := container{ID: id, Name: "/" + name}
	c.State.Running = true
	c.Config.Labels = labels
	for _, mount := range mounts {
		c.Mounts = append(c.Mounts, struct{ Destination string }{mount})
	}
	return c
}

var (
	kindOnly   = map[string]string{kindLabel: "it"}
	labelled   = map[string]string{ClusterLabel: "it"}
	ours       = node("1", "it-control-plane", kindOnly, "/var", markPath)
	theirs     = node("2", "it-control-plane", kindOnly, "/var")
	stranger   = node("3", "it-worker2", nil)
	registry   = node("4", "scaleproof-it-registry", labelled)
	pretender  = node("5", "scaleproof-it-registry", map[string]string{ClusterLabel: "other"})
	karpenters = node("6", "general-purpose-x7k2", map[string]string{kindLabel: "it", ClusterLabel: "it"})
	elsewhere  = node("7", "it2-control-plane", map[string]string{kindLabel: "it2"}, markPath)
)

func TestClassify(t *testing.T) {
	for name, test := range map[string]struct {
		all                      []container
		nodes, foreign, registry string
	}{
		"nothing":                         {},
		"a whole cluster and another one": {all: []container{ours, registry, karpenters, elsewhere}, nodes: "1 6", registry: "4"},
		"a cluster of kind's own user":    {all: []container{theirs}, foreign: "2"},
		"a name that kind would use":      {all: []container{stranger}, foreign: "3"},
		"the registry's name is taken":    {all: []container{ours, pretender}, nodes: "1", foreign: "5"},
	} {
		t.Run(name, func(t *testing.T) {
			got := classify("it", test.all)
			registry := ""
			if got.registry != nil {
				registry = got.registry.ID
			}
			want := []string{test.nodes, test.foreign, test.registry}
			if diff := cmp.Diff(want, []string{idsOf(got.nodes), idsOf(got.foreign), registry}); diff != "" {
				t.Errorf("nodes, foreign, registry (-want +got):\n%s", diff)
			}
		})
	}
}

func idsOf(all []container) string {
	var ids []string
	for _, c := range all {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, " ")
}

func provider(t *testing.T, change func(*Options)) *Provider {
	t.Helper()
	store := t.TempDir()
	if err := os.WriteFile(filepath.Join(store, "index.json"), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	options := Options{NodeImage: "scaleproof/node:1", RegistryImage: "scaleproof/registry:1", Store: store, CacheDir: t.TempDir()}
	if change != nil {
		change(&options)
	}
	p, err := New(options)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestUpRefusesWhatItCannotUse(t *testing.T) {
	noImage := fakedocker.Fails("image inspect *", "Error: No such image: scaleproof/node:1")
	for name, test := range map[string]struct {
		cluster string
		change  func(*Options)
		answers []fakedocker.Answer
		says    []string
	}{
		"a name that is none":         {cluster: "It/s", says: []string{"lower-case letters"}},
		"a cluster of someone else's": {answers: having(t, theirs), says: []string{"it-control-plane", "left alone", "another cluster name"}},
		"a container with its name":   {answers: having(t, stranger), says: []string{"it-worker2", "left alone"}},
		"a registry that is not ours": {answers: having(t, pretender), says: []string{"scaleproof-it-registry", "left alone"}},
		"no node image was made":      {answers: append(having(t), noImage), says: []string{"scaleproof/node:1 is not in the engine", "run scaleproof images"}},
		"no node image is named": {
			change: func(o *Options) { o.NodeImage = "" }, answers: having(t), says: []string{"run scaleproof images"},
		},
		"a node image that cannot be pulled": {
			change: func(o *Options) { o.NodeImage = "kindest/node:v0" },
			answers: append(having(t), fakedocker.Fails("image inspect *", "Error: No such image"),
				fakedocker.Fails("pull *", "manifest for kindest/node:v0 not found")),
			says: []string{"kindest/node:v0 not found"},
		},
		"the engine fails": {answers: []fakedocker.Answer{fakedocker.Fails("ps *", "Error response from daemon: boom")}, says: []string{"boom"}},
	} {
		t.Run(name, func(t *testing.T) {
			docker := fakedocker.Install(t, "docker", alive(test.answers...)...)
			cluster := test.cluster
			if cluster == "" {
				cluster = "it"
			}
			_, err := provider(t, test.change).Up(t.Context(), cluster)
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range test.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
			for _, call := range docker.Calls(t) {
				if strings.HasPrefix(call, "rm ") || strings.HasPrefix(call, "run ") {
					t.Errorf("changed something: docker %s", call)
				}
			}
		})
	}
}

func TestUpAndDownKeepOutOfEachOthersWay(t *testing.T) {
	fakedocker.Install(t, "docker", alive(having(t)...)...)
	p := provider(t, nil)
	release, err := newHome(p.options.CacheDir, "it").claim()
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	// What there is is the other one's to take down.
	if made, err := p.Up(t.Context(), "it"); made != nil || !errors.Is(err, errBusy) {
		t.Errorf("Up: cluster %v, error %v", made, err)
	}
	found, err := p.Find(t.Context(), "it")
	if err != nil {
		t.Fatal(err)
	}
	if err := found.Down(t.Context()); !errors.Is(err, errBusy) {
		t.Errorf("Down: error %v", err)
	}
}

func TestReserve(t *testing.T) {
	p := provider(t, nil)
	release, err := p.Reserve("it")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Reserve("it"); !errors.Is(err, errUsed) {
		t.Errorf("reserved twice: %v", err)
	}
	other, err := p.Reserve("it2")
	if err != nil {
		t.Fatal(err)
	}
	defer other()
	if _, err := p.Reserve("../it"); err == nil {
		t.Error("a lock outside of the cache")
	}
	// Who uses a cluster makes and removes it, too.
	claimed, err := newHome(p.options.CacheDir, "it").claim()
	if err != nil {
		t.Fatal(err)
	}
	claimed()

	child := exec.Command("sleep", "600")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	})
	release()
	again, err := p.Reserve("it")
	if err != nil {
		t.Fatalf("a process that was started meanwhile still holds the cluster: %v", err)
	}
	again()
}
