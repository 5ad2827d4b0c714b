// Package existing takes a cluster that is there, by a kubeconfig context. It
// makes no cluster and removes none. What else was installed on it at the
// user's word is for Options.Remove to take away.
package existing

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/evidence"
	"github.com/scaleproof/scaleproof/providers/traits"
)

const (
	// DefaultPodStart is for a pod whose image is on its node, on a cloud's
	// ordinary machines: scheduling and the container take 2 s, the first
	// readiness probe up to its period.
	DefaultPodStart = 10 * time.Second
	// answerLimit is how long the API server may take to answer at first.
	answerLimit = 15 * time.Second
)

// Options say which cluster it is and what must be on it.
type Options struct {
	// Kubeconfig is a file; $KUBECONFIG or ~/.kube/config if empty.
	Kubeconfig string
	// Context in it; its current context if empty.
	Context string
	// Needs are what Up refuses to go on without.
	Needs []Need
	// PodStart is the longest that a pod takes to be ready there;
	// DefaultPodStart if zero.
	PodStart time.Duration
	// NodeLaunch is the longest that a provisioned node takes; none are if zero.
	NodeLaunch time.Duration
	// HostAddress is where the cluster's pods reach this machine, HOST or
	// HOST:PORT; empty if they do not.
	HostAddress string
	// Own is a label selector of the namespaces that a run makes, of which
	// Collect tells beside the stack's own; empty for none.
	Own string
	// Remove is what Down does: it takes off the cluster what was installed for
	// a run, and nothing else. If nil the cluster stays as it is.
	Remove func(context.Context, *rest.Config) error
}

// Provider takes the one cluster of its options.
type Provider struct{ options Options }

var (
	_ providers.Provider = (*Provider)(nil)
	_ providers.Finder   = (*Provider)(nil)
)

// New returns a provider of the cluster that the options name.
func New(options Options) *Provider {
	if options.PodStart == 0 {
		options.PodStart = DefaultPodStart
	}
	return &Provider{options: options}
}

// Name implements providers.Provider.
func (*Provider) Name() string { return "existing" }

// Up implements providers.Provider. The name is not used: the context says
// which cluster it is. It refuses one that lacks what is needed.
func (p *Provider) Up(ctx context.Context, _ string) (providers.Cluster, error) {
	config, name, err := p.load()
	if err != nil {
		return nil, err
	}
	if err := serving(ctx, config); err != nil {
		return nil, fmt.Errorf("context %s: %w", name, err)
	}
	if err := Require(ctx, config, p.options.Needs...); err != nil {
		return nil, fmt.Errorf("context %s: %w", name, err)
	}
	found, err := traits.Read(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("context %s: %w", name, err)
	}
	found.PodStart, found.NodeLaunch = p.options.PodStart, p.options.NodeLaunch
	found.RealNodes = found.NodeLaunch > 0
	c := &cluster{config: config, traits: found, own: p.options.Own, remove: p.options.Remove}
	if p.options.HostAddress != "" {
		return &reachable{c, p.options.HostAddress}, nil
	}
	return c, nil
}

// Find implements providers.Finder.
func (p *Provider) Find(ctx context.Context, _ string) (providers.Cluster, error) {
	config, name, err := p.load()
	if err != nil {
		return nil, err
	}
	if err := serving(ctx, config); err != nil {
		return nil, fmt.Errorf("context %s: %w", name, err)
	}
	return &cluster{config: config, own: p.options.Own, remove: p.options.Remove}, nil
}

// withAnswerLimit ends when the API server should have answered.
func withAnswerLimit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, answerLimit, fmt.Errorf("no answer within %v", answerLimit))
}

// serving asks whether the API server answers.
func serving(ctx context.Context, config *rest.Config) error {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	answer, cancel := withAnswerLimit(ctx)
	defer cancel()
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(answer); err != nil {
		return fmt.Errorf("the API server at %s does not serve: is the cluster up, and may this user reach it? %w",
			config.Host, errors.Join(err, context.Cause(answer)))
	}
	return nil
}

// Place is which cluster is meant: the name of the context, and the address of its API
// server. It asks nobody.
func (p *Provider) Place() (context, server string, err error) {
	config, name, err := p.load()
	if err != nil {
		return "", "", err
	}
	return name, config.Host, nil
}

// load reads the kubeconfig and returns the context's name with its config.
func (p *Provider) load() (*rest.Config, string, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = p.options.Kubeconfig
	if err := present(rules); err != nil {
		return nil, "", err
	}
	raw, err := rules.Load()
	if err != nil {
		return nil, "", fmt.Errorf("the kubeconfig cannot be read: %w", err)
	}
	name, err := choose(raw, p.options.Context)
	if err != nil {
		return nil, "", err
	}
	config, err := clientcmd.NewNonInteractiveClientConfig(*raw, name, &clientcmd.ConfigOverrides{}, rules).ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("context %s: %w", name, err)
	}
	// The default of 5 requests a second would hold back what is measured.
	config.QPS, config.Burst = 100, 200
	return config, name, nil
}

// present tells of a kubeconfig that is not there, which client-go takes for an
// empty one.
func present(rules *clientcmd.ClientConfigLoadingRules) error {
	files := rules.GetLoadingPrecedence()
	for _, file := range files {
		if _, err := os.Stat(file); err == nil {
			return nil
		}
	}
	return fmt.Errorf("there is no kubeconfig at %s: set KUBECONFIG or give the file with --kubeconfig", strings.Join(files, " or "))
}

// choose returns the context asked for, or the current one.
func choose(raw *api.Config, asked string) (string, error) {
	known := strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
	switch {
	case len(raw.Contexts) == 0:
		return "", errors.New("the kubeconfig has no contexts: give another file with --kubeconfig")
	case asked == "" && raw.CurrentContext == "":
		return "", fmt.Errorf("the kubeconfig has no current context: choose one with --context: %s", known)
	case asked == "":
		asked = raw.CurrentContext
	}
	if raw.Contexts[asked] == nil {
		return "", fmt.Errorf("the kubeconfig has no context %q: it has %s", asked, known)
	}
	return asked, nil
}

// cluster is one that was there before.
type cluster struct {
	config *rest.Config
	traits providers.Traits
	own    string
	remove func(context.Context, *rest.Config) error
}

// reachable is one whose pods reach this machine.
type reachable struct {
	*cluster
	address string
}

// HostAddress implements providers.HostReachable.
func (r *reachable) HostAddress(context.Context) (providers.HostAddress, error) {
	return providers.HostAddress{Reached: r.address, Listen: r.address}, nil
}

// Config implements providers.Cluster.
func (c *cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Traits implements providers.Cluster.
func (c *cluster) Traits() providers.Traits { return c.traits }

// stackNamespaces are where the stack may be.
var stackNamespaces = []string{"kube-system", "keda", "monitoring", "flux-system", "workload", "karpenter"}

// Collect implements providers.Cluster: the objects and the logs of the stack's
// namespaces and of the run's own. What else runs on the cluster is not ours to
// tell of.
func (c *cluster) Collect(ctx context.Context, dir string) error {
	own, err := c.namespaces(ctx)
	return errors.Join(err, evidence.Collect(ctx, c.config, dir, slices.Concat(stackNamespaces, own)...))
}

// namespaces are the run's own that are still there.
func (c *cluster) namespaces(ctx context.Context) ([]string, error) {
	if c.own == "" {
		return nil, nil
	}
	client, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := withAnswerLimit(ctx)
	defer cancel()
	list, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: c.own})
	if err != nil {
		return nil, fmt.Errorf("list the namespaces of %s: %w", c.own, errors.Join(err, context.Cause(ctx)))
	}
	var names []string
	for _, namespace := range list.Items {
		names = append(names, namespace.Name)
	}
	return names, nil
}

// Down implements providers.Cluster. The cluster itself stays.
func (c *cluster) Down(ctx context.Context) error {
	if c.remove == nil {
		return nil
	}
	return c.remove(ctx, c.config)
}
