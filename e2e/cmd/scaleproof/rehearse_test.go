package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/rehearsal"
	"github.com/scaleproof/scaleproof/reports"
)

// wellRehearsed is a rehearsal of which nothing is bad.
func wellRehearsed() rehearsed {
	return rehearsed{
		began: time.Now(), calls: map[string]int{"eks:CreateCluster": 30, "ec2:DescribeInstances": 50, "sts:GetCallerIdentity": 25}, searched: 9, watched: 2,
		run: &reports.Run{
			Phases: []reports.Phase{{Name: "cluster", Seconds: 61}},
			Cloud:  providers.CloudRequests{Own: 23, Polls: 20, ByOperation: map[string]int{"sts:GetCallerIdentity": 1}},
		},
	}
}

func TestRehearsedVerdict(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*rehearsed)
		want   error
		says   string
	}{
		"all is well":                      {says: "passed"},
		"a promise was broken":             {change: func(r *rehearsed) { r.code = 1 }, want: outcomeError(reports.Broken), says: "exit code 1"},
		"the command could not judge":      {change: func(r *rehearsed) { r.code = 2 }, want: outcomeError(reports.Incomplete), says: "exit code 2"},
		"something is left":                {change: func(r *rehearsed) { r.left = []string{"vpc vpc-1"} }, want: outcomeError(reports.Broken), says: "left: vpc vpc-1"},
		"something was told":               {change: func(r *rehearsed) { r.told = []string{"run.json:1 tells a secret"} }, want: outcomeError(reports.Broken), says: "told: run.json:1"},
		"the double lacks something":       {change: func(r *rehearsed) { r.unserved = []string{"eks:CreateAddon"} }, want: outcomeError(reports.Broken), says: "does not serve eks:CreateAddon"},
		"there was no end":                 {change: func(r *rehearsed) { r.failed = []string{"boom"} }, want: outcomeError(reports.Broken), says: "FAILED    boom"},
		"no report was written":            {change: func(r *rehearsed) { r.run = nil }, want: outcomeError(reports.Broken), says: "there is no report"},
		"nobody looked while it ran":       {change: func(r *rehearsed) { r.watched = 0 }, want: outcomeError(reports.Broken), says: "nobody saw the ledger"},
		"too many requests":                {change: func(r *rehearsed) { r.run.Cloud.Own, r.calls["iam:CreateRole"] = 121, 98 }, want: outcomeError(reports.Broken), says: "121 requests were made, and 120"},
		"requests that nobody counted":     {change: func(r *rehearsed) { r.calls["iam:CreateRole"] = 13 }, want: outcomeError(reports.Broken), says: "counted 42 requests, and the double 93, of which 50"},
		"requests that nobody made":        {change: func(r *rehearsed) { r.run.Cloud.Polls = 59 }, want: outcomeError(reports.Broken), says: "counted 81 requests, and the double 80"},
		"tokens that nobody looked at":     {change: func(r *rehearsed) { r.calls["sts:GetCallerIdentity"] = 2 }, want: outcomeError(reports.Broken), says: "asked nobody"},
		"worse than what the command says": {change: func(r *rehearsed) { r.code, r.left = 2, []string{"vpc vpc-1"} }, want: outcomeError(reports.Incomplete), says: "left: vpc vpc-1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := wellRehearsed()
			if test.change != nil {
				test.change(&r)
			}
			if got := r.verdict(); !errors.Is(got, test.want) {
				t.Errorf("the verdict is %v, want %v", got, test.want)
			}
			if text := r.summary(); !strings.Contains(text, test.says) || strings.Contains(text, "failed") != (test.want != nil) {
				t.Errorf("the summary does not say %q:\n%s", test.says, text)
			}
		})
	}
}

// TestSpeak runs commands in the place of ours.
func TestSpeak(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		code   int
		fails  bool
	}{
		"that is content":  {script: "echo out; echo err >&2"},
		"that is not":      {script: "echo out; echo err >&2; exit 1", code: 1},
		"that is killed":   {script: "echo out; echo err >&2; kill -9 $$", fails: true},
		"that was stopped": {script: "sleep 60 & trap 'echo err >&2; kill $!; exit 2' INT; echo out; wait", code: 2},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			var stdout, stderr bytes.Buffer
			dir, c := t.TempDir(), &console{stdout: &stdout, stderr: &stderr}
			if strings.Contains(test.script, "trap") {
				c.stdout = writerFunc(func(text []byte) (int, error) {
					cancel(errInterrupted)
					return stdout.Write(text)
				})
			}
			code, err := c.runShown(ctx, exec.CommandContext(t.Context(), "sh", "-c", test.script), dir)
			if code != test.code || (err != nil) != test.fails {
				t.Errorf("exit code %d, %v", code, err)
			}
			for name, shown := range map[string]string{"stdout": stdout.String(), "stderr": stderr.String()} {
				kept, err := os.ReadFile(filepath.Join(dir, name))
				want := strings.TrimPrefix(name, "std") + "\n"
				if err != nil || string(kept) != want || shown != want {
					t.Errorf("%s is %q, of which %q was kept, %v", name, shown, kept, err)
				}
			}
		})
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(text []byte) (int, error) { return f(text) }

func TestWithoutSettings(t *testing.T) {
	got := withoutSettings([]string{"PATH=/bin", "KEEP=1", "MUTANT=all", "KUBECONFIG=/x", "ALLOW_ACCOUNT=1", "GITHUB_TOKEN=x", "GIT_TOKEN=x", "KEEPER=1"})
	if diff := cmp.Diff([]string{"PATH=/bin", "KEEPER=1"}, got); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

// TestReadReport wants the command's own report, and searches it.
func TestReadReport(t *testing.T) {
	out, said := t.TempDir(), t.TempDir()
	search := rehearsal.NewSearch(map[string]string{"a word": "xyzzy"})
	var r rehearsed
	if err := r.read(search, out, said, time.Now()); err == nil {
		t.Error("there was no report, and it was read")
	}
	began := time.Now()
	id, dir, err := reports.Create(out, began)
	if err != nil {
		t.Fatal(err)
	}
	run := &reports.Run{ID: id, Started: began, Phases: []reports.Phase{{Name: "cluster", Error: "xyzzy"}}, Results: []reports.Result{}}
	if err := errors.Join(run.Save(dir), reports.Point(out, id), os.WriteFile(filepath.Join(said, "stderr"), []byte("xyzzy"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := r.read(search, out, said, began.Add(-time.Second)); err != nil || r.run.ID != id || r.searched < 2 || len(r.told) < 2 {
		t.Errorf("%+v, %v", r, err)
	}
	if err := r.read(search, out, said, began.Add(time.Minute)); err == nil {
		t.Error("an old report was read")
	}
}

// TestAutoMode is what is on the cluster before anything is installed.
func TestAutoMode(t *testing.T) {
	root, err := (&console{}).source()
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := images.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := autoMode(t.Context(), catalogue)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, object := range objects {
		seen[object.GetKind()+" "+object.GetName()] = true
		if object.GetKind() == "NodePool" {
			requirements, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "requirements")
			if last := fmt.Sprint(requirements[len(requirements)-1]); !strings.Contains(last, runtime.GOARCH) {
				t.Errorf("NodePool %s launches %s", object.GetName(), last)
			}
		}
	}
	for _, name := range []string{"NodePool general-purpose", "NodePool system", "Deployment karpenter", "KindNodeClass default", "CustomResourceDefinition nodepools.karpenter.sh"} {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
	if seen["PodMonitor karpenter"] {
		t.Error("there is a PodMonitor, which nobody defines yet")
	}
}

// TestEndedProcessIsGone is one whose parent has not asked how it ended.
func TestEndedProcessIsGone(t *testing.T) {
	if _, known := statOf(os.Getpid()); !known {
		t.Skip("this system has no /proc")
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", "read line")
	stdin, err := command.StdinPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, alive := statOf(command.Process.Pid); !alive {
		t.Error("a process that waits is no more")
	}
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for alive := true; alive; {
		select {
		case <-ticker.C:
			_, alive = statOf(command.Process.Pid)
		case <-t.Context().Done():
			t.Fatal("it is there for good")
		}
	}
	_ = command.Wait() // only now
}

// TestRehearsalTakesItsOwnName when it looks whether that is free.
func TestRehearsalTakesItsOwnName(t *testing.T) {
	t.Setenv("SCALEPROOF_CACHE", t.TempDir())
	w, looked := (&fake{}).world(), ""
	w.prepare = func(_ context.Context, s settings, _ log) error { looked = s.cluster; return errTest }
	if got := do(t, t.Context(), w, "rehearse"); got.code != 2 || looked != "scaleproof-rehearsal" {
		t.Errorf("exit code %d, and looked for %q: %s", got.code, looked, got.stderr)
	}
}
