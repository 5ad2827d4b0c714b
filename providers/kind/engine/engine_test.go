package engine

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

const healthy = `{"ServerVersion":"28.2.2","CgroupVersion":"2","DefaultRuntime":"runc"}`

// at answers the question for the engine's address.
func at(endpoint string) fakedocker.Answer { return fakedocker.Says("context inspect *", endpoint) }

// TestEnsureRefusesAnEngineThatIsOfNoUse says so before anything is built.
func TestEnsureRefusesAnEngineThatIsOfNoUse(t *testing.T) {
	const rootless = `{"ServerVersion":"28.2.2","CgroupVersion":"2","SecurityOptions":["name=seccomp","name=rootless"]}`
	for endpoint, info := range map[string]string{"ssh://elsewhere": healthy, "tcp://192.0.2.7:2375": healthy, "unix:///run/user/1000/docker.sock": rootless} {
		fakedocker.Install(t, "docker", fakedocker.Says("version *", "28.2.2"), fakedocker.Says("info *", info), at(endpoint))
		_, err := Ensure(t.Context(), Options{CacheDir: t.TempDir()})
		if err == nil || !strings.Contains(err.Error(), endpoint) || !strings.Contains(err.Error(), "use an engine that runs as root on this machine") {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestEnsureTakesAnEngineThatAnswers(t *testing.T) {
	docker := fakedocker.Install(t, "docker",
		fakedocker.Says("version *", "28.2.2"),
		fakedocker.Says("info *", healthy),
		at("tcp://localhost:2375"),
	)
	info, err := Ensure(t.Context(), Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	want := Info{ServerVersion: "28.2.2", CgroupVersion: "2", DefaultRuntime: "runc", Endpoint: "tcp://localhost:2375"}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if calls := docker.Calls(t); len(calls) != 3 {
		t.Errorf("asked more of docker than needed: %q", calls)
	}
}

func TestEnsureSaysWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		answers []fakedocker.Answer
		says    []string
	}{
		"socket not permitted": {
			answers: []fakedocker.Answer{
				fakedocker.Fails("version *", "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock"),
				at("unix:///var/run/docker.sock"),
			},
			says: []string{"not open to this user", "usermod -aG docker"},
		},
		"an engine of the user's own is down": {
			answers: []fakedocker.Answer{
				fakedocker.Fails("version *", "Cannot connect to the Docker daemon at tcp://10.0.0.9:2375. Is the docker daemon running?"),
				at("tcp://10.0.0.9:2375"),
			},
			says: []string{"no engine answers at tcp://10.0.0.9:2375", "DOCKER_HOST", "Cannot connect"},
		},
		"a context that does not exist": {
			answers: []fakedocker.Answer{
				fakedocker.Fails("version *", "no context"),
				fakedocker.Fails("context inspect *", `context "lost": context not found`),
			},
			says: []string{"docker context ls", `context "lost"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fakedocker.Install(t, "docker", test.answers...)
			_, err := Ensure(t.Context(), Options{CacheDir: t.TempDir()})
			if err == nil {
				t.Fatal("no error")
			}
			for _, text := range test.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
}

func TestEnsureStopsWithItsContext(t *testing.T) {
	fakedocker.Install(t, "docker", fakedocker.Answer{Match: "*", Script: "exec sleep 60"})
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	if _, err := Ensure(ctx, Options{CacheDir: t.TempDir()}); !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
}

// absentUntilStarted answers only when the fake daemon made its mark in state.
func absentUntilStarted(mark string) []fakedocker.Answer {
	return []fakedocker.Answer{
		{Match: "version *", Script: "test -e '" + mark + "' && echo 1 || { echo 'Cannot connect' >&2; exit 1; }"},
		fakedocker.Says("info *", `{"CgroupVersion":"1","DefaultRuntime":"theirs"}`),
		at(DefaultSocket),
	}
}

// TestEnsureStartsAnEngine, or else Wake did, and one is enough.
func TestEnsureStartsAnEngine(t *testing.T) {
	needRootWithoutSystemd(t)
	daemon := fakedocker.Install(t, "dockerd", fakedocker.Answer{
		Match: "*", Script: "echo $$ > $STATE/pid; echo 'Daemon has completed'; touch $STATE/up; exec sleep 60",
	})
	fakedocker.Install(t, "docker", absentUntilStarted(filepath.Join(daemon.State, "up"))...)
	t.Cleanup(func() { kill(t, filepath.Join(daemon.State, "pid")) })

	cache := t.TempDir()
	if err := Wake(t.Context(), Options{CacheDir: cache}); err != nil {
		t.Fatal(err)
	}
	if _, err := Ensure(t.Context(), Options{CacheDir: cache}); err != nil {
		t.Fatal(err)
	}
	path, err := runtimePath(cache)
	if err != nil {
		t.Fatal(err)
	}
	lacking, err := lackingHere()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Join(Host{Lacking: lacking}.daemonFlags(path), " ")
	if diff := cmp.Diff([]string{want}, daemon.Calls(t)); diff != "" {
		t.Errorf("dockerd's flags (-want +got):\n%s", diff)
	}
	log, err := os.ReadFile(filepath.Join(cache, "engine", "dockerd.log"))
	if err != nil || !strings.Contains(string(log), "Daemon has completed") {
		t.Errorf("log %q, error %v", log, err)
	}
	session, err := exec.Command("sh", "-c", "cut -d' ' -f6 /proc/$(cat "+daemon.State+"/pid)/stat; cat "+daemon.State+"/pid").Output()
	if fields := strings.Fields(string(session)); err != nil || len(fields) != 2 || fields[0] != fields[1] {
		t.Errorf("dockerd leads no session of its own: %q, error %v", session, err)
	}
}

func TestEnsureQuotesADaemonThatEnds(t *testing.T) {
	needRootWithoutSystemd(t)
	fakedocker.Install(t, "dockerd", fakedocker.Fails("*", "failed to start daemon: no room for a bridge"))
	fakedocker.Install(t, "docker", absentUntilStarted("/nonexistent")...)
	_, err := Ensure(t.Context(), Options{CacheDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), "no room for a bridge") {
		t.Errorf("error %v", err)
	}
}

func TestRuntimeIsBuiltOnceAndPutBack(t *testing.T) {
	path, err := runtimePath(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	older := filepath.Join(filepath.Dir(path), "runtime-0123456789ab")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(older, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := errors.Join(ensureRuntime(t.Context(), path), pruneRuntimes(path)); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Fatalf("left beside the runtime: %v, error %v", entries, err)
	}
	if runtime.GOOS != "linux" {
		return
	}
	// Without a runc it can be asked for nothing else.
	cmd := exec.Command(path, "create", "--bundle", t.TempDir(), "id")
	if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "config.json") {
		t.Errorf("output %q, error %v", out, err)
	}
}

func needRootWithoutSystemd(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root starts an engine")
	}
	if _, err := os.Stat(systemdFolder); err == nil {
		t.Skip("systemd starts the engine here")
	}
}

func kill(t *testing.T, pidFile string) {
	data, err := os.ReadFile(pidFile)
	if err != nil {
		t.Error(err)
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		t.Error(err)
		return
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Error(err)
	}
}
