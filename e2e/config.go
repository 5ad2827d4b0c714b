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
	// RunDir is where timelines go.
	RunDir string           `json:"runDir"`
	Traits providers.Traits `json:"traits"`
	Git    Git              `json:"git"`
	// Mutant names a way to break the stack; empty for none.
	Mutant string `json:"mutant,omitempty"`
}

// Git tells where the specs of delivery commit to.
type Git struct {
	// URL of the git server, as the cluster reaches it; empty where there is none.
	URL string `json:"url,omitempty"`
	// Root is the directory with the bare repositories it serves.
	Root string `json:"root,omitempty"`
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
