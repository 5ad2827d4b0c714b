package reports_test

import (
	"bytes"
	"encoding/xml"
	"slices"
	"testing"

	"github.com/onsi/ginkgo/v2/reporters"
)

// TestJUnitIsRead reads what is written by a reader that is not ours, and adds
// up what it says.
func TestJUnitIsRead(t *testing.T) {
	dir := runDir(t)
	for name, run := range runs(t, dir) {
		t.Run(name, func(t *testing.T) {
			var text bytes.Buffer
			if err := run.JUnit(&text, dir); err != nil {
				t.Fatal(err)
			}
			var all reporters.JUnitTestSuites
			if err := xml.Unmarshal(text.Bytes(), &all); err != nil {
				t.Fatal(err)
			}
			var names []string
			tests, failures, errors := 0, 0, 0
			for _, suite := range all.TestSuites {
				if suite.Tests != len(suite.TestCases) {
					t.Errorf("suite %s says it has %d tests and has %d", suite.Name, suite.Tests, len(suite.TestCases))
				}
				for _, c := range suite.TestCases {
					names = append(names, c.Name)
					tests++
					if c.Failure != nil {
						failures++
					}
					if c.Error != nil {
						errors++
					}
				}
			}
			if all.Tests != tests || all.Failures != failures || all.Errors != errors {
				t.Errorf("says %d tests, %d failures, %d errors; has %d, %d, %d", all.Tests, all.Failures, all.Errors, tests, failures, errors)
			}
			if slices.Sort(names); len(slices.Compact(names)) != tests {
				t.Errorf("a promise has two test cases: %v", names)
			}
			if red := failures+errors > 0; red != (run.Decide().ExitCode() != 0) {
				t.Errorf("%d failures and %d errors of a run that is %s", failures, errors, run.Decide())
			}
		})
	}
}
