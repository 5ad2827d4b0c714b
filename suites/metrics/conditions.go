package metrics

import (
	"strings"

	"github.com/scaleproof/scaleproof/e2e/hpa"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

const (
	firstMetric = stack.FirstMetric
	resourceAPI = stack.ResourceMetricsAPIService
	externalAPI = stack.ExternalMetricsAPIService
	customAPI   = stack.CustomMetricsAPIService
)

// served holds while the aggregator reaches the API's server.
func served(api string) timeline.Condition {
	return timeline.Condition{
		Text:  api + " is available",
		Kinds: []timeline.Kind{timeline.APIService},
		Holds: func(s *timeline.State) bool {
			m, ok := s.Get(timeline.APIService, api, "Available")
			return ok && m.Value == 1
		},
	}
}

var readsWhatWasSent = timeline.Condition{
	Text:  "the metric is the number of requests sent",
	Kinds: []timeline.Kind{timeline.Metric},
	Holds: func(s *timeline.State) bool {
		sent, known := s.Value(timeline.Load, "done")
		read, ok := s.Get(timeline.Metric, firstMetric, "value")
		return known && ok && sent > 0 && read.Value == sent
	},
}

var readsMoreThanWasSent = timeline.Condition{
	Text:  "the metric is more than the number of requests sent",
	Kinds: []timeline.Kind{timeline.Metric},
	Holds: func(s *timeline.State) bool {
		started, _ := s.Value(timeline.Load, "started") // none yet is 0
		read, ok := s.Get(timeline.Metric, firstMetric, "value")
		return ok && read.Value > started
	},
}

var threeSourcesAgree = timeline.Condition{
	Text:  "Prometheus = metrics API = HPA's average x its replicas",
	Kinds: []timeline.Kind{timeline.Prometheus, timeline.Metric, timeline.HPA},
	Holds: func(s *timeline.State) bool {
		prometheus, ok1 := s.Value(timeline.Prometheus, "value")
		read, ok2 := s.Get(timeline.Metric, firstMetric, "value")
		average, ok3 := s.Value(timeline.HPA, "average")
		current, ok4 := s.Value(timeline.HPA, "current")
		return ok1 && ok2 && ok3 && ok4 && prometheus == read.Value &&
			hpa.Shows(average, current, prometheus)
	},
}

// servedAsNamed asks the HPA for the names, since it is the HPA that must find
// the metrics, and the API for values under these names.
var servedAsNamed = timeline.Condition{
	Text:  "the HPA asks for the metrics by the names that the API serves",
	Kinds: []timeline.Kind{timeline.HPA, timeline.Metric},
	Holds: func(s *timeline.State) bool {
		triggers, ok1 := s.Only(timeline.Act, "expected")
		asked, ok2 := s.Only(timeline.HPA, "metrics")
		if !ok1 || !ok2 {
			return false
		}
		names := strings.Split(triggers.Text, ",")
		asks := strings.Split(asked.Text, "; ")
		if len(names) != len(asks) {
			return false
		}
		for i, name := range names {
			if _, served := s.Get(timeline.Metric, name, "value"); !served || !strings.HasPrefix(asks[i], name+"{") {
				return false
			}
		}
		return true
	},
}

var everyoneHasUsage = timeline.Condition{
	Text:  "CPU and memory of every node and every ready pod of the app",
	Kinds: []timeline.Kind{timeline.Usage, timeline.Pod},
	Holds: func(s *timeline.State) bool {
		nodes := s.All(timeline.Act, "node")
		for _, node := range nodes {
			cpu, ok1 := s.Get(timeline.Usage, node.Object, "cpu")
			memory, ok2 := s.Get(timeline.Usage, node.Object, "memory")
			if !ok1 || !ok2 || cpu.Value <= 0 || memory.Value <= 0 {
				return false
			}
		}
		pods := 0
		for _, pod := range s.All(timeline.Pod, "ready") {
			if pod.Value != 1 {
				continue
			}
			pods++
			_, cpu := s.Get(timeline.Usage, "pod/"+pod.Object, "cpu")
			memory, ok := s.Get(timeline.Usage, "pod/"+pod.Object, "memory")
			if !cpu || !ok || memory.Value <= 0 {
				return false
			}
		}
		return len(nodes) > 0 && pods > 0
	},
}
