package engine

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// systemd tells by its folder that it runs this machine.
const systemdFolder = "/run/systemd/system"

// installed tells whether the engine and its command line are there.
func installed() bool {
	_, noDaemon := lookDaemon()
	_, noClient := exec.LookPath("docker")
	return noDaemon == nil && noClient == nil
}

// install gets the engine's Debian packages unless they are there.
func install(ctx context.Context, options Options) error {
	if installed() {
		return nil
	}
	options.log("installing docker.io and iptables")
	if err := apt(ctx, "update"); err != nil {
		return err
	}
	if err := apt(ctx, "install", "-y", "--no-install-recommends", "docker.io", "iptables"); err != nil {
		return err
	}
	if _, err := exec.LookPath("docker"); err != nil {
		// Later Debians ship the command line apart.
		return apt(ctx, "install", "-y", "--no-install-recommends", "docker-cli")
	}
	return nil
}

// lookDaemon finds dockerd also when PATH has no sbin.
func lookDaemon() (string, error) {
	if path, err := exec.LookPath("dockerd"); err == nil {
		return path, nil
	}
	return exec.LookPath("/usr/sbin/dockerd")
}

// start starts an engine and returns when it answers.
func start(ctx context.Context, options Options) error {
	ctx, cancel := context.WithTimeoutCause(ctx, answerLimit,
		fmt.Errorf("the docker engine did not answer within %v of its start", answerLimit))
	defer cancel()
	lacking, err := lackingHere()
	if err != nil {
		return err
	}
	if _, err := os.Stat(systemdFolder); err == nil && len(lacking) == 0 {
		options.log("starting docker.service")
		if err := finish(ctx, command(ctx, syscall.SIGTERM, "systemctl", "start", "docker.service")); err != nil {
			return fmt.Errorf("starting docker: %w", err)
		}
		return await(ctx, nil)
	}
	path, err := runtimePath(options.CacheDir)
	if err != nil {
		return err
	}
	if len(lacking) > 0 {
		if err := ensureRuntime(ctx, path); err != nil {
			return err
		}
	}
	return startDaemon(ctx, options, Host{Lacking: lacking}.daemonFlags(path))
}

// startDaemon runs dockerd in a session of its own, so that it outlives this
// command and its terminal.
func startDaemon(ctx context.Context, options Options, flags []string) error {
	path, err := lookDaemon()
	if err != nil {
		return fmt.Errorf("docker was installed without dockerd: %w", err)
	}
	logPath := filepath.Join(options.CacheDir, "engine", "dockerd.log")
	if err := os.MkdirAll(filepath.Dir(logPath), 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	options.log("starting %s, log in %s", path, logPath)
	cmd := exec.Command(path, flags...) //nolint:noctx // the engine outlives the command that starts it
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = lastingEnviron()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	if err := await(ctx, ended); err != nil {
		return fmt.Errorf("%w\n%s", err, logTail(logPath))
	}
	return nil
}

// lastingEnviron is this command's environment, less the folder for what is
// temporary: the command may remove its own when it ends, and an engine without
// one can start no process in a container any more.
func lastingEnviron() []string {
	environ := slices.DeleteFunc(os.Environ(), func(variable string) bool { return strings.HasPrefix(variable, "TMPDIR=") })
	return append(environ, "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin")
}

// await asks until the engine answers; a daemon that ended will not.
func await(ctx context.Context, ended <-chan error) error {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		if answers(ctx) == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ended:
			return fmt.Errorf("dockerd ended (%v) instead of answering", err) //nolint:errorlint // err is nil where it ended well, and %w cannot print that
		case <-ticker.C:
		}
	}
}

// logTail quotes the end of the daemon's log.
func logTail(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return tail(string(data), tailLines)
}
