package engine

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

// alone leaves only the commands that were installed as fakes on PATH.
func alone(t *testing.T, command *fakedocker.Command) {
	t.Helper()
	t.Setenv("PATH", filepath.Dir(command.State))
}

func TestInstallAsksAptForWhatIsMissing(t *testing.T) {
	const (
		options = "-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "
		update  = options + "update"
		docker  = options + "install -y --no-install-recommends docker.io iptables"
	)
	for name, test := range map[string]struct {
		script string
		want   []string
		says   string
	}{
		"the package brings the command": {
			script: `case "$*" in *docker.io*) echo '#!/bin/sh' > $STATE/../docker; /bin/chmod +x $STATE/../docker;; esac`,
			want:   []string{update, docker},
		},
		"the command comes apart": {script: ":", want: []string{update, docker, options + "install -y --no-install-recommends docker-cli"}},
		"apt cannot":              {script: "echo 'E: Unable to locate package docker.io' >&2; exit 100", want: []string{update}, says: "Unable to locate"},
	} {
		t.Run(name, func(t *testing.T) {
			apt := fakedocker.Install(t, "apt-get", fakedocker.Answer{Match: "*", Script: test.script})
			alone(t, apt)
			err := install(t.Context(), Options{})
			if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one that says %q", err, test.says)
			}
			if diff := cmp.Diff(test.want, apt.Calls(t)); diff != "" {
				t.Errorf("apt-get (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDaemonOutlivesTheFolderOfItsStarter(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	t.Setenv("HTTPS_PROXY", "http://proxy.example")
	environ := lastingEnviron()
	for variable, want := range map[string]bool{"TMPDIR=": false, "HTTPS_PROXY=http://proxy.example": true, "PATH=" + os.Getenv("PATH") + ":": true} {
		if got := slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, variable) }); got != want {
			t.Errorf("%s: %v, want %v", variable, got, want)
		}
	}
}

func TestInstallElsewhereSaysWhatToInstall(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root is told what to install")
	}
	t.Setenv("PATH", t.TempDir())
	_, err := Ensure(t.Context(), Options{CacheDir: t.TempDir()})
	var absent *AbsentError
	if !errors.As(err, &absent) || !strings.Contains(absent.Fix, "https://docs.docker.com/engine/install/") {
		t.Errorf("error %v", err)
	}
}

func TestWakeInstallsNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root installs")
	}
	apt := fakedocker.Install(t, "apt-get", fakedocker.Says("*", ""))
	alone(t, apt)
	if err := Wake(t.Context(), Options{CacheDir: t.TempDir()}); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("error %v", err)
	}
	if calls := apt.Calls(t); len(calls) > 0 {
		t.Errorf("apt-get %q", calls)
	}
}
