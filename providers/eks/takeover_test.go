package eks

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// TestUpAfterACutOffDown is a Down that was ended when the cluster was empty: Up
// takes nothing of it over, and gives the new cluster all of its time.
func TestUpAfterACutOffDown(t *testing.T) {
	w := start(t)
	w.mustUp()
	allow := w.Inject(awsdouble.Fault{Kind: awsdouble.Denied, Operation: "DeleteCluster"})
	if err := w.cluster().Down(t.Context()); err == nil {
		t.Fatal("no error")
	}
	allow()
	old := w.first(double.Stack)
	w.expire()
	w.mustUp()
	if w.first(double.Stack) == old {
		t.Error("Up went on with what was being removed")
	}
	if left := time.Until(w.notes().Head().Expires); left < time.Hour {
		t.Errorf("it expires in %v", left)
	}
	w.mustDown()
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

// TestLostTag is a cluster of ours that somebody took our tag off: what it stands
// on is not pulled away from under it.
func TestLostTag(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.untag(double.Cluster, ClusterTag)
	before := w.Left()
	err := w.cluster().Down(t.Context())
	if err == nil || !strings.Contains(err.Error(), "stands on this stack without the tag "+ClusterTag+"="+name) {
		t.Errorf("Down says %v", err)
	}
	if diff := cmp.Diff(before, w.Left()); diff != "" {
		t.Errorf("Down changed something:\n%s", diff)
	}
	id := w.first(double.Cluster)
	w.Touch(func(c *double.Cloud) { c.Has(id).Tags[ClusterTag] = name })
	w.mustDown()
}

// TestForeignStack is a name that someone else has, of a stack: it stays, with
// all that is in it.
func TestForeignStack(t *testing.T) {
	w := start(t)
	w.mustUp()
	w.untag(double.Stack, ClusterTag)
	before := w.Left()
	_ = w.cluster().Down(t.Context()) // it may be about what it cannot remove
	after := map[string]bool{}
	for _, left := range w.Left() {
		after[left.ID] = true
	}
	inStack := []double.Kind{double.Stack, double.Role, double.VPC, double.Subnet, double.InternetGateway, double.RouteTable}
	for _, thing := range before {
		if slices.Contains(inStack, thing.Kind) && !after[thing.ID] {
			t.Errorf("%v was removed", thing)
		}
	}
}

// TestOnlyTheTagOfEKS is what someone's cluster of such a name has left.
func TestOnlyTheTagOfEKS(t *testing.T) {
	w := start(t)
	w.Touch(func(c *double.Cloud) {
		c.Add(&double.Resource{
			Kind: double.Volume, Scope: double.Scope{Account: awsdouble.Someone().Account, Region: w.options.Region},
			Tags: map[string]string{double.ClusterTag: name},
		})
	})
	before := w.Left()
	if err := w.cluster().Down(t.Context()); err != nil {
		t.Error(err)
	}
	found, err := w.sweeper().Sweep(t.Context(), SweepOptions{OlderThan: time.Hour, Now: time.Now().Add(4 * time.Hour), Delete: true})
	if err != nil || len(found) != 1 || !strings.Contains(found[0].Spared, "only EKS' own tag") {
		t.Errorf("%+v, %v", found, err)
	}
	if diff := cmp.Diff(before, w.Left()); diff != "" {
		t.Errorf("someone else's data was touched:\n%s", diff)
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
