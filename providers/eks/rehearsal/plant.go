package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/kind"
)

// Limits of what is done in the background, where nobody waits.
const (
	furnishLimit = 2 * time.Minute // for what takes 10 s on a machine that does nothing else
	removeLimit  = 2 * time.Minute
	poolsLimit   = time.Minute
)

// plant makes the cluster of kind when the double of EKS is asked for one.
type plant struct {
	options Options
	webhook webhook
	who     awsdouble.Principal
	// begin is a context of the rehearsal's.
	begin func() (context.Context, context.CancelFunc)

	clearing sync.Mutex // held by clear

	mu       sync.Mutex
	cancel   context.CancelFunc // of the making; nil before the first
	made     chan struct{}      // closed when the making has ended
	plane    *cloud.DataPlane
	failed   error
	removing bool
	removed  bool
	stays    error
	end      func() // of the webhook; nil if it does not run
}

var _ cloud.Maker = (*plant)(nil)

func newPlant(ctx context.Context, options Options, of webhook, who awsdouble.Principal) *plant {
	return &plant{options: options, webhook: of, who: who, begin: func() (context.Context, context.CancelFunc) { return context.WithCancel(ctx) }}
}

// Make implements cloud.Maker.
func (p *plant) Make() {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := p.begin()
	made := make(chan struct{})
	p.cancel, p.made, p.plane, p.failed, p.removed, p.stays = cancel, made, nil, nil, false, nil
	go func() {
		defer close(made)
		plane, err := p.make(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.plane, p.failed = plane, err
	}()
}

// make makes the cluster, puts Karpenter on it and waits until that has its pools.
func (p *plant) make(ctx context.Context) (*cloud.DataPlane, error) {
	options := p.options.Kind
	options.TokenWebhook, options.KeepNetwork = p.authenticate, true
	provider, err := kind.New(options)
	if err != nil {
		return nil, err
	}
	cluster, err := provider.Up(ctx, p.options.Cluster)
	if err != nil {
		return nil, err
	}
	config := cluster.Config()
	begin := time.Now()
	if err := p.furnish(ctx, config); err != nil {
		return nil, fmt.Errorf("karpenter on the cluster: %w", err)
	}
	if err := guard(ctx, config, p.who, p.options.Cluster, p.options.Region); err != nil {
		return nil, err
	}
	p.options.Log("its node pools are there after %.1fs", time.Since(begin).Seconds())
	machines := p.watchMachines(ctx)
	return &cloud.DataPlane{
		Endpoint: config.Host, CA: config.CAData,
		Machines: machines.now,
		Pools:    func(pools []string) { p.setPools(ctx, config, pools) },
	}, nil
}

// furnish puts on the cluster what it has from the start.
func (p *plant) furnish(ctx context.Context, config *rest.Config) error {
	ctx, cancel := context.WithTimeoutCause(ctx, furnishLimit, errors.New("not there after "+furnishLimit.String()))
	defer cancel()
	return p.options.Apply(ctx, config, p.options.Karpenter)
}

// authenticate starts the webhook, in place of one that runs.
func (p *plant) authenticate(ctx context.Context, host string) ([]byte, error) {
	kubeconfig, end, err := p.webhook.start(ctx, host)
	if err != nil {
		return nil, err
	}
	p.endWebhook()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = end
	return kubeconfig, nil
}

func (p *plant) endWebhook() {
	p.mu.Lock()
	end := p.end
	p.end = nil
	p.mu.Unlock()
	if end != nil {
		end()
	}
}

// setPools removes the built-in pools that the cluster shall not have any more.
// The ones that it has were there before it was active, and those that are left
// when the cluster goes, which ends ctx, go with it.
func (p *plant) setPools(ctx context.Context, config *rest.Config, pools []string) {
	go func() {
		limited, done := context.WithTimeout(ctx, poolsLimit)
		defer done()
		err := p.options.Delete(limited, config, poolsBut(p.options.Karpenter, pools))
		if err != nil && ctx.Err() == nil {
			p.options.Log("the node pools of the rehearsal's cluster: %v", err)
		}
	}()
}

// poolsBut are the node pools among objects that are not to be kept.
func poolsBut(objects []*unstructured.Unstructured, kept []string) []*unstructured.Unstructured {
	return slices.DeleteFunc(slices.Clone(objects), func(object *unstructured.Unstructured) bool {
		return object.GetKind() != "NodePool" || slices.Contains(kept, object.GetName())
	})
}

// Made implements cloud.Maker.
func (p *plant) Made() (*cloud.DataPlane, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.plane, p.failed
}

// Remove implements cloud.Maker.
func (p *plant) Remove() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.removing {
		return
	}
	p.removing, p.removed, p.stays = true, false, nil
	ctx, cancel := p.begin()
	go func() {
		defer cancel()
		limited, done := context.WithTimeout(ctx, removeLimit)
		defer done()
		err := p.clear(limited, true)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.removing, p.removed, p.stays = false, err == nil, err
	}()
}

// Removed implements cloud.Maker.
func (p *plant) Removed() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.removed, p.stays
}

// clear ends the making, if it goes on, and removes what there is of the
// cluster, also the network that it is in, unless who else is in that stays. It
// does so once at a time.
func (p *plant) clear(ctx context.Context, stays bool) error {
	p.clearing.Lock()
	defer p.clearing.Unlock()
	p.mu.Lock()
	cancel, made := p.cancel, p.made
	p.mu.Unlock()
	if cancel != nil {
		cancel()
		select {
		case <-made:
		case <-ctx.Done():
			return fmt.Errorf("the cluster of the rehearsal is still being made: %w", context.Cause(ctx))
		}
	}
	options := p.options.Kind
	options.KeepNetwork = stays
	provider, err := kind.New(options)
	if err != nil {
		return err
	}
	cluster, err := provider.Find(ctx, p.options.Cluster)
	if err != nil {
		return err
	}
	err = cluster.Down(ctx)
	p.endWebhook()
	if err == nil {
		return nil
	}
	return errors.Join(err, fmt.Errorf("run `scaleproof rehearse --down --cluster-name %s`", p.options.Cluster))
}
