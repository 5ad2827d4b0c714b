package promise

import (
	"fmt"
	"strings"
	"time"
)

// Term is a named part of a limit, so many times.
type Term struct {
	Name  string
	Count int
}

// Times returns the term n times as long.
func (t Term) Times(n int) Term { t.Count *= n; return t }

// The vocabulary of limits. What each costs is read from the configuration in
// force when a spec proves the promise.
var (
	Scrape          = Term{"scrape", 1}               // the PodMonitor's interval
	KEDAScrape      = Term{"scrape of KEDA", 1}       // the interval of KEDA's own monitor
	KarpenterScrape = Term{"scrape of Karpenter", 1}  // the interval of Karpenter's own monitor
	SlowestScrape   = Term{"slowest scrape", 1}       // of the apps, of KEDA and of who tells of HPAs
	ScrapeDiscovery = Term{"scrape discovery", 1}     // until a new pod is a target
	KEDAPoll        = Term{"KEDA poll", 1}            // the ScaledObject's pollingInterval
	HPASync         = Term{"HPA sync", 1}             // the controller-manager's sync period
	PodStart        = Term{"pod start", 1}            // the cluster's trait
	UsageSample     = Term{"kubelet usage sample", 1} // from a pod's first to its second
	Resolution      = Term{"metric resolution", 1}    // metrics-server's
	Recheck         = Term{"APIService recheck", 1}   // the aggregator's
	FluxInterval    = Term{"Flux interval", 1}        // the source's
	FluxReapply     = Term{"Flux re-apply", 1}        // the Kustomization's interval, where nothing new comes
	FluxReconcile   = Term{"Flux reconcile", 1}       // from a request to a reconcile done
	FluxTimeout     = Term{"Flux timeout", 1}         // the Kustomization's, for what it applied to be ready
	FluxRequeue     = Term{"Flux requeue", 1}         // until a dependency is looked at again

	BatchMax            = Term{"Karpenter batch", 1}      // until it does, whatever pods come
	NodeLaunch          = Term{"node launch", 1}          // the cluster's trait
	ConsolidateAfter    = Term{"consolidateAfter", 1}     // the NodePool's
	DisruptionPoll      = Term{"disruption poll", 1}      // until Karpenter looks for nodes that may go
	DisruptionCheck     = Term{"disruption check", 1}     // until it looks again, to be sure
	NodeDrain           = Term{"node drain", 1}           // from a node's deletion to its end
	RegistrationTimeout = Term{"registration timeout", 1} // until a node that never joins is given up
)

// Limit is a sum of terms.
type Limit []Term

// Sum returns the limit that is made of the terms.
func Sum(terms ...Term) Limit { return terms }

// String prints the limit as PROMISES.md shows it.
func (l Limit) String() string {
	names := make([]string, len(l))
	for i, t := range l {
		names[i] = times(t.Count) + t.Name
	}
	return strings.Join(names, " + ")
}

// Costs tell how long each term takes once, by its name.
type Costs map[string]time.Duration

// Resolve gives every term its cost. A term of unknown cost is an error: a
// limit that is not known cannot be promised.
func (l Limit) Resolve(costs Costs) (Parts, error) {
	parts := make(Parts, 0, len(l))
	for _, t := range l {
		each, ok := costs[t.Name]
		if !ok {
			return nil, fmt.Errorf("nothing in force tells how long a %s takes", t.Name)
		}
		parts = append(parts, Part{Name: t.Name, Count: t.Count, Each: each})
	}
	return parts, nil
}

// Part is a term with its cost.
type Part struct {
	Name  string        `json:"name"`
	Count int           `json:"count"`
	Each  time.Duration `json:"each"`
}

// Parts are a resolved limit.
type Parts []Part

// Total is the sum of the parts.
func (p Parts) Total() time.Duration {
	var total time.Duration
	for _, part := range p {
		total += time.Duration(part.Count) * part.Each
	}
	return total
}

// Costs returns what each part costs once, so that a stored verdict can be
// judged again.
func (p Parts) Costs() Costs {
	costs := Costs{}
	for _, part := range p {
		costs[part.Name] = part.Each
	}
	return costs
}

// String prints the sum and its parts.
func (p Parts) String() string {
	terms := make([]string, len(p))
	for i, part := range p {
		terms[i] = times(part.Count) + part.Name + " " + Seconds(part.Each)
	}
	if len(terms) == 0 {
		return "none"
	}
	return Seconds(p.Total()) + " = " + strings.Join(terms, " + ")
}

func times(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf("%d x ", n)
}

// Seconds prints a duration in seconds to a tenth, the resolution that the
// suite measures with.
func Seconds(d time.Duration) string {
	return strings.TrimSuffix(fmt.Sprintf("%.1f", d.Seconds()), ".0") + "s"
}
