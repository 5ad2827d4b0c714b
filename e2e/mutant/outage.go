package mutant

import (
	"context"
	"fmt"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// outage takes a Deployment of the stack away, and back.
type outage struct {
	namespace, deployment string
	// api is the APIService that it serves; empty for none.
	api string
}

// begin returns once no pod is left and the aggregator, where it is concerned,
// has noticed. An outage that has begun, or whose end was cut off, is begun again.
func (o outage) begin(ctx context.Context, c cluster) error {
	deployment, err := o.get(ctx, c)
	if err != nil {
		return fmt.Errorf("find Deployment %s/%s to take it away: %w", o.namespace, o.deployment, err)
	}
	had, found, _ := unstructured.NestedInt64(deployment.Object, "spec", "replicas")
	if !found {
		had = 1 // the API's default
	}
	if err := o.scale(ctx, c, 0, hadReplicas.set(deployment, strconv.FormatInt(had, 10))); err != nil {
		return err
	}
	selector, _, _ := unstructured.NestedStringMap(deployment.Object, "spec", "selector", "matchLabels")
	if err := c.noPods(ctx, o.namespace, labels.SelectorFromSet(selector)); err != nil {
		return err
	}
	return o.notice(ctx, c, false)
}

// end returns once the Deployment has all its replicas again and serves. It
// does nothing to one that has lost none, or that the cluster does not have.
func (o outage) end(ctx context.Context, c cluster) error {
	deployment, err := o.get(ctx, c)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find Deployment %s/%s to bring it back: %w", o.namespace, o.deployment, err)
	}
	had, begun := hadReplicas.on(deployment)
	if !begun {
		return nil
	}
	replicas, err := strconv.ParseInt(had, 10, 32)
	if err != nil {
		return fmt.Errorf("annotation %s of Deployment %s/%s: %w", hadReplicas, o.namespace, o.deployment, err)
	}
	if err := o.scale(ctx, c, replicas, map[string]any{}); err != nil {
		return err
	}
	if err := c.available(ctx, o.namespace, o.deployment); err != nil {
		return err
	}
	if err := o.notice(ctx, c, true); err != nil {
		return err
	}
	return hadReplicas.takeOff(ctx, c, deployments, deployment)
}

func (o outage) get(ctx context.Context, c cluster) (*unstructured.Unstructured, error) {
	return c.objects.Resource(deployments).Namespace(o.namespace).Get(ctx, o.deployment, metav1.GetOptions{})
}

// scale sets the replicas and the annotations; those that are nil go.
func (o outage) scale(ctx context.Context, c cluster, replicas int64, annotations map[string]any) error {
	err := c.patch(ctx, deployments, o.namespace, o.deployment, types.MergePatchType, map[string]any{
		"metadata": map[string]any{"annotations": annotations},
		"spec":     map[string]any{"replicas": replicas},
	})
	if err != nil {
		return fmt.Errorf("give Deployment %s/%s %d replicas: %w", o.namespace, o.deployment, replicas, err)
	}
	return nil
}

// notice waits until the aggregator has seen whether the API is served.
func (o outage) notice(ctx context.Context, c cluster, served bool) error {
	if o.api == "" {
		return nil
	}
	return c.served(ctx, o.api, served)
}
