package eks

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/google/renameio/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks/control"
	"github.com/scaleproof/scaleproof/providers/eks/token"
	"github.com/scaleproof/scaleproof/providers/traits"
)

const (
	// answerLimit is how long the API of an active cluster may take to answer,
	// and to have its pools: its name is new to every resolver.
	answerLimit = 5 * time.Minute
	// podStart is the longest that a pod takes to be ready on a node that is
	// there: 2 s to be scheduled and started, up to 10 s for a small image from a
	// public registry that the node has not seen, and readiness probed every 5 s.
	podStart = 20 * time.Second
	// nodeLaunch is the longest that Auto Mode takes for a machine. The seed saw
	// pods on machines that were claimed 71 and 86 s before; half a minute more
	// is for a busy region.
	nodeLaunch = 2 * time.Minute
)

// nodePools is Karpenter's resource, which Auto Mode serves.
var nodePools = schema.GroupVersionResource{Group: "karpenter.sh", Version: "v1", Resource: "nodepools"}

// access is where the API of an active control plane is.
func (c *cluster) access(plane *types.Cluster) (token.Cluster, error) {
	if plane.CertificateAuthority == nil || plane.Endpoint == nil {
		return token.Cluster{}, fmt.Errorf("EKS tells no endpoint of cluster %s, which is %s", c.name, plane.Status)
	}
	ca, err := base64.StdEncoding.DecodeString(aws.ToString(plane.CertificateAuthority.Data))
	if err != nil {
		return token.Cluster{}, fmt.Errorf("the certificate of cluster %s: %w", c.name, err)
	}
	return token.Cluster{Name: c.name, Endpoint: aws.ToString(plane.Endpoint), CA: ca}, nil
}

// connect writes the kubeconfig, waits for the API and its pools, and looks at
// the cluster's traits.
func (c *cluster) connect(ctx context.Context, plane *types.Cluster) error {
	at, err := c.access(plane)
	if err != nil {
		return err
	}
	file, err := at.Kubeconfig(token.Plugin{
		Command: c.options.Command, Args: []string{"token", "--cluster-name", c.name, "--region", c.reach.account.Region},
	})
	if err != nil {
		return err
	}
	if err := replace(c.kubeconfig(), file); err != nil {
		return err
	}
	c.config = at.Config(c.reach.account.Config())
	pools, err := c.awaitPools(ctx)
	if err != nil {
		return err
	}
	sync, err := hpaSync(plane)
	if err != nil {
		return err
	}
	c.traits = providers.Traits{
		HPASync: sync, PodStart: podStart, NodeLaunch: nodeLaunch, RealNodes: true, Architectures: architectures(pools),
	}
	return nil
}

// awaitPools waits until the API serves and has the built-in pools.
func (c *cluster) awaitPools(ctx context.Context) ([]unstructured.Unstructured, error) {
	ctx, cancel := c.reach.account.Pace.Deadline(ctx, answerLimit, "the cluster's API has no node pools %v", control.Pools())
	defer cancel()
	// A request that hangs must not use up the limit.
	config := rest.CopyConfig(c.config)
	config.Timeout, config.QPS = requestLimit, -1
	finder, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	var found []unstructured.Unstructured
	var last error
	err = c.reach.account.Pace.Until(ctx, func(ctx context.Context) (bool, error) {
		_, err := finder.RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		var list *unstructured.UnstructuredList
		if err == nil {
			list, err = client.Resource(nodePools).List(ctx, metav1.ListOptions{})
		}
		if ctx.Err() == nil {
			last = err // and not that the time is over
		}
		if err == nil {
			found = list.Items
		}
		return err == nil && has(found, control.Pools()), nil
	})
	if err != nil && last != nil {
		err = fmt.Errorf("%w: %w", err, last)
	}
	return found, err
}

// has tells whether all of the names are among the objects'.
func has(objects []unstructured.Unstructured, names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool {
		return !slices.ContainsFunc(objects, func(o unstructured.Unstructured) bool { return o.GetName() == name })
	})
}

// architectures are those that any pool may launch.
func architectures(pools []unstructured.Unstructured) []string {
	found := map[string]bool{}
	for _, pool := range pools {
		requirements, _, _ := unstructured.NestedSlice(pool.Object, "spec", "template", "spec", "requirements")
		for _, entry := range requirements {
			requirement, _ := entry.(map[string]any)
			if values, _, _ := unstructured.NestedStringSlice(requirement, "values"); requirement["key"] == "kubernetes.io/arch" && requirement["operator"] == "In" {
				for _, value := range values {
					found[value] = true
				}
			}
		}
	}
	if len(found) == 0 {
		return []string{"amd64"} // what a pool without a word about it launches
	}
	return slices.Sorted(maps.Keys(found))
}

// hpaSync is the period that EKS says, or Kubernetes' own.
func hpaSync(plane *types.Cluster) (time.Duration, error) {
	manager := plane.KubeControllerManagerConfig
	if manager == nil || manager.HorizontalPodAutoscalerControllerConfig == nil ||
		aws.ToString(manager.HorizontalPodAutoscalerControllerConfig.HorizontalPodAutoscalerSyncPeriod) == "" {
		return traits.DefaultHPASync, nil
	}
	period, err := time.ParseDuration(*manager.HorizontalPodAutoscalerControllerConfig.HorizontalPodAutoscalerSyncPeriod)
	if err != nil {
		return 0, fmt.Errorf("the HPA's sync period that EKS tells: %w", err)
	}
	return period, nil
}

// replace writes a file that only its owner reads, in one step.
func replace(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o600)
}
