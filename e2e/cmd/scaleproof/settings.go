package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/scaleproof/scaleproof/providers/existing"
)

// settings are all that can be set from outside, and the id of the run that they
// are for; a command that is no run has none.
type settings struct {
	run        string
	provider   string
	cluster    string
	nodes      int
	kubeconfig string
	context    string
	install    bool
	gitAddress string
	stack      string
	images     string
	suites     []string
	focus      string
	procs      int
	mutant     string
	keep       bool
	out        string
	cloud      cloudSettings
	git        gitSettings
	appImage   string
	appPresent bool
	// podStart and nodeLaunch are traits that nobody can read off a cluster; zero
	// where nobody tells.
	podStart, nodeLaunch time.Duration
}

// The ways to install infra: rendered manifests, which need no internet, or the
// seed's Helm charts, which bring Grafana.
const (
	manifests = "manifests"
	charts    = "charts"
)

// The words that are known.
var (
	providerNames = []string{"kind", "existing", "eks"}
	imageSources  = []string{"auto", "pull", "build"}
	stackNames    = []string{manifests, charts}
)

// variables name the environment variable that sets a flag which is not given;
// so `make e2e-kind KEEP=1` needs nothing of the Makefile. An empty variable is
// as good as none.
var variables = map[string]string{
	"provider":     "PROVIDER",
	"cluster-name": "CLUSTER_NAME",
	"nodes":        "NODES",
	"context":      "KUBECONTEXT",
	"install":      "INSTALL",
	"git-address":  "GIT_ADDRESS",
	"stack":        "STACK",
	"images":       "IMAGES",
	"suite":        "SUITE",
	"focus":        "FOCUS",
	"procs":        "PROCS",
	"mutant":       "MUTANT",
	"pod-start":    "POD_START",
	"node-launch":  "NODE_LAUNCH",
	"keep":         "KEEP",
	"out":          "OUT",

	"git-url":           "GIT_URL",
	"git-username":      "GIT_USERNAME",
	"github-user":       "GITHUB_USER",
	"github-repo":       "GITHUB_REPO",
	"github-api":        "GITHUB_API_URL",
	"app-image":         "APP_IMAGE",
	"app-image-present": "APP_IMAGE_PRESENT",

	"region":        "AWS_REGION",
	"allow-account": "ALLOW_ACCOUNT",
	"kubernetes":    "KUBERNETES",
	"accept-cost":   "ACCEPT_COST",
	"dry-run":       "DRY_RUN",
	"ceiling":       "CEILING",
}

// imageFlags are those of every command that makes images.
func (s *settings) imageFlags(flags *pflag.FlagSet) {
	s.images = "auto"
	flags.Var(&choice{&s.images, "source of images", imageSources}, "images",
		"where images come from: auto pulls if the registries answer and builds if not")
}

// clusterFlags are those of every command that names a cluster.
func (s *settings) clusterFlags(flags *pflag.FlagSet) {
	s.provider = "kind"
	flags.Var(&choice{&s.provider, "provider", providerNames}, "provider", "who makes the cluster, or knows it")
	flags.StringVar(&s.cluster, "cluster-name", "scaleproof", "name of the cluster")
	flags.StringVar(&s.kubeconfig, "kubeconfig", "", "for --provider existing: the kubeconfig file; those of KUBECONFIG=… if empty, or else ~/.kube/config")
	flags.StringVar(&s.context, "context", "", "for --provider existing: the context in it; its current one if empty")
	s.cloud.accountFlags(flags)
	s.git.flags(flags)
}

// upFlags are those of every command that makes a cluster.
func (s *settings) upFlags(flags *pflag.FlagSet) {
	s.clusterFlags(flags)
	s.imageFlags(flags)
	s.nodes = 1
	flags.Var((*count)(&s.nodes), "nodes", "for --provider kind: how many nodes")
	s.cloud.costFlags(flags)
	s.stack = manifests
	flags.Var(&choice{&s.stack, "stack", stackNames}, "stack",
		"how infra is installed: manifests, rendered from upstream's sources, or charts, the seed's, with Grafana and from the internet")
	flags.BoolVar(&s.install, "install", false, "for --provider existing: install the stack, and remove it afterwards unless --keep")
	flags.StringVar(&s.gitAddress, "git-address", "",
		"for --provider existing: HOST[:PORT] of this machine, at which the cluster reaches a git server to deliver from")
	flags.StringVar(&s.appImage, "app-image", "",
		"not for --provider kind: where the nodes get the apps' image, which is pushed there; log in to its registry as for docker push")
	flags.BoolVar(&s.appPresent, "app-image-present", false, "the image is there already, or on a mirror of the nodes: push nothing")
}

// validate refuses settings that do not go together.
func (s *settings) validate() error {
	switch {
	case s.provider != "existing" && (s.install || s.gitAddress != ""):
		return fmt.Errorf("--install and --git-address (INSTALL, GIT_ADDRESS) are for --provider existing: provider %s always installs, and knows its address", s.provider)
	case s.provider != "existing" && (s.podStart != 0 || s.nodeLaunch != 0):
		return fmt.Errorf("--pod-start and --node-launch (POD_START, NODE_LAUNCH) are for --provider existing: of clusters of provider %s they are known", s.provider)
	case s.provider != "existing" && s.context != "":
		return fmt.Errorf("--context (KUBECONTEXT) is for --provider existing: provider %s makes a cluster, and proves nothing of %s", s.provider, s.context)
	case s.podStart < 0 || s.nodeLaunch < 0:
		return errors.New("--pod-start and --node-launch are how long something takes: give them as in 90s")
	case s.provider == "existing" && s.nodeLaunch == 0 && slices.Equal(s.suites, []string{"capacity"}):
		return errors.New("the suite capacity has Karpenter make nodes: say by --node-launch how long one takes on this cluster at most, as in 90s")
	case s.provider == "existing" && s.stack == charts:
		return errors.New("--stack charts is for clusters that scaleproof makes: what it puts on another it has to remove again")
	case s.provider == "kind" && (s.git.url != "" || s.appImage != ""):
		return errors.New("--git-url and --app-image (GIT_URL, APP_IMAGE) are for clusters that are elsewhere: kind has a git server and a registry beside it, so unset them")
	case s.gitAddress != "" && s.git.url != "":
		return errors.New("--git-address and --git-url are two places to deliver from: give one")
	case s.git.url != "" && !s.remote():
		return errors.New("--git-url is where the stack is delivered from: it needs --install")
	case s.appPresent && s.appImage == "":
		return errors.New("--app-image-present says that an image is there: say which one with --app-image")
	}
	return nil
}

// defaultProcs is how many specs run at a time where nobody says what the cluster
// carries: most of what they do is to wait.
const defaultProcs = 10

// specFlags are those of a run.
func (s *settings) specFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&s.suites, "suite", nil, "only these suites, with commas between")
	flags.StringVar(&s.focus, "focus", "", "only specs that prove a promise whose id matches this regular expression")
	s.procsFlag(flags)
	flags.StringVar(&s.mutant, "mutant", "", "break the stack in this way, or in all, to see the promises go red that guard it")
	flags.BoolVar(&s.keep, "keep", false, "keep the cluster, and use it again next time")
	flags.DurationVar(&s.podStart, "pod-start", 0,
		"for --provider existing: the longest that a pod takes there to be ready, once it is scheduled; "+existing.DefaultPodStart.String()+" if zero")
	flags.DurationVar(&s.nodeLaunch, "node-launch", 0,
		"for --provider existing: the longest that a node of Karpenter's takes there to be ready; if zero nothing of the suite capacity is proved")
	s.outFlag(flags)
}

// procsFlag is how many specs run at a time.
func (s *settings) procsFlag(flags *pflag.FlagSet) {
	flags.Var((*count)(&s.procs), "procs", "how many specs run at a time; unless given, as many as the cluster carries")
}

// outFlag is where reports lie.
func (s *settings) outFlag(flags *pflag.FlagSet) {
	flags.StringVar(&s.out, "out", "", "folder of reports; reports/out of the source tree if empty")
}

// describeVariables adds to each flag's help the variable that sets it.
func describeVariables(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if name, ok := variables[f.Name]; ok {
			f.Usage += " (or " + name + "=…)"
		}
	})
}

// readVariables sets the flags that are not given from the environment.
func readVariables(command *cobra.Command, _ []string) error {
	var failed error
	command.Flags().VisitAll(func(f *pflag.Flag) {
		value := os.Getenv(variables[f.Name])
		if variables[f.Name] == "" || value == "" || f.Changed || failed != nil {
			return
		}
		if err := command.Flags().Set(f.Name, value); err != nil {
			failed = fmt.Errorf("%s=%s: %w", variables[f.Name], value, err)
		}
	})
	return failed
}

// choice is a flag that takes one of a few words.
type choice struct {
	value   *string
	noun    string
	allowed []string
}

// String implements pflag.Value.
func (c *choice) String() string {
	if c.value == nil {
		return ""
	}
	return *c.value
}

// Set implements pflag.Value. The error lists the words.
func (c *choice) Set(word string) error {
	if !slices.Contains(c.allowed, word) {
		return fmt.Errorf("there is no %s %q, there are: %s", c.noun, word, strings.Join(c.allowed, ", "))
	}
	*c.value = word
	return nil
}

// Type implements pflag.Value.
func (c *choice) Type() string { return strings.Join(c.allowed, "|") }

// count is a flag that takes a number from one on. It is 0 where none is given.
type count int

// String implements pflag.Value.
func (c *count) String() string { return strconv.Itoa(int(*c)) }

// Set implements pflag.Value.
func (c *count) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is not a number from one on", text)
	}
	*c = count(n)
	return nil
}

// Type implements pflag.Value.
func (*count) Type() string { return "count" }
