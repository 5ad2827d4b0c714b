package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// TestBadInput: what is wrong is told before anything is made, with what exists
// instead.
func TestBadInput(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "kubeconfig")
	for name, c := range map[string]struct {
		args []string
		env  map[string]string
		want []string
	}{
		"unknown command":                   {args: []string{"rnu"}, want: []string{`unknown command "rnu"`}},
		"unknown flag":                      {args: []string{"run", "--provder=kind"}, want: []string{"unknown flag: --provder"}},
		"unknown provider":                  {args: []string{"run", "--provider=gke"}, want: []string{`no provider "gke"`, "kind, existing"}},
		"unknown source":                    {args: []string{"images", "--images=steal"}, want: []string{`no source of images "steal"`, "auto, pull, build"}},
		"source in environment":             {args: []string{"run"}, env: map[string]string{"IMAGES": "steal"}, want: []string{"IMAGES=steal", "auto, pull, build"}},
		"keep in environment":               {args: []string{"run"}, env: map[string]string{"KEEP": "perhaps"}, want: []string{"KEEP=perhaps"}},
		"nodes are no number":               {args: []string{"up", "--nodes=many"}, want: []string{"--nodes", "many"}},
		"no nodes":                          {args: []string{"up", "--nodes=0"}, want: []string{"--nodes", "number from one"}},
		"no processes":                      {args: []string{"run", "--procs=-1"}, want: []string{"--procs", "number from one"}},
		"unknown suite":                     {args: []string{"run", "--suite=scaleup"}, want: []string{`no suite "scaleup"`, "metrics, scaleout"}},
		"suite in environment":              {args: []string{"run"}, env: map[string]string{"SUITE": "scaleup"}, want: []string{`no suite "scaleup"`}},
		"nothing to run":                    {args: []string{"run", "--suite=metrics", "--focus=path"}, want: []string{"nothing matches", "metrics.starts-at-zero", "scaleout.path"}},
		"focus is no pattern":               {args: []string{"run", "--focus=(("}, want: []string{"no regular expression"}},
		"focus with a slash":                {args: []string{"run", "--focus=metrics/counts"}, want: []string{"slash", "metrics.starts-at-zero"}},
		"unknown mutant":                    {args: []string{"run", "--mutant=zombie"}, want: []string{`no mutant "zombie"`, "operator-down"}},
		"mutant of no suite":                {args: []string{"run", "--mutant=example-app-max-five", "--suite=metrics"}, want: []string{"example-app-max-five breaks scaleout.path", "nothing matches"}},
		"mutant out of focus":               {args: []string{"run", "--mutant=example-app-max-five", "--focus=zero"}, want: []string{"nothing matches"}},
		"no mutant in focus":                {args: []string{"run", "--mutant=all", "--focus=metrics.counts$"}, want: []string{"no mutant breaks"}},
		"all mutants, no suite":             {args: []string{"run", "--mutant=all", "--suite=scaleup"}, want: []string{`no suite "scaleup"`}},
		"address without a port of its own": {args: []string{"run", "--git-address=192.0.2.7"}, want: []string{"--provider existing", "kind always installs"}},
		"install on kind":                   {args: []string{"up", "--install"}, want: []string{"--provider existing"}},
		"unknown stack":                     {args: []string{"up", "--stack=helm"}, want: []string{`no stack "helm"`, "manifests, charts"}},
		"charts on what exists":             {args: []string{"run", "--provider=existing", "--stack=charts"}, want: []string{"clusters that scaleproof makes"}},
		"install from nowhere":              {args: []string{"run", "--provider=existing", "--install"}, want: []string{"--git-address"}},
		"traits of what is known":           {args: []string{"run", "--node-launch=90s"}, want: []string{"--provider existing", "kind"}},
		"a trait that nothing has":          {args: []string{"run", "--provider=existing", "--pod-start=-1s"}, want: []string{"as in 90s"}},
		"nodes that take no time":           {args: []string{"run", "--provider=existing", "--suite=capacity"}, want: []string{"--node-launch"}},
		"a context of nobody's":             {args: []string{"run", "--context=staging"}, want: []string{"--provider existing", "staging"}},
		"an image that kind has":            {args: []string{"run"}, env: map[string]string{"APP_IMAGE": "registry.test/app:v1"}, want: []string{"APP_IMAGE", "unset"}},
		"a check without a file":            {args: []string{"promises", "--check"}, want: []string{"PROMISES.md"}},
		"too many arguments":                {args: []string{"run", "metrics"}, want: []string{"metrics"}},
		"no run to judge":                   {args: []string{"judge"}, want: []string{"judge needs one run"}},
		"unknown run":                       {args: []string{"judge", "2019", "--out", missing}, want: []string{`no run "2019"`}},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			f := &fake{}
			got := do(t, t.Context(), f.world(), c.args...)
			if got.code != 2 || len(f.done) > 0 {
				t.Errorf("exit code %d after %v, want 2 and nothing done", got.code, f.done)
			}
			for _, want := range c.want {
				if !strings.Contains(got.stderr, want) {
					t.Errorf("%q does not say %q", got.stderr, want)
				}
			}
		})
	}
}

// TestNameIsTaken: that is told before images are made, and nothing is touched.
func TestNameIsTaken(t *testing.T) {
	docker := fakedocker.Install(t, "docker",
		fakedocker.Says("version *", "28.2.2"),
		fakedocker.Says("info *", `{"ServerVersion":"28.2.2","CgroupVersion":"2","DefaultRuntime":"runc"}`),
		fakedocker.Says("context inspect *", "tcp://127.0.0.1:2375"),
		fakedocker.Says("ps *", "1"),
		fakedocker.Says("container inspect *", `[{"Id":"1","Name":"/it-control-plane","Config":{"Labels":{"io.x-k8s.kind.cluster":"it"}}}]`))
	w := (&fake{}).world()
	w.prepare = prepare
	got := do(t, t.Context(), w, "run", "--cluster-name", "it", "--out", t.TempDir())
	if got.code != 2 || !strings.Contains(got.stdout, "it-control-plane") || !strings.Contains(got.stdout, "choose another cluster name") {
		t.Errorf("run: %+v", got)
	}
	if got := do(t, t.Context(), w, "images"); got.code != 0 {
		t.Errorf("images, which need no name: %+v", got)
	}
	for _, call := range docker.Calls(t) {
		if strings.HasPrefix(call, "rm ") || strings.HasPrefix(call, "run ") {
			t.Errorf("changed something: docker %s", call)
		}
	}
}

// TestBadKubeconfig goes to the provider itself: the run is over, with a report.
func TestBadKubeconfig(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "kubeconfig")
	text := "apiVersion: v1\nkind: Config\ncurrent-context: here\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n" +
		"clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {}}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  string
		args []string
		want []string
	}{
		"KUBECONFIG is missing":    {env: filepath.Join(dir, "none"), want: []string{"no kubeconfig", "none"}},
		"--kubeconfig is missing":  {args: []string{"--kubeconfig", filepath.Join(dir, "none")}, want: []string{"no kubeconfig", "none"}},
		"the context is unknown":   {env: file, args: []string{"--context", "there"}, want: []string{`no context "there"`, "here"}},
		"the API server is not up": {env: file, want: []string{"context here", "127.0.0.1:1"}},
		"KUBECONFIG of two files": {env: filepath.Join(dir, "none") + string(filepath.ListSeparator) + file, args: []string{"--context", "there"},
			want: []string{`no context "there"`, "here"}},
		"the flag wins over KUBECONFIG": {env: filepath.Join(dir, "none"), args: []string{"--kubeconfig", file, "--context", "there"},
			want: []string{`no context "there"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBECONFIG", c.env)
			w := (&fake{}).world()
			w.provider = newProvider
			got := do(t, t.Context(), w, append([]string{"run", "--provider", "existing", "--out", t.TempDir()}, c.args...)...)
			if got.code != 2 {
				t.Errorf("exit code %d, want 2", got.code)
			}
			for _, want := range c.want {
				if !strings.Contains(got.stdout, want) {
					t.Errorf("%q does not say %q", got.stdout, want)
				}
			}
		})
	}
}

// bare is a cluster that has no kubeconfig of its own.
type bare struct{ providers.Cluster }

func TestKubeconfigOfACluster(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a": "apiVersion: v1\nkind: Config\ncurrent-context: one\ncontexts: [{name: one, context: {cluster: c, user: u}}]\n",
		"b": "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: 'https://c.test'}}, {name: d, cluster: {server: 'https://d.test'}}]\n" +
			"contexts: [{name: two, context: {cluster: d, user: u}}]\nusers: [{name: u, user: {token: t}}, {name: v, user: {token: other}}]\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KUBECONFIG", filepath.Join(dir, "a")+string(filepath.ListSeparator)+filepath.Join(dir, "b"))
	for asked, want := range map[string]string{"": "https://c.test", "two": "https://d.test"} {
		path, name, err := kubeconfig(bare{}, settings{context: asked}, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(text), want) || strings.Contains(string(text), "other") || asked != "" && name != asked {
			t.Errorf("context %q: context %q of %s (%v), want %s and nothing of others", asked, name, text, err, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the file's mode is %v (%v)", info.Mode(), err)
		}
	}
	if _, _, err := kubeconfig(bare{}, settings{context: "three"}, t.TempDir()); err == nil || !strings.Contains(err.Error(), "three") {
		t.Errorf("error %v of an unknown context", err)
	}
	if path, name, err := kubeconfig(&fake{}, settings{}, dir); path != "/dev/null" || name != "fake" || err != nil {
		t.Errorf("the cluster's own: %s, %s, %v", path, name, err)
	}
}

func TestOutsideOfTheSourceTree(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"run"}, {"images"}, {"judge", "latest"}} {
		f := &fake{}
		got := do(t, t.Context(), f.world(), args...)
		if got.code != 2 || !strings.Contains(got.stderr, "source tree") || len(f.done) > 0 {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestVariablesAreToldAndObeyed(t *testing.T) {
	got := do(t, t.Context(), (&fake{}).world(), "run", "--help")
	for flag, variable := range variables {
		if !strings.Contains(got.stdout, "--"+flag) || !strings.Contains(got.stdout, "(or "+variable+"=…)") {
			t.Errorf("the help does not tell of --%s and %s:\n%s", flag, variable, got.stdout)
		}
	}
	for name, value := range map[string]string{"KEEP": "1", "SUITE": "scaleout,metrics", "FOCUS": "", "PROCS": "3", "OUT": t.TempDir()} {
		t.Setenv(name, value)
	}
	f := &fake{}
	if got := do(t, t.Context(), f.world(), "run", "--procs", "5"); got.code != 0 {
		t.Fatal(got.stderr)
	}
	if f.job.filter != "(scaleout || metrics)" || f.job.procs != 5 || strings.Contains(strings.Join(f.done, " "), "down") {
		t.Errorf("filter %q, %d processes, done %v", f.job.filter, f.job.procs, f.done)
	}
}

func TestEveryCommandHelps(t *testing.T) {
	for _, command := range newRoot(&console{}).Commands() {
		if command.Hidden || command.Name() == "help" {
			continue
		}
		if command.Short == "" || command.Example == "" {
			t.Errorf("%s has no description or no example", command.Name())
		}
	}
}

func TestDoctor(t *testing.T) {
	got := do(t, t.Context(), (&fake{}).world(), "doctor")
	if got.code != 2 || !strings.Contains(got.stdout, "free 20 GB") {
		t.Errorf("doctor: %+v", got)
	}
}
