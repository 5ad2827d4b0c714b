package reports

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
)

// The names of the report entries by which the suite's process tells what it
// found. Their values are a Result, and a Requests.
const (
	PromiseEntry  = "promise"
	RequestsEntry = "requests"
)

// promiseLabel is the shape of a promise's id among the labels of a spec.
var promiseLabel = regexp.MustCompile(`^[a-z]+\.[a-z0-9]+(-[a-z0-9]+)*$`)

// FromGinkgo returns what the specs of a report found, and what kept the suite
// from finding more. Every promise that a spec which ran is labelled with has a
// result: its verdict, why the spec failed before it, or why it was skipped.
// Specs that a filter left out have none.
func FromGinkgo(report types.Report) (results []Result, problems []string) {
	for _, reason := range report.SpecialSuiteFailureReasons {
		problems = append(problems, "suite: "+reason)
	}
	for _, spec := range report.SpecReports {
		found, more := fromSpec(spec)
		results = append(results, found...)
		problems = append(problems, more...)
	}
	return results, problems
}

// RequestsOf adds up the API requests that the suite's processes counted.
func RequestsOf(report types.Report) (Requests, error) {
	var all Requests
	for _, spec := range report.SpecReports {
		for _, entry := range spec.ReportEntries {
			if entry.Name != RequestsEntry {
				continue
			}
			var part Requests
			if err := decode(entry.Value, &part); err != nil {
				return all, fmt.Errorf("count of requests: %w", err)
			}
			all.Add(part)
		}
	}
	return all, nil
}

// fromSpec returns what one spec found.
func fromSpec(spec types.SpecReport) (results []Result, problems []string) {
	failure := failureText(spec)
	if spec.LeafNodeType != types.NodeTypeIt {
		if failure != "" && !spec.State.Is(types.SpecStateSkipped) {
			problems = append(problems, spec.LeafNodeType.String()+": "+failure)
		}
		return nil, problems
	}
	if spec.State.Is(types.SpecStateSkipped) && failure == "" {
		return nil, nil // left out by a filter, or the run ended before it
	}
	results, problems = entries(spec)
	blamed := len(problems) > 0
	judged := map[string]bool{}
	for _, r := range results {
		judged[r.Promise] = true
		if r.Fails() && !blamed {
			blamed, failure = true, "not judged, since "+r.Headline()
		}
	}
	for _, id := range promises(spec) {
		if !judged[id] {
			results = append(results, unjudged(spec, id, failure))
			blamed = true
		}
	}
	if spec.State.Is(types.SpecStateFailureStates) && !blamed {
		problems = append(problems, spec.FullText()+": "+failure)
	}
	for _, more := range spec.AdditionalFailures {
		problems = append(problems, spec.FullText()+": "+message(more.Failure))
	}
	return results, problems
}

// entries returns the results that a spec added to its report.
func entries(spec types.SpecReport) (results []Result, problems []string) {
	for _, entry := range spec.ReportEntries {
		if entry.Name != PromiseEntry {
			continue
		}
		var r Result
		if err := decode(entry.Value, &r); err != nil {
			problems = append(problems, fmt.Sprintf("%s: unreadable result: %v", spec.FullText(), err))
			continue
		}
		r.Spec, r.Suite = spec.FullText(), suite(spec, r.Promise)
		results = append(results, r)
	}
	return results, problems
}

// unjudged is the result of a promise for which its spec has no verdict.
func unjudged(spec types.SpecReport, id, failure string) Result {
	r := Result{Spec: spec.FullText(), Suite: suite(spec, id)}
	r.Promise = id
	switch {
	case spec.State.Is(types.SpecStatePending):
		r.Skipped = "pending"
	case spec.State.Is(types.SpecStateSkipped):
		r.Skipped = failure
	case failure == "":
		r.Error = "the spec passed without judging this promise"
	default:
		r.Error = failure
	}
	return r
}

// promises returns the ids among the labels of a spec.
func promises(spec types.SpecReport) []string {
	var ids []string
	for _, label := range spec.Labels() {
		if promiseLabel.MatchString(label) {
			ids = append(ids, label)
		}
	}
	return ids
}

// suite is the label of the outermost container that has one, or what stands
// before the dot of the promise's id.
func suite(spec types.SpecReport, id string) string {
	for _, labels := range spec.ContainerHierarchyLabels {
		if len(labels) > 0 {
			return labels[0]
		}
	}
	name, _, _ := strings.Cut(id, ".")
	return name
}

func failureText(spec types.SpecReport) string {
	if spec.Failure.IsZero() {
		return ""
	}
	if spec.State.Is(types.SpecStateSkipped) {
		return spec.Failure.Message
	}
	return message(spec.Failure)
}

// message is a failure with the panic that caused it and the line it came from,
// without the machine's paths.
func message(f types.Failure) string {
	text := strings.TrimSpace(f.Message)
	if f.ForwardedPanic != "" {
		text += ": " + f.ForwardedPanic
	}
	if f.AdditionalFailure != nil { // of a timeout: what the spec was waiting for, below a line of Ginkgo's
		_, waited, _ := strings.Cut(f.AdditionalFailure.Failure.Message, "\n")
		text += ": " + strings.TrimSpace(waited)
	}
	if f.Location.FileName != "" {
		text += fmt.Sprintf(" (%s:%d)", filepath.Base(f.Location.FileName), f.Location.LineNumber)
	}
	return text
}

// decode reads the value of a report entry. Ginkgo has encoded it where the
// report came from a file, once more where the suite passed it as a string, and
// not yet where the report is of this process.
func decode(value types.ReportEntryValue, into any) error {
	text := []byte(value.AsJSON)
	if raw := value.GetRawValue(); value.AsJSON == "" && raw != nil {
		var err error
		if text, err = json.Marshal(raw); err != nil {
			return err
		}
	}
	var inner string
	if err := json.Unmarshal(text, &inner); err == nil {
		text = []byte(inner)
	}
	return json.Unmarshal(text, into)
}
