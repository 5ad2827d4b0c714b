// Package providerstest is the contract that every provider passes, as a test
// that its package runs on real clusters.
package providerstest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/scaleproof/scaleproof/providers"
)

// Options tell what Run cannot know of a provider.
type Options struct {
	// Cluster is the name to use. Nobody else may use it meanwhile.
	Cluster string
	// Permanent is for a provider whose Down removes nothing.
	Permanent bool
	// KillUp starts an Up in a process of its own and kills it half way, as
	// kill -9 would. If nil, that part is skipped.
	KillUp func(t *testing.T)
	// Break stops the API server without removing anything. If nil, that part is
	// skipped.
	Break func(t *testing.T)
	// Leftovers lists what is left of the cluster on the machine, for the error
	// that says it should not be. If nil, only Find and Config are asked.
	Leftovers func(t *testing.T) []string
}

// Run brings a cluster up, breaks it and takes it down, and fails t where the
// provider does not keep the contract of package providers. A permanent
// provider's cluster is left as it was.
func Run(t *testing.T, p providers.Provider, options Options) {
	steps := []struct {
		name string
		run  func(*testing.T, providers.Provider, Options)
	}{
		{"an Up that is cancelled before it starts is an error", upCancelled},
		{"a second Up is the same cluster", upTwice},
		{"traits are complete", traitsComplete},
		{"a caller cannot change the cluster's config", configCopied},
		{"Collect writes objects and logs, and no secret", collect},
		{"Collect on a dead cluster writes what it can", collectDead},
		{"an Up after a killed Up is a whole cluster", upAfterKill},
		{"a second Down is no error", downTwice},
	}
	for _, step := range steps {
		if !t.Run(step.name, func(t *testing.T) { step.run(t, p, options) }) {
			return // the next step would fail of the same cause
		}
	}
}

func upCancelled(t *testing.T, p providers.Provider, options Options) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Up(ctx, options.Cluster); err == nil {
		t.Error("no error")
	}
}

func upTwice(t *testing.T, p providers.Provider, options Options) {
	first, second := identity(t, up(t, p, options)), identity(t, up(t, p, options))
	if first != second {
		t.Errorf("the first Up's cluster is %s, the second's is %s", first, second)
	}
}

func traitsComplete(t *testing.T, p providers.Provider, options Options) {
	traits := up(t, p, options).Traits()
	if traits.HPASync <= 0 || traits.PodStart <= 0 || len(traits.Architectures) == 0 {
		t.Errorf("a cost or an ability is missing: %+v", traits)
	}
}

func configCopied(t *testing.T, p providers.Provider, options Options) {
	cluster := up(t, p, options)
	cluster.Config().Host = "changed"
	if cluster.Config().Host == "changed" {
		t.Error("Config returns the config itself and no copy")
	}
}

func collect(t *testing.T, p providers.Provider, options Options) {
	const secret = "only-a-secret-has-this-text"
	cluster, dir := up(t, p, options), t.TempDir()
	client := clientOf(t, cluster)
	made, err := client.CoreV1().Secrets("default").Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "providerstest-"},
		StringData: map[string]string{"key": secret},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.CoreV1().Secrets("default").Delete(context.WithoutCancel(t.Context()), made.Name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	if err := cluster.Collect(t.Context(), dir); err != nil {
		t.Error(err)
	}
	files := read(t, dir)
	for _, name := range []string{"objects/nodes.yaml", "objects/pods.yaml", "objects/events.yaml"} {
		if files[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	logs := false
	for name, content := range files {
		logs = logs || strings.HasPrefix(name, "logs/")
		if strings.Contains(content, secret) || strings.Contains(content, "b25seS1hLXNlY3JldC1oYXMtdGhpcy10ZXh0") {
			t.Errorf("%s has the secret", name)
		}
	}
	if !logs {
		t.Error("no logs")
	}
}

func collectDead(t *testing.T, p providers.Provider, options Options) {
	if options.Break == nil {
		t.Skip("nothing breaks this provider's cluster")
	}
	cluster, dir := up(t, p, options), t.TempDir()
	options.Break(t)
	if err := cluster.Collect(t.Context(), dir); err == nil {
		t.Error("no error, though the API server is dead")
	}
	if len(read(t, dir)) == 0 {
		t.Error("nothing was written")
	}
	identity(t, up(t, p, options))
}

func upAfterKill(t *testing.T, p providers.Provider, options Options) {
	if options.KillUp == nil {
		t.Skip("this provider makes nothing that could be half-made")
	}
	down(t, up(t, p, options))
	options.KillUp(t)
	identity(t, up(t, p, options))
	down(t, up(t, p, options))
	options.KillUp(t)
	finder, ok := p.(providers.Finder)
	if !ok {
		t.Fatal("a provider that makes clusters has to be a Finder, or nobody takes down what a killed Up left")
	}
	found, err := finder.Find(t.Context(), options.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	down(t, found)
	noLeftovers(t, options)
}

func downTwice(t *testing.T, p providers.Provider, options Options) {
	cluster := up(t, p, options)
	down(t, cluster)
	down(t, cluster)
	if options.Permanent {
		identity(t, cluster)
		return
	}
	if _, err := clientOf(t, cluster).Discovery().ServerVersion(); err == nil {
		t.Error("the API server still answers")
	}
	noLeftovers(t, options)
}

func noLeftovers(t *testing.T, options Options) {
	t.Helper()
	if options.Leftovers == nil {
		return
	}
	if left := options.Leftovers(t); len(left) > 0 {
		t.Errorf("left after Down: %q", left)
	}
}

func up(t *testing.T, p providers.Provider, options Options) providers.Cluster {
	t.Helper()
	cluster, err := p.Up(t.Context(), options.Cluster)
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}

func down(t *testing.T, cluster providers.Cluster) {
	t.Helper()
	if err := cluster.Down(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func clientOf(t *testing.T, cluster providers.Cluster) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(cluster.Config())
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// identity is what no other cluster has: the UID of a namespace that lasts.
func identity(t *testing.T, cluster providers.Cluster) string {
	t.Helper()
	namespace, err := clientOf(t, cluster).CoreV1().Namespaces().Get(t.Context(), "kube-system", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return string(namespace.UID)
}

// read returns the content of every file below dir, by its path with slashes.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
