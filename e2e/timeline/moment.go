// Package timeline holds what was seen of a running stack, and when: a list of
// moments, each the change of one field of one object. It uses the standard
// library alone, so that a stored run can be read and judged anywhere.
package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Kind names the sort of thing a moment is about. It is also the word that a
// failure prints, and the unit in which a recorder can be blind.
type Kind string

// The kinds that the recorders of package watch and the senders of package
// load write.
const (
	Load          Kind = "load"          // traffic, and gauges set by a spec
	Prometheus    Kind = "prometheus"    // a query answered by Prometheus itself
	Metric        Kind = "metric"        // the external metrics API
	Usage         Kind = "usage"         // the resource metrics API
	ScaledObject  Kind = "scaledobject"  // KEDA's object
	HPA           Kind = "hpa"           // the HorizontalPodAutoscaler
	Replicas      Kind = "replicas"      // the scale target
	Pod           Kind = "pod"           // pods of the app's namespace
	APIService    Kind = "apiservice"    // the aggregation layer
	Source        Kind = "source"        // Flux's GitRepository
	Kustomization Kind = "kustomization" // Flux's Kustomization
	Deployment    Kind = "deployment"    // deployments that nothing scales
	NodePool      Kind = "nodepool"      // Karpenter's pool of nodes
	NodeClaim     Kind = "nodeclaim"     // Karpenter's order of a node
	Node          Kind = "node"          // nodes of a pool
	Machine       Kind = "machine"       // what a provider has under a node
	Event         Kind = "event"         // what the scheduler and Karpenter say
	Panel         Kind = "panel"         // what a dashboard's panel draws
	Grafana       Kind = "grafana"       // what Grafana answers
	Act           Kind = "act"           // what a spec did: a commit, an edit
	Gap           Kind = "gap"           // a recorder that could not see
)

// Moment is one field of one object taking a value, as a recorder saw it.
type Moment struct {
	// At is when the recorder saw it. The truth changed in (At-Within, At].
	At time.Time `json:"at"`
	// Within is the error bound: zero for what a watch delivered, the time since
	// the sample before for what was sampled, and since a watch was certain to work
	// for what came when it was resumed.
	Within time.Duration `json:"within,omitempty"`
	Kind   Kind          `json:"kind"`
	Object string        `json:"object,omitempty"`
	Field  string        `json:"field,omitempty"`
	// Value is the field's number; for a condition 1 is true and 0 is not.
	Value float64 `json:"value"`
	// Text is the field's word where it has one: a reason, a revision.
	Text string `json:"text,omitempty"`
	// Gone tells that the object, or this field of it, is no more.
	Gone bool `json:"gone,omitempty"`
}

// Key names the field of the object that a moment is about.
type Key struct {
	Kind          Kind
	Object, Field string
}

// Key returns what the moment is about.
func (m Moment) Key() Key { return Key{m.Kind, m.Object, m.Field} }

// Same reports whether two moments tell the same of the same field, whenever
// they were seen.
func (m Moment) Same(o Moment) bool {
	return m.Key() == o.Key() && m.Value == o.Value && m.Text == o.Text && m.Gone == o.Gone
}

// Change tells what became of a field in a few words. before is the moment
// that it replaces; the zero Moment where there was none.
func (m Moment) Change(before Moment) string {
	name := strings.TrimSpace(m.Object + " " + m.Field)
	switch {
	case m.Gone:
		return name + " gone"
	case m.Text != "" && before.Text != "" && before.Text != m.Text && !before.Gone:
		return fmt.Sprintf("%s %s -> %s", name, before.Text, m.Text)
	case m.Text != "":
		return strings.TrimSpace(name + " " + m.Text)
	case before.At.IsZero() || before.Gone:
		return fmt.Sprintf("%s %s", name, Number(m.Value))
	default:
		return fmt.Sprintf("%s %s -> %s", name, Number(before.Value), Number(m.Value))
	}
}

// Number prints a value as a person would: 31 and 0.5, not 31.000000.
func Number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
