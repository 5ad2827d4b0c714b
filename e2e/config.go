package e2e

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/scaleproof/scaleproof/providers"
)

// ConfigVariable is the environment variable that holds the path of the
// suite process's configuration.
const ConfigVariable = "SCALEPROOF_CONFIG"

// Config is what a run tells the processes that run its specs.
type Config struct {
	// Kubeconfig and Context reach the cluster, whose stack is installed.
	Kubeconfig string `json:"kubeconfig"`
	Context    string `json:"context,omitempty"`
	// Provider and Cluster name who made the cluster, and what it calls it.
	Provider string `json:"provider,omitempty"`
	Cluster  string `json:"cluster,omitempty"`
	// Cloud is where the provider finds the cluster's machines; zero if in no cloud.
	Cloud Cloud `json:"cloud,omitzero"`
	// Run is the id of the run.
	Run string `json:"run"`
	// RunDir is where timelines go.
	RunDir string           `json:"runDir"`
	Traits providers.Traits `json:"traits"`
	Git    Git              `json:"git"`
	// AppImage is where nodes get the image of the apps; empty is the name that
	// the fixtures have it by.
	AppImage string `json:"appImage,omitempty"`
	// Mutant names a way to break the stack; empty for none.
	Mutant string `json:"mutant,omitempty"`
}

// Cloud is a region, and the accounts in it that may be used.
type Cloud struct {
	Region   string   `json:"region,omitempty"`
	Accounts []string `json:"accounts,omitempty"`
}

// Git tells where the specs of delivery commit to.
type Git struct {
	// URL of the git server, as the cluster reaches it; empty where there is none.
	URL string `json:"url,omitempty"`
	// Root is the directory with the bare repositories it serves.
	Root string `json:"root,omitempty"`
	// Remote is someone's own repository to use instead; nil if there is none.
	Remote *RemoteGit `json:"remote,omitempty"`
}

// RemoteGit is someone's own repository, in which we have some branches.
type RemoteGit struct {
	// PushURL and Username are for us. The token is in the environment, in the
	// variable of that name.
	PushURL       string `json:"pushURL"`
	Username      string `json:"username,omitempty"`
	TokenVariable string `json:"tokenVariable"`
	// URL is for the cluster. Private tells that Flux needs its Secret to read it.
	URL     string `json:"url"`
	Private bool   `json:"private"`
	// Base begins the name of every branch.
	Base string `json:"base"`
	// Local is the directory of our own copies.
	Local string `json:"local"`
}

// labels are those of the namespaces that the specs make.
func (c Config) labels() map[string]string {
	return map[string]string{RunLabel: c.Run, MutantLabel: c.Mutant}
}

// Configured tells whether this process is one that a run has started.
func Configured() bool { return os.Getenv(ConfigVariable) != "" }

// LoadConfig reads the configuration that ConfigVariable points to.
func LoadConfig() (Config, error) {
	var config Config
	path := os.Getenv(ConfigVariable)
	if path == "" {
		return config, fmt.Errorf("%s is not set: run the suites by `scaleproof run` or `make e2e-kind`", ConfigVariable)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return config, fmt.Errorf("suite configuration: %w", err)
	}
	if err := json.Unmarshal(data, &config); err != nil {
		return config, fmt.Errorf("suite configuration %s: %w", path, err)
	}
	return config, nil
}

// Save writes the configuration to a file that only its owner may read.
func (c Config) Save(path string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}
