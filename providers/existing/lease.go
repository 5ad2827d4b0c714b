package existing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	coordination "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"
)

// The Lease by which one command has a cluster for itself. It is not in a namespace
// of the stack, which goes.
const (
	leaseNamespace = metav1.NamespaceSystem
	leaseName      = "scaleproof"
)

// A holder that has died is one for leaseDuration after it was last seen. One that
// lives has an API server that does not answer for renewDeadline to get over.
const (
	leaseDuration = 30 * time.Second
	renewDeadline = 20 * time.Second
	retryPeriod   = 4 * time.Second
	// leasePatience sees the lease of who has died end.
	leasePatience = leaseDuration + 3*retryPeriod
)

// Holding is a cluster that one command has for itself.
type Holding struct {
	leases coordinationclient.LeaseInterface
	holder string
	cancel context.CancelFunc // renews no more
	over   chan struct{}      // closed when it does not
}

// Hold has a cluster, of all machines, for the one command that is called holder: one
// that installs on it, or removes what was installed. It waits for who has died, and
// tells so; the error names who lives.
func Hold(ctx context.Context, config *rest.Config, holder string, tell func(format string, args ...any)) (*Holding, error) {
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return hold(ctx, client.CoordinationV1(), holder, tell)
}

func hold(ctx context.Context, client coordinationclient.CoordinationV1Interface, holder string, tell func(format string, args ...any)) (*Holding, error) {
	h := &Holding{leases: client.Leases(leaseNamespace), holder: holder, over: make(chan struct{})}
	lease, err := h.read(ctx)
	if err != nil {
		return nil, err
	}
	if other := holderOf(lease); other != "" {
		tell("%s has the cluster, or has died: waiting to see which", other)
	}
	held := make(chan struct{})
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: &resourcelock.LeaseLock{
			LeaseMeta: metav1.ObjectMeta{Namespace: leaseNamespace, Name: leaseName}, Client: client,
			LockConfig: resourcelock.ResourceLockConfig{Identity: holder},
		},
		LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { close(held) },
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return nil, err
	}
	// It is held until it is released, also by who is interrupted: what was made is
	// removed then. Its log is for who watches a controller.
	electing, cancel := context.WithCancel(klog.NewContext(context.WithoutCancel(ctx), logr.Discard()))
	h.cancel = cancel
	go func() {
		defer close(h.over)
		elector.Run(electing)
	}()
	select {
	case <-held:
		return h, nil
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), h.Release(ctx))
	case <-time.After(leasePatience):
		return nil, errors.Join(h.refusal(ctx), h.Release(ctx))
	}
}

// refusal says why the cluster is not to be had.
func (h *Holding) refusal(ctx context.Context) error {
	lease, err := h.read(ctx)
	switch {
	case err != nil:
		return err
	case holderOf(lease) == "":
		return fmt.Errorf("no Lease %s/%s could be made within %v: may this user create and update it?", leaseNamespace, leaseName, leasePatience)
	default:
		return fmt.Errorf("%s installs on the cluster, or removes from it: wait until it has ended, or stop it", holderOf(lease))
	}
}

// Lost tells, once nobody renews the lease any more, that another command may have it.
func (h *Holding) Lost() bool {
	select {
	case <-h.over:
		return true
	default:
		return false
	}
}

// Release gives the cluster to others, and leaves no Lease on it.
func (h *Holding) Release(ctx context.Context) error {
	h.cancel()
	<-h.over
	ctx, cancel := withAnswerLimit(context.WithoutCancel(ctx))
	defer cancel()
	lease, err := h.read(ctx)
	if err != nil || holderOf(lease) != h.holder {
		return err
	}
	// Another one may have got it in the meantime.
	err = h.leases.Delete(ctx, leaseName, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &lease.UID, ResourceVersion: &lease.ResourceVersion},
	})
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return fmt.Errorf("delete Lease %s/%s: %w", leaseNamespace, leaseName, errors.Join(err, context.Cause(ctx)))
}

// read returns the lease; nil if there is none.
func (h *Holding) read(ctx context.Context) (*coordination.Lease, error) {
	lease, err := h.leases.Get(ctx, leaseName, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read Lease %s/%s, by which one command at a time has the cluster: %w", leaseNamespace, leaseName, err)
	default:
		return lease, nil
	}
}

// holderOf is who has a lease; empty for nobody.
func holderOf(lease *coordination.Lease) string {
	if lease == nil || lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}
