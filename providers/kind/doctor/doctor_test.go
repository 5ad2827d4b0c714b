package doctor

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// good is a machine on which everything is well.
func good() Facts {
	return Facts{
		Engine:           &engine.Info{ServerVersion: "28.2.2", CgroupVersion: "2", DefaultRuntime: "runc", Endpoint: "unix:///var/run/docker.sock"},
		Disks:            map[string]uint64{"/var/lib/docker": 50 << 30},
		Memory:           32 << 30,
		InotifyInstances: GoodInotifyInstances, InotifyWatches: 1 << 20,
		Go: "1.26.8", GitBackend: "/usr/lib/git-core/git-http-backend",
	}
}

func TestEvaluate(t *testing.T) {
	lacking := engine.Host{Lacking: []string{"CAP_SYS_RESOURCE"}, OOMScoreLocked: true, CgroupV1: true}
	for name, test := range map[string]struct {
		change func(*Facts)
		// want is the status of each check that is not OK.
		want map[string]Status
		says string
	}{
		"all is well": {change: func(*Facts) {}},
		"no engine, and none can be started": {
			change: func(f *Facts) { f.Engine, f.EngineError = nil, errors.New("Cannot connect") },
			want:   map[string]Status{"engine": Failed, "cgroups": Warning}, says: "Cannot connect",
		},
		"a socket that is not open": {
			change: func(f *Facts) {
				f.Engine, f.EngineError = nil, &engine.AbsentError{Why: "it is not open to this user", Fix: "usermod", Err: errors.New("permission denied")}
			},
			want: map[string]Status{"engine": Failed, "cgroups": Warning}, says: "it is not open to this user: permission denied\nusermod\n",
		},
		"no engine, but a run starts one": {
			change: func(f *Facts) { f.Engine, f.CanStart = nil, true },
			want:   map[string]Status{"engine": Warning, "cgroups": Warning}, says: "a run installs or starts one",
		},
		"a restricted host with our runtime": {
			change: func(f *Facts) { f.Host = lacking; f.Engine.DefaultRuntime = "scaleproof" },
			want:   map[string]Status{"cgroups": Warning, "capabilities": Warning}, says: "CAP_SYS_RESOURCE",
		},
		"a restricted host with plain runc": {
			change: func(f *Facts) { f.Host = lacking },
			want:   map[string]Status{"cgroups": Warning, "capabilities": Failed}, says: "stop that engine",
		},
		"only the oom score is locked": {
			change: func(f *Facts) { f.Host.OOMScoreLocked = true },
			want:   map[string]Status{"capabilities": Warning}, says: "oom_score_adj",
		},
		"a disk just too small": {
			change: func(f *Facts) { f.Disks["/cache"] = BuildDisk - 1<<30 },
			want:   map[string]Status{"disk": Warning}, says: "19.0 GiB free at /cache\nto build everything, free 1.0 GiB",
		},
		"a disk just large enough": {change: func(f *Facts) { f.Disks["/cache"] = BuildDisk }},
		"little memory":            {change: func(f *Facts) { f.Memory = 8 << 30 }, want: map[string]Status{"memory": Warning}, says: "12.0 GiB"},
		"too little memory":        {change: func(f *Facts) { f.Memory = 4 << 30 }, want: map[string]Status{"memory": Failed}, says: "6.0 GiB"},
		"unknown memory":           {change: func(f *Facts) { f.Memory = 0 }, want: map[string]Status{"memory": Warning}, says: "unknown"},
		"the kernel's inotify defaults": {
			change: func(f *Facts) { f.InotifyInstances = 128 },
			want:   map[string]Status{"inotify": Warning}, says: "max_user_instances=1024",
		},
		"few inotify instances": {change: func(f *Facts) { f.InotifyInstances = 64 }, want: map[string]Status{"inotify": Failed}, says: "sysctl"},
		"few inotify instances, which a run raises": {
			change: func(f *Facts) { f.InotifyInstances, f.InotifyRaised = 64, true },
			want:   map[string]Status{"inotify": Warning}, says: "a run raises",
		},
		"few inotify watches, which no run raises": {
			change: func(f *Facts) { f.InotifyInstances, f.InotifyWatches, f.InotifyRaised = 64, 8192, true },
			want:   map[string]Status{"inotify": Warning}, says: "max_user_watches=524288",
		},
		"no inotify here": {change: func(f *Facts) { f.InotifyInstances, f.InotifyWatches = 0, 0 }},
		"no go":           {change: func(f *Facts) { f.Go = "" }, want: map[string]Status{"go": Failed}, says: "https://go.dev/dl/"},
		"an old go":       {change: func(f *Facts) { f.Go = "1.9.7" }, want: map[string]Status{"go": Failed}, says: "1.9.7"},
		"a later go":      {change: func(f *Facts) { f.Go = "1.30" }},
		"no git":          {change: func(f *Facts) { f.GitBackend = "" }, want: map[string]Status{"git": Failed}, says: "package git"},
	} {
		t.Run(name, func(t *testing.T) {
			facts := good()
			test.change(&facts)
			got := map[string]Status{}
			var text strings.Builder
			for _, check := range Evaluate(facts) {
				fmt.Fprintf(&text, "%s\n%s\n", check.Finding, check.Fix)
				if check.Status != OK {
					got[check.Name] = check.Status
				}
				if (check.Fix == "") != (check.Status == OK) {
					t.Errorf("%s is %s but its fix is %q", check.Name, check.Status, check.Fix)
				}
			}
			if test.want == nil {
				test.want = map[string]Status{}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(text.String(), test.says) {
				t.Errorf("does not say %q:\n%s", test.says, &text)
			}
		})
	}
}

func TestFailuresNameEachThing(t *testing.T) {
	facts := good()
	facts.GitBackend, facts.Go = "", ""
	err := Failures(Evaluate(facts))
	if err == nil || !strings.Contains(err.Error(), "git: ") || !strings.Contains(err.Error(), "go: ") {
		t.Errorf("error %v", err)
	}
	if err := Failures(Evaluate(good())); err != nil {
		t.Errorf("a good machine: %v", err)
	}
}

// TestProbeOfASocketThatIsNotOpen: neither of Docker's ways to say so is taken
// for an engine that answers, nor for one that a run would start.
func TestProbeOfASocketThatIsNotOpen(t *testing.T) {
	const refused = "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"
	for name, answer := range map[string]fakedocker.Answer{
		"of late":     fakedocker.Fails("info *", refused),
		"up to 20.10": fakedocker.Says("info *", `{"ServerVersion":"","ServerErrors":["`+refused+`"]}`),
	} {
		t.Run(name, func(t *testing.T) {
			fakedocker.Install(t, "docker", answer, fakedocker.Says("context inspect *", engine.DefaultSocket))
			check := Evaluate(Probe(t.Context(), t.TempDir()))[0]
			if check.Status != Failed || !strings.Contains(check.Finding, refused) || !strings.Contains(check.Fix, "usermod -aG docker") {
				t.Errorf("%+v", check)
			}
		})
	}
}

func TestProbeNotesAFolderThatIsNotThereYet(t *testing.T) {
	dir := t.TempDir()
	facts := Probe(t.Context(), filepath.Join(dir, "not", "yet"))
	if free := facts.Disks[dir]; free == 0 {
		t.Errorf("no free bytes at %s: %v", dir, facts.Disks)
	}
	if facts.Go == "" {
		t.Error("no Go found by a test that Go runs")
	}
}
