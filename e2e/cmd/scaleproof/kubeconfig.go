package main

import (
	"fmt"
	"os"
	"path/filepath"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/scaleproof/scaleproof/providers"
)

// kubeconfig returns the file and the context by which the specs reach the
// cluster: the cluster's own file, or one written into dir of what the settings
// name, which may be several files and the user's own.
func kubeconfig(cluster providers.Cluster, s settings, dir string) (path, context string, err error) {
	if holder, ok := cluster.(providers.KubeconfigHolder); ok {
		path, context = holder.Kubeconfig()
		return path, context, nil
	}
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = s.kubeconfig
	merged, err := rules.Load()
	if err != nil {
		return "", "", fmt.Errorf("kubeconfig: %w", err)
	}
	if s.context != "" {
		merged.CurrentContext = s.context
	}
	if err := api.MinifyConfig(merged); err != nil {
		return "", "", fmt.Errorf("kubeconfig: %w", err)
	}
	text, err := clientcmd.Write(*merged)
	if err != nil {
		return "", "", fmt.Errorf("kubeconfig: %w", err)
	}
	path = filepath.Join(dir, "kubeconfig")
	return path, merged.CurrentContext, os.WriteFile(path, text, 0o600)
}
