package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"sigs.k8s.io/yaml"
)

const (
	// webhookLimit is how long the authenticator may take to answer.
	webhookLimit = 20 * time.Second
	// webhookGrace is how long it gets to end before it is killed.
	webhookGrace = 5 * time.Second
)

// webhook says how aws-iam-authenticator is run: for one cluster, of which one
// user is the administrator, and with the double for its AWS.
type webhook struct {
	Binary, Dir     string
	Cluster, Region string
	// User is the ARN of who made the cluster, and is its administrator
	// therefore. EKS takes it for the user's name, too.
	User string
	// Proxy speaks for AWS, with certificates that Authority signs.
	Proxy     string
	Authority []byte
}

// start runs it at the host's address until end is called, and returns the
// kubeconfig by which an API server asks it.
func (w webhook) start(ctx context.Context, host string) (kubeconfig []byte, end func(), err error) {
	port, err := freePort(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp(w.Dir, "authenticator-")
	if err != nil {
		return nil, nil, err
	}
	if err := w.write(dir, host); err != nil {
		return nil, nil, err
	}
	said, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	command := w.command(running, dir, host, port)
	command.Stdout, command.Stderr = said, said
	ended := make(chan struct{})
	if err := command.Start(); err != nil {
		cancel()
		said.Close()
		return nil, nil, fmt.Errorf("aws-iam-authenticator: %w", err)
	}
	go func() {
		defer close(ended)
		_ = command.Wait() // what it said tells more, if anyone asks
		said.Close()
	}()
	end = func() {
		cancel()
		<-ended
	}
	if err := answers(ctx, net.JoinHostPort(host, port), ended); err != nil {
		end()
		text, _ := os.ReadFile(said.Name())
		return nil, nil, fmt.Errorf("aws-iam-authenticator %w:\n%s", err, text)
	}
	kubeconfig, err = os.ReadFile(filepath.Join(dir, "kubeconfig"))
	if err != nil {
		end()
		return nil, nil, err
	}
	return kubeconfig, end, nil
}

// write writes what the authenticator reads.
func (w webhook) write(dir, host string) error {
	config, err := yaml.Marshal(map[string]any{
		"clusterID": w.Cluster,
		"server": map[string]any{
			"hostname": host,
			"mapUsers": []any{map[string]any{"userARN": w.User, "username": w.User, "groups": []string{"system:masters"}}},
		},
	})
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "config.yaml"), config, 0o600),
		os.WriteFile(filepath.Join(dir, "ca.pem"), w.Authority, 0o600),
	)
}

// command is in a process group of its own: a Ctrl-C at the terminal must not
// end it while the cluster is still to be taken down.
func (w webhook) command(ctx context.Context, dir, host, port string) *exec.Cmd {
	command := exec.CommandContext(ctx, w.Binary, "server", "--config", filepath.Join(dir, "config.yaml"),
		"--backend-mode", "MountedFile", "--state-dir", dir, "--generate-kubeconfig", filepath.Join(dir, "kubeconfig"),
		"--address", host, "--port", port)
	command.Env = append(slices.DeleteFunc(os.Environ(), func(variable string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(variable), "=")
		return strings.HasPrefix(name, "AWS_") || strings.HasSuffix(name, "_PROXY") || strings.HasPrefix(name, "SSL_CERT_")
	}), "HTTPS_PROXY="+w.Proxy, "SSL_CERT_FILE="+filepath.Join(dir, "ca.pem"), "AWS_EC2_METADATA_DISABLED=true", "AWS_REGION="+w.Region)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = webhookGrace
	return command
}

// answers waits until somebody listens at the address.
func answers(ctx context.Context, address string, ended <-chan struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, webhookLimit)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-ended:
			return errors.New("ended")
		case <-ctx.Done():
			return fmt.Errorf("does not listen at %s: %w", address, context.Cause(ctx))
		case <-ticker.C:
		}
	}
}

// freePort is one that nobody listens at. Between this look and the
// authenticator's somebody could; then it ends, and says so.
func freePort(ctx context.Context, host string) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", fmt.Errorf("the address of this machine in the nodes' network: %w", err)
	}
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return "", fmt.Errorf("%v is no address of TCP", listener.Addr())
	}
	return strconv.Itoa(address.Port), nil
}
