package watch

import (
	"context"
	"fmt"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// Machines samples which machines exist that were made for a pool. What list
// returns are their ids, as in the providerID of Nodes.
func Machines(pool string, list func(context.Context) ([]string, error)) Sampler {
	return Sampler{Kind: timeline.Machine, Object: pool + "/machines", Read: func(ctx context.Context) ([]timeline.Moment, error) {
		ids, err := list(ctx)
		if err != nil {
			return nil, fmt.Errorf("list the machines of pool %s: %w", pool, err)
		}
		var moments []timeline.Moment
		for _, id := range ids {
			w := writer{kind: timeline.Machine, object: id}
			w.truth("exists", true, "")
			moments = append(moments, w.moments...)
		}
		return moments, nil
	}}
}
