package e2e

import (
	"context"
	"fmt"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

// Costs that are constants of Karpenter v1.14.
const (
	// disruptionPoll is how long its disruption controller rests between two
	// looks (pkg/controllers/disruption, pollingPeriod).
	disruptionPoll = 10 * time.Second
	// disruptionCheck is how long it waits before it looks again at what it
	// wants to consolidate. The controller does nothing else meanwhile, for no
	// pool (commandValidationDelay).
	disruptionCheck = 15 * time.Second
	// nodeDrain is 5 s that every node is drained for (node/termination,
	// MinDrainTime), and 5 s until the provider is asked whether the machine is
	// gone (nodeclaim/lifecycle). For pods that do not go at once and for the
	// provider comes what a node's launch may take: its end is no more work.
	nodeDrain = 10 * time.Second
	// registrationTimeout is when a node that has not joined is given up
	// (nodeclaim/lifecycle, registrationTimeout).
	registrationTimeout = 15 * time.Minute
)

// batching are Karpenter's settings that say when it makes nodes for pods, and
// its own defaults. They are read where it runs as a Deployment; a managed one
// does not show them.
var batching = []struct {
	term              promise.Term
	environment, flag string
	fallback          time.Duration
}{
	{promise.BatchMax, "BATCH_MAX_DURATION", "--batch-max-duration", 10 * time.Second},
}

// nodeCosts reads what a scene with pools of nodes needs.
func (s *Scene) nodeCosts(ctx context.Context, costs promise.Costs) error {
	if len(s.pools) == 0 {
		return nil
	}
	if launch := s.env.config.Traits.NodeLaunch; launch > 0 {
		costs[promise.NodeLaunch.Name] = launch
	}
	// What a spec has promised rules over what is in force: a pool that is told
	// otherwise breaks its promise.
	for _, kind := range []timeline.Kind{timeline.NodePool, timeline.Act} {
		if after, ok := s.Now().Value(kind, "consolidateAfter"); ok {
			costs[promise.ConsolidateAfter.Name] = time.Duration(after * float64(time.Second))
		}
	}
	costs[promise.DisruptionPoll.Name] = disruptionPoll
	costs[promise.DisruptionCheck.Name] = disruptionCheck
	costs[promise.NodeDrain.Name] = nodeDrain + s.env.config.Traits.NodeLaunch
	costs[promise.RegistrationTimeout.Name] = registrationTimeout
	var deployment appsv1.Deployment
	err := s.env.client.Resources().Get(ctx, stack.Karpenter, stack.KarpenterNamespace, &deployment)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("read Karpenter's settings in force: %w", err)
	}
	return setBatching(costs, deployment.Spec.Template.Spec.Containers)
}

// setBatching takes Karpenter's settings from its containers. A flag rules over
// the environment.
func setBatching(costs promise.Costs, containers []corev1.Container) error {
	for _, setting := range batching {
		costs[setting.term.Name] = setting.fallback
		for _, container := range containers {
			var given []string
			for _, variable := range container.Env {
				if variable.Name == setting.environment && variable.Value != "" {
					given = append(given, variable.Value)
				}
			}
			for _, arg := range container.Args {
				if text, found := strings.CutPrefix(arg, setting.flag+"="); found {
					given = append(given, text)
				}
			}
			for _, text := range given {
				value, err := time.ParseDuration(text)
				if err != nil {
					return fmt.Errorf("%s of Karpenter: %w", setting.environment, err)
				}
				costs[setting.term.Name] = value
			}
		}
	}
	return nil
}
