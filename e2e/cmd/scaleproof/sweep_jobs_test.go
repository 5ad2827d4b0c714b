package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/scaleproof/scaleproof/providers/eks"
)

// workflow is as much of a workflow of GitHub's as says when its jobs run, for how long,
// and what they tell.
type workflow struct {
	Jobs map[string]job
}

type job struct {
	If      string
	Timeout minutes `json:"timeout-minutes"`
	Env     map[string]string
	Steps   []step
}

type step struct {
	Name, Uses, Run, If string
	Timeout             minutes `json:"timeout-minutes"`
	With                struct {
		Session int    `json:"role-duration-seconds"`
		Role    string `json:"role-to-assume"`
	}
}

type minutes int

func (m minutes) span() time.Duration { return time.Duration(m) * time.Minute }

// session is for how long the step assumes the role; zero if it does not.
func (s step) session() time.Duration { return time.Duration(s.With.Session) * time.Second }

// jobOf reads a job of the workflow that runs at AWS.
func jobOf(t *testing.T, name string) job {
	t.Helper()
	text, err := os.ReadFile("../../../.github/workflows/e2e.yml")
	if err != nil {
		t.Fatal(err)
	}
	var all workflow
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all.Jobs[name]
}

// find returns the first step that runs the command, and where it is.
func (j job) find(t *testing.T, command string) (int, step) {
	t.Helper()
	for i, s := range j.Steps {
		if strings.Contains(s.Run, command) {
			return i, s
		}
	}
	t.Fatalf("no step runs %s", command)
	return 0, step{}
}

// lasts fails the test if a step may take less than it has to do, if the role is
// assumed for less, or if the job ends before its steps must have.
func (j job) lasts(t *testing.T, command string, work time.Duration) {
	t.Helper()
	at, found := j.find(t, command)
	if found.Timeout.span() < work {
		t.Errorf("%q may take %v, and needs %v", found.Name, found.Timeout.span(), work)
	}
	var session, all time.Duration
	for i, s := range j.Steps {
		if s.session() > 0 && i < at {
			session = s.session()
		}
		all += s.Timeout.span()
	}
	if session < found.Timeout.span() {
		t.Errorf("%q may take %v, and the role is assumed for %v", found.Name, found.Timeout.span(), session)
	}
	if all >= j.Timeout.span() {
		t.Errorf("the job ends after %v, and its steps may take %v", j.Timeout.span(), all)
	}
}

// building is what a runner needs to compile the command, at most.
const building = 10 * time.Minute

// TestJobsHaveTheirTime compares what the workflow's jobs give their commands with
// what these may take: what is cut off, or has no role any more, removes nothing.
func TestJobsHaveTheirTime(t *testing.T) {
	t.Setenv("SCALEPROOF_CACHE", t.TempDir())
	provider, err := newEKS(settings{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := provider.Find(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	down := removal(cluster) + recallLimit
	proof, sweep := jobOf(t, "eks"), jobOf(t, "sweep")
	ceiling, err := time.ParseDuration(proof.Env["CEILING"])
	if err != nil {
		t.Fatal(err)
	}
	proof.lasts(t, "make e2e-eks", building+ceiling+collectLimit+down+leftLimit)
	proof.lasts(t, "scaleproof down", down)
	sweep.lasts(t, "scaleproof sweep", building+eks.SweepLimit)
}

// TestJobsRemoveLast is a job that was cancelled: in the five minutes that it has left
// it reports first. What it removes then, it removes by a role that it has just assumed.
func TestJobsRemoveLast(t *testing.T) {
	proof := jobOf(t, "eks")
	last, removes := proof.find(t, "scaleproof down")
	if last != len(proof.Steps)-1 || last < 2 {
		t.Fatalf("%q is step %d of %d", removes.Name, last+1, len(proof.Steps))
	}
	report, assumes := proof.Steps[last-2], proof.Steps[last-1]
	if assumes.session() == 0 || !strings.HasSuffix(report.Uses, "/report") {
		t.Errorf("before it come %q and %q", report.Name, assumes.Name)
	}
	for _, s := range []step{report, assumes, removes} {
		if s.If != "always()" {
			t.Errorf("%q is left out where the proof was cut off", s.Name)
		}
	}
}

// TestJobsTellNoAccount is about the public log, in which GitHub prints what a step is
// given. It hides secrets there, and no variables.
func TestJobsTellNoAccount(t *testing.T) {
	for _, name := range []string{"eks", "sweep"} {
		j := jobOf(t, name)
		given := []string{j.Env["ALLOW_ACCOUNT"]}
		if image, has := j.Env["APP_IMAGE"]; has {
			given = append(given, image)
		}
		for _, s := range j.Steps {
			if s.session() > 0 {
				given = append(given, s.With.Role)
			}
		}
		if len(given) < 2 {
			t.Errorf("job %s is given only %q", name, given)
		}
		for _, value := range given {
			if !strings.HasPrefix(value, "${{ secrets.") {
				t.Errorf("job %s is given %q", name, value)
			}
		}
	}
}

// TestSweepNeedsNoConsent is a repository whose owner wants no more costs: what was made
// before would go on to cost.
func TestSweepNeedsNoConsent(t *testing.T) {
	const consent, region = "vars.SCALEPROOF_ACCEPT_COST == 'true' &&", "vars.AWS_REGION != '' &&"
	if proof := jobOf(t, "eks").If; !strings.HasPrefix(proof, consent) {
		t.Errorf("the proof runs if %s", proof)
	}
	if sweep := jobOf(t, "sweep").If; !strings.HasPrefix(sweep, region) || strings.Contains(sweep, "COST") {
		t.Errorf("the sweep runs if %s", sweep)
	}
}
