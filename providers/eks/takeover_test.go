package eks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// made counts the calls that made something.
func (w *world) made() int {
	n := 0
	for _, call := range w.Log() {
		if strings.HasPrefix(call.Operation, "Create") {
			n++
		}
	}
	return n
}

func TestUpTakesOver(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.Forget()
	w.mustUp()
	if n := w.made(); n != 1 { // the OIDC provider, which may have been missing
		t.Errorf("a second Up made %d things", n)
	}
	w.mustDown()
}

// TestUpGoesOn is an Up after one that failed at each point.
func TestUpGoesOn(t *testing.T) {
	for what, turn := range map[string]func(*double.Knobs){
		"the stack rolled back": func(k *double.Knobs) { k.StackFails = map[string]string{"Subnet2": "no addresses"} },
		"the cluster failed":    func(k *double.Knobs) { k.CreateIssues = []double.Issue{{Code: "InternalFailure", Message: "sorry"}} },
		"a stack half made":     func(k *double.Knobs) { k.StuckStack = true },
		"a cluster half made":   func(k *double.Knobs) { k.StuckCreating = true },
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.Turn(turn)
			if _, err := w.up(t.Context()); err == nil {
				t.Fatal("no error")
			}
			w.Turn(func(k *double.Knobs) { *k = double.Default() })
			w.mustUp()
			w.mustDown()
		})
	}
}

// TestDownWithoutLedger is a machine that lost its cache.
func TestDownWithoutLedger(t *testing.T) {
	w := start(t)
	w.Turn(func(k *double.Knobs) { k.LeakedInterfaces, k.LeakedVolumes = 2, 2 })
	w.mustUp()
	w.options.CacheDir = t.TempDir()
	w.mustDown()
}

// TestDownByTheLedger is a command that knows nothing but the name.
func TestDownByTheLedger(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.options.Region = ""
	w.mustDown()
	if files, err := filepath.Glob(filepath.Join(w.options.home(), "*")); err != nil || len(files) != 1 || !strings.HasSuffix(files[0], ".lock") {
		t.Errorf("kept on this machine: %v, %v", files, err)
	}
}

func TestDownOfADeadCluster(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.api.kill(func() bool { return true })
	w.mustDown()
	if !slices.ContainsFunc(w.told, func(text string) bool { return strings.Contains(text, "API does not answer") }) {
		t.Errorf("nobody is told that the cluster was not emptied: %q", w.told)
	}
}

// TestForeign is a name that someone else has, of a cluster or of a stack: both
// stay untouched, and so does what Auto Mode made for the cluster.
func TestForeign(t *testing.T) {
	for _, kind := range []double.Kind{double.Cluster, double.Stack} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			w := start(t)
			w.mustUp()
			w.untag(kind, ClusterTag)
			before := len(w.Left())
			if _, err := w.up(t.Context()); err == nil || !strings.Contains(err.Error(), "taken") {
				t.Errorf("Up says %v", err)
			}
			_ = w.cluster().Down(t.Context()) // it may be about what it cannot remove
			if kind == double.Cluster && !exists(w.Running, double.Instance) || !exists(w.Running, kind) {
				t.Errorf("of %d things %v are left", before, w.Left())
			}
		})
	}
}

func TestOtherAccountAndRegion(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.options.Region = "us-east-1"
	if _, err := w.up(t.Context()); err == nil || !strings.Contains(err.Error(), "it is in eu-west-1") {
		t.Errorf("in another region Up says %v", err)
	}
	w.options.Region = "eu-west-1"
	stranger := awsdouble.Principal{Account: "999988887777", User: "x", Key: "AKIAOTHEREXAMPLE0000", Secret: "s"}
	other := awsdouble.Start(t, awsdouble.Options{Principals: []awsdouble.Principal{stranger}})
	config, here := other.Config(), w.options.Config
	w.options.Config, w.options.Accounts = &config, []string{stranger.Account}
	err := w.cluster().Down(t.Context())
	if err == nil || !strings.Contains(err.Error(), "another account") {
		t.Errorf("in another account Down says %v", err)
	}
	w.options.Accounts = []string{"000000000000"}
	if err := w.cluster().Down(t.Context()); err == nil || !strings.Contains(err.Error(), "not allowed") {
		t.Errorf("in an account that is not allowed Down says %v", err)
	}
	w.options.Config, w.options.Accounts = here, []string{awsdouble.Someone().Account}
	w.mustDown()
}

// TestNothingPrivateIsKept reads all that is written on this machine.
func TestNothingPrivateIsKept(t *testing.T) {
	w := start(t)
	c := w.mustUp()
	dir := t.TempDir()
	if err := c.Collect(t.Context(), dir); err != nil {
		t.Error(err)
	}
	texts := append([]string{}, w.told...)
	for _, root := range []string{w.options.CacheDir, dir} {
		err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			texts = append(texts, path+": "+string(text))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(texts) < 8 {
		t.Fatalf("only %d texts were written", len(texts))
	}
	someone := awsdouble.Someone()
	for _, text := range texts {
		for _, private := range []string{someone.Account, someone.Key, someone.Secret, "k8s-aws-v1."} {
			if strings.Contains(text, private) {
				t.Errorf("%q is in %.300s", private, text)
			}
		}
	}
	w.mustDown()
}
