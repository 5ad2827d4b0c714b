package main

import (
	"github.com/scaleproof/scaleproof/fixtures/images/process"
	"github.com/scaleproof/scaleproof/providers/existing"
)

// downCommand is what to type to remove what these settings make. It says which
// cluster, since the one that is meant without may be another.
func (s settings) downCommand() string {
	words := []string{"down", "--provider", s.provider, "--cluster-name", s.cluster}
	if s.provider == "existing" {
		if s.kubeconfig != "" {
			words = append(words, "--kubeconfig", s.kubeconfig)
		}
		context := s.context
		if current, _, err := s.existing().Place(); err == nil {
			context = current // which may be another when the command is typed
		}
		if context != "" {
			words = append(words, "--context", context)
		}
	}
	return process.Command{Name: "scaleproof", Args: words}.String()
}

// existing is a cluster that others have made, as far as its kubeconfig tells of it.
func (s settings) existing() *existing.Provider {
	return existing.New(existing.Options{Kubeconfig: s.kubeconfig, Context: s.context})
}
