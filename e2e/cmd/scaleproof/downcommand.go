package main

import "strings"

// downCommand is what to type to remove what these settings make. It says which
// cluster, since the one that is meant without may be another.
func (s settings) downCommand() string {
	words := []string{"scaleproof", "down", "--provider", s.provider, "--cluster-name", s.cluster}
	if s.kubeconfig != "" && s.provider == "existing" {
		words = append(words, "--kubeconfig", s.kubeconfig)
	}
	if s.context != "" && s.provider == "existing" {
		words = append(words, "--context", s.context)
	}
	return strings.Join(words, " ")
}
