package reports_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/reports"
)

// ginkgoReport was written by Ginkgo itself, of a suite that fails in every way
// a spec can, and cut down to the fields that matter.
func ginkgoReport(t *testing.T) types.Report {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "ginkgo.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []types.Report
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all[0]
}

func TestFromGinkgo(t *testing.T) {
	results, problems := reports.FromGinkgo(ginkgoReport(t))
	run := reports.Run{Results: results, Problems: problems}
	reports.Describe(run.Results, []promise.Promise{{ID: "metrics.fails", Level: promise.Should, Claim: "it does not fail"}})
	var got bytes.Buffer
	encoder := json.NewEncoder(&got)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(map[string]any{"results": run.Results, "problems": run.Problems}); err != nil {
		t.Fatal(err)
	}
	compare(t, "ginkgo_results.json", got.Bytes())
}

func TestRequestsOf(t *testing.T) {
	got, err := reports.RequestsOf(ginkgoReport(t))
	if err != nil {
		t.Fatal(err)
	}
	want := reports.Requests{Total: 6, ByKind: map[string]int{"get": 4, "watch": 2}} // of two processes
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestFromGinkgoTellsTheSuitesFailure(t *testing.T) {
	report := types.Report{
		SpecialSuiteFailureReasons: []string{"Interrupted by User"},
		SpecReports: types.SpecReports{
			{LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, State: types.SpecStateFailed, Failure: types.Failure{Message: "no such file: config.json"}},
			{LeafNodeType: types.NodeTypeIt, LeafNodeText: "never ran", LeafNodeLabels: []string{"metrics.one"}, State: types.SpecStateSkipped},
		},
	}
	results, problems := reports.FromGinkgo(report)
	if len(results) != 0 {
		t.Errorf("results of specs that never ran: %v", results)
	}
	want := []string{"suite: Interrupted by User", "SynchronizedBeforeSuite: no such file: config.json"}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
}

func TestSpecOfThisProcess(t *testing.T) {
	want := result("metrics", "one", promise.Must, promise.Kept, 1)
	want.Spec = "counts"
	report := types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: "counts", State: types.SpecStatePassed, LeafNodeLabels: []string{"metrics.one"},
		ReportEntries: types.ReportEntries{{Name: reports.PromiseEntry, Value: types.WrapEntryValue(want)}},
	}
	got, ok := reports.SpecOf(report)
	if diff := cmp.Diff([]reports.Result{want}, got.Results); !ok || diff != "" {
		t.Errorf("results (-want +got):\n%s", diff)
	}
	report.State, report.ReportEntries = types.SpecStateSkipped, nil
	if _, ok := reports.SpecOf(report); ok {
		t.Error("a spec that a filter left out has a result")
	}
}

// TestTimeoutTellsWhatItWaitedFor uses the words in which Ginkgo tells of it.
func TestTimeoutTellsWhatItWaitedFor(t *testing.T) {
	failure := types.Failure{Message: "A spec timeout occurred", AdditionalFailure: &types.AdditionalFailure{Failure: types.Failure{
		Message: "A spec timeout occurred and then the following failure was recorded in the timedout node before it exited:\nwaited for 5",
	}}}
	report := types.SpecReport{LeafNodeType: types.NodeTypeIt, LeafNodeLabels: []string{"metrics.one"}, State: types.SpecStateTimedout, Failure: failure}
	results, _ := reports.FromGinkgo(types.Report{SpecReports: types.SpecReports{report}})
	if len(results) != 1 || results[0].Error != "A spec timeout occurred: waited for 5" {
		t.Errorf("results %+v", results)
	}
}

func TestSpecsAreReadAsTheyEnd(t *testing.T) {
	path := filepath.Join(t.TempDir(), reports.SpecsFile)
	specs, offset, err := reports.ReadSpecs(path, 0)
	if err != nil || len(specs) != 0 || offset != 0 {
		t.Fatalf("a file that is not there: %v, %d, %v", specs, offset, err)
	}
	for _, spec := range ginkgoReport(t).SpecReports {
		s, ok := reports.SpecOf(spec)
		if !ok {
			continue
		}
		if err := s.Append(path); err != nil {
			t.Fatal(err)
		}
		var read []reports.Spec
		if read, offset, err = reports.ReadSpecs(path, offset); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]reports.Spec{s}, read); diff != "" {
			t.Errorf("spec (-appended +read):\n%s", diff)
		}
	}
	appendText(t, path, `{"name": "half a li`)
	if specs, after, err := reports.ReadSpecs(path, offset); err != nil || len(specs) != 0 || after != offset {
		t.Errorf("half a line was read: %v, %d, %v", specs, after, err)
	}
	appendText(t, path, "ne\"}\nno spec\n")
	if specs, _, err := reports.ReadSpecs(path, offset); err == nil || len(specs) != 1 {
		t.Errorf("read %v, error %v, want one spec and an error for the line after it", specs, err)
	}
}

func appendText(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
