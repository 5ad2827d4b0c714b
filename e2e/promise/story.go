package promise

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e/hpa"
	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// storyLines is how many moments a failure prints before it elides the middle.
const storyLines = 40

// Story tells a verdict with what happened: the text of a failure. It is pure,
// so that a stored run can be told again.
func (v Verdict) Story(moments []timeline.Moment) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", v.Headline())
	row := func(name, text string) { fmt.Fprintf(&b, "  %-7s %s\n", name, text) }
	row("claim", v.Claim)
	for _, bound := range v.Bounds() {
		row(bound.Name, bound.Parts.String())
	}
	row("took", v.Duration())
	lines, spent := tell(moments, v.Since, v.Since.Add(v.Took))
	if spent != "" {
		row("spent", spent)
	}
	b.WriteByte('\n')
	for _, line := range elide(lines) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}

// component names who a stretch of time was spent in, by the kind of the
// moment that ended it.
var component = map[timeline.Kind]string{
	timeline.Prometheus: "Prometheus", timeline.Metric: "Prometheus and KEDA", timeline.ScaledObject: "KEDA",
	timeline.HPA: "HPA", timeline.Replicas: "pods", timeline.Pod: "pods", timeline.Deployment: "pods",
	timeline.Source: "Flux", timeline.Kustomization: "Flux", timeline.APIService: "aggregation layer",
	timeline.Usage: "metrics-server", timeline.Load: "load", timeline.Act: "spec",
	timeline.Panel: "Prometheus", timeline.Grafana: "Grafana",
	timeline.NodePool: "Karpenter", timeline.NodeClaim: "Karpenter", timeline.Node: "kubelet", timeline.Machine: "provider",
}

// waitedFor names the component that a moment ended the wait for. before is
// the moment that it replaces.
func waitedFor(m, before timeline.Moment) (name string, ok bool) {
	first := before.At.IsZero() || before.Gone
	switch {
	case m.Kind == timeline.NodeClaim && (m.Field == "Launched" || m.Gone), // it has the machine, or gave it back
		m.Kind == timeline.Node && first && !m.Gone: // the machine has started, and joined
		return "provider", true
	case m.Kind == timeline.Pod && m.Field == "failed": // refused or evicted
		return "kubelet", true
	case m.Kind == timeline.Node && (m.Field != "Ready" || m.Gone): // taints and deletion
		return "Karpenter", true
	}
	name, ok = component[m.Kind]
	return name, ok
}

// tell returns a line for each moment between from and to, and the sum of the
// seconds by the component that was waited for.
func tell(moments []timeline.Moment, from, to time.Time) (lines []string, spent string) {
	state := timeline.NewState()
	totals := map[string]time.Duration{}
	last := from
	for _, m := range moments {
		if m.At.After(to) {
			break
		}
		text := explain(state, m)
		before := state.Apply(m)
		if m.At.Before(from) || before.Same(m) || !telling(m, before) {
			continue
		}
		if name, ok := waitedFor(m, before); ok {
			totals[name] += m.At.Sub(last)
			last = m.At
		}
		lines = append(lines, strings.TrimRight(fmt.Sprintf("%8s  %-13s %s%s", offset(m.At, from), m.Kind, shorten(m.Change(before)), text), " "))
	}
	if rest := to.Sub(last); rest >= time.Second/10 {
		totals["nothing happening"] += rest
	}
	return lines, ranking(totals)
}

// headline is the field of each kind that is told when an object is first
// seen. Its other fields are told when they change.
var headline = map[timeline.Kind]string{
	timeline.ScaledObject: "Ready", timeline.HPA: "desired", timeline.Replicas: "ready", timeline.Deployment: "ready",
	timeline.Pod: "ready", timeline.Source: "Ready", timeline.Kustomization: "Ready", timeline.APIService: "Available",
	timeline.NodePool: "Ready", timeline.NodeClaim: "requests", timeline.Node: "Ready", timeline.Machine: "exists",
}

// quiet are fields that a person learns nothing from: another field of the same
// object, or of the object that owns it, says the same.
var quiet = map[timeline.Kind][]string{
	timeline.Pod:           {"phase", "scheduled"},
	timeline.Replicas:      {"replicas"},
	timeline.Deployment:    {"replicas"},
	timeline.HPA:           {"labels"},
	timeline.ScaledObject:  {"labels"},
	timeline.Kustomization: {"attempted", "handled"},
	timeline.NodePool:      {"cpu"},
	timeline.NodeClaim:     {"Ready", "labels", "pool", "arch", "node", "provider", "cpu"},
	timeline.Node:          {"labels", "pool", "type", "arch", "provider", "cpu"},
}

// telling reports whether a moment belongs in a story.
func telling(m, before timeline.Moment) bool {
	first := before.At.IsZero()
	name, has := headline[m.Kind]
	switch {
	case m.Kind == timeline.Gap:
		return !first || m.Value != 0 // a recorder that begins to see is no news
	case slices.Contains(quiet[m.Kind], m.Field), m.Kind == timeline.Event && !first:
		return false // events come again and again
	case first && m.Kind == timeline.NodeClaim && m.Value != 0:
		return true // a condition comes with its claim's status, and may be true from the start
	case m.Gone || (first && m.Kind != timeline.Pod):
		return !has || m.Field == name
	case first:
		return m.Field == name || m.Text != ""
	}
	return true
}

// explain says why an HPA asks for what it does, where the state tells.
func explain(s *timeline.State, m timeline.Moment) string {
	if m.Kind != timeline.HPA || m.Field != "desired" || m.Gone {
		return ""
	}
	low, okMin := s.Get(timeline.HPA, m.Object, "min")
	high, okMax := s.Get(timeline.HPA, m.Object, "max")
	target, okTarget := s.Get(timeline.HPA, m.Object, "target")
	value, okValue := s.Value(timeline.Metric, "value")
	current, okCurrent := s.Get(timeline.HPA, m.Object, "desired")
	if !okMin || !okMax || !okTarget || !okValue || !okCurrent || target.Value == 0 {
		return ""
	}
	spec := hpa.Spec{Min: int(low.Value), Max: int(high.Value), Target: target.Value}
	if spec.Step(int(current.Value), value) != int(m.Value) {
		return "" // another rule decided, and a wrong reason is worse than none
	}
	return " (" + spec.Explain(int(current.Value), value) + ")"
}

func ranking(totals map[string]time.Duration) string {
	var names []string
	for name, d := range totals {
		if d >= time.Second/10 {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if totals[a] != totals[b] {
			return int(totals[b] - totals[a])
		}
		return strings.Compare(a, b)
	})
	for i, name := range names {
		names[i] = name + " " + Seconds(totals[name])
	}
	return strings.Join(names, ", ")
}

// longest is how much of a moment a story prints: events may go on for lines.
const longest = 160

func shorten(text string) string {
	if runes := []rune(text); len(runes) > longest {
		return string(runes[:longest]) + "…"
	}
	return text
}

func elide(lines []string) []string {
	if len(lines) <= storyLines {
		return lines
	}
	half := storyLines / 2
	middle := fmt.Sprintf("%8s  %d more moments", "...", len(lines)-2*half)
	return slices.Concat(lines[:half], []string{middle}, lines[len(lines)-half:])
}
