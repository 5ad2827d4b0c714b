package kind

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

const (
	// ClusterLabel is on every container of ours that kind did not make; its
	// value is the cluster's name. Give it to a node that is added by hand, and
	// Down removes that too.
	ClusterLabel = "scaleproof.dev/cluster"
	// markPath is where each node container has our folder mounted.
	markPath = "/etc/scaleproof"
	// kindLabel is kind's own, on every node container.
	kindLabel = "io.x-k8s.kind.cluster"
)

// container is what the engine knows of one, as far as it matters here.
type container struct {
	ID     string `json:"Id"`
	Name   string `json:"Name"`
	Image  string `json:"Image"`
	State  struct{ Running bool }
	Config struct{ Labels map[string]string }
	Mounts []struct{ Destination string }
}

// isNode tells whether kind takes the container for a node of the cluster.
func (c container) isNode(cluster string) bool { return c.Config.Labels[kindLabel] == cluster }

// claimLabel is on the containers that Karpenter's provider has made: nodes that
// come and go.
const claimLabel = "karpenter.sh/nodeclaim"

// isOurs looks for either mark.
func (c container) isOurs(cluster string) bool {
	if c.Config.Labels[ClusterLabel] == cluster {
		return true
	}
	return c.isNode(cluster) && slices.ContainsFunc(c.Mounts, func(m struct{ Destination string }) bool {
		return m.Destination == markPath
	})
}

// survey is what stands under a cluster's name.
type survey struct {
	// nodes and registry are ours; registry is nil if there is none.
	nodes    []container
	registry *container
	// foreign bear the cluster's name or label, but no mark of ours.
	foreign []container
}

// lasting are the nodes that the cluster was made with.
func (s survey) lasting() []container {
	return slices.DeleteFunc(slices.Clone(s.nodes), func(c container) bool { return c.Config.Labels[claimLabel] != "" })
}

// empty tells that nothing of ours is there.
func (s survey) empty() bool { return len(s.nodes) == 0 && s.registry == nil }

// ours are all of them.
func (s survey) ours() []container {
	all := slices.Clone(s.nodes)
	if s.registry != nil {
		all = append(all, *s.registry)
	}
	return all
}

// ids of all that is ours.
func (s survey) ids() []string {
	var ids []string
	for _, c := range s.ours() {
		ids = append(ids, c.ID)
	}
	return ids
}

func namesOf(all []container) string {
	var names []string
	for _, c := range all {
		names = append(names, strings.TrimPrefix(c.Name, "/"))
	}
	return strings.Join(names, ", ")
}

// taken is the error for a name under which something is not ours, or nil.
func (s survey) taken() error {
	if len(s.foreign) == 0 {
		return nil
	}
	return fmt.Errorf("the name is taken by containers that scaleproof did not make (%s): they are left alone; choose another cluster name",
		namesOf(s.foreign))
}

// registryName is the name of the registry's container.
func registryName(cluster string) string { return "scaleproof-" + cluster + "-registry" }

// registryHost is the name under which nodes reach the registry. kind gives
// nodes the proxy of its user, and has them reach names in .svc without it.
func registryHost(cluster string) string { return registryName(cluster) + ".svc" }

// nodeNames matches the names that kind gives to the nodes of a cluster.
func nodeNames(cluster string) *regexp.Regexp {
	return regexp.MustCompile("^/?" + regexp.QuoteMeta(cluster) + `-(control-plane|worker|external-load-balancer)\d*$`)
}

// classify tells ours from foreign among containers of any kind.
func classify(cluster string, all []container) survey {
	var s survey
	reserved := nodeNames(cluster)
	for _, c := range all {
		isRegistry := strings.TrimPrefix(c.Name, "/") == registryName(cluster)
		switch {
		case !isRegistry && !c.isNode(cluster) && !reserved.MatchString(c.Name):
			if c.isOurs(cluster) {
				s.nodes = append(s.nodes, c)
			}
		case !c.isOurs(cluster):
			s.foreign = append(s.foreign, c)
		case isRegistry:
			s.registry = &c
		default:
			s.nodes = append(s.nodes, c)
		}
	}
	return s
}

// look surveys the engine's containers, running or not.
func look(ctx context.Context, cluster string) (survey, error) {
	ids, err := engine.Run(ctx, "ps", "--all", "--quiet", "--no-trunc")
	if err != nil || ids == "" {
		return survey{}, err
	}
	text, err := engine.Run(ctx, append([]string{"container", "inspect"}, strings.Fields(ids)...)...)
	if err != nil && !engine.Said(err, "no such container") {
		// One that went meanwhile is no error: the others are printed all the same.
		return survey{}, err
	}
	var all []container
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return survey{}, fmt.Errorf("docker container inspect: %w", err)
	}
	return classify(cluster, all), nil
}
