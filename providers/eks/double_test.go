package eks

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
)

const name = "scaleproof-test"

// world is a double of AWS and a provider that uses it.
type world struct {
	*awsdouble.Running
	t       *testing.T
	api     *api
	options Options
	told    []string
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{Running: awsdouble.Start(t, awsdouble.Options{}), t: t}
	w.api = serveAPI(t, w.Running, name)
	config := w.Config()
	w.options = Options{
		Region: "eu-west-1", Accounts: []string{awsdouble.Someone().Account}, CacheDir: t.TempDir(), Command: "/bin/scaleproof",
		Pace: cloud.Pace{First: time.Millisecond, Most: 2 * time.Millisecond}, Config: &config, Run: "test",
		Log: func(format string, args ...any) { w.told = append(w.told, fmt.Sprintf(format, args...)) },
	}
	return w
}

// cluster is a new handle, as the next command has.
func (w *world) cluster() *cluster {
	w.t.Helper()
	p, err := New(w.options)
	if err != nil {
		w.t.Fatal(err)
	}
	c, err := p.open(name)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// up is an Up of which nothing is expected.
func (w *world) up(ctx context.Context) (*cluster, error) {
	w.t.Helper()
	c := w.cluster()
	return c, c.seal(c.up(ctx))
}

// mustUp is an Up that works.
func (w *world) mustUp() *cluster {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	c, err := w.up(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// mustDown is a Down by the next command, after which nothing is left.
func (w *world) mustDown() {
	w.t.Helper()
	if err := w.cluster().Down(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.empty()
}

// empty fails the test if anything is left.
func (w *world) empty() {
	w.t.Helper()
	if diff := cmp.Diff([]double.Leftover{}, w.Left()); diff != "" {
		w.t.Fatalf("left (-want +got):\n%s\n%s", diff, strings.Join(w.told, "\n"))
	}
}

// calls are what was asked since the last Forget, without what refused them.
func (w *world) calls() int { return len(w.Log()) }

// notes is the ledger as it is now.
func (w *world) notes() *ledger.Ledger {
	w.t.Helper()
	notes, err := ledger.Open(w.options.home(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := notes.Close(); err != nil {
		w.t.Fatal(err)
	}
	return notes
}
