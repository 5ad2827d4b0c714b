package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
)

// The elements of JUnit's XML, with only what the common parsers agree on.
type (
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Time      string       `xml:"time,attr"`
		Timestamp string       `xml:"timestamp,attr"`
		Suites    []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Time       string           `xml:"time,attr"`
		Timestamp  string           `xml:"timestamp,attr"`
		Properties *junitProperties `xml:"properties"`
		Cases      []junitCase      `xml:"testcase"`

		total time.Duration
	}
	junitProperties struct {
		List []junitProperty `xml:"property"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name       string           `xml:"name,attr"`
		Class      string           `xml:"classname,attr"`
		Time       string           `xml:"time,attr"`
		Properties *junitProperties `xml:"properties"`
		Skipped    *junitText       `xml:"skipped"`
		Error      *junitText       `xml:"error"`
		Failure    *junitText       `xml:"failure"`
		Output     *junitOutput     `xml:"system-out"`
	}
	junitText struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
		Text    string `xml:",cdata"`
	}
	junitOutput struct {
		Text string `xml:",cdata"`
	}
)

// JUnit writes the run as JUnit XML: one test case per promise, of which the
// worst result counts. In a run with a mutant a test case passes where the
// promise is what it must be: broken if the mutant names it, and kept if not. A
// run of several mutants has one test case per mutant. Timelines are read from
// dir.
func (r *Run) JUnit(w io.Writer, dir string) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(r.junit(dir)); err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (r *Run) junit(dir string) junitSuites {
	all := junitSuites{Name: "scaleproof", Timestamp: junitTimestamp(r.Started), Time: junitSeconds(r.Finished.Sub(r.Started))}
	for _, group := range r.bySuite() {
		suite := junitSuite{Name: group.name, Timestamp: all.Timestamp, Properties: r.junitProperties()}
		for _, p := range group.promises {
			suite.add(p.junit(dir), p.worst.Took)
		}
		all.Suites = append(all.Suites, suite)
	}
	if len(r.Mutants) > 0 {
		suite := junitSuite{Name: "mutants", Timestamp: all.Timestamp, Properties: r.junitProperties()}
		for _, m := range r.Mutants {
			suite.add(m.junit())
		}
		all.Suites = append(all.Suites, suite)
	}
	if problems := r.failures(); len(problems) > 0 {
		// A parser that sees test cases only must see these too.
		suite := junitSuite{Name: "run", Timestamp: all.Timestamp, Properties: r.junitProperties()}
		suite.add(junitCase{
			Name: "run.completes", Class: "run", Time: junitSeconds(0),
			Error: &junitText{Message: firstLine(problems[0]), Type: string(Incomplete), Text: plain(strings.Join(problems, "\n"))},
		}, 0)
		all.Suites = append(all.Suites, suite)
	}
	for _, suite := range all.Suites {
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Skipped += suite.Skipped
	}
	return all
}

func (s *junitSuite) add(c junitCase, took time.Duration) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.total += took
	s.Time = junitSeconds(s.total)
}

func (r *Run) junitProperties() *junitProperties {
	var p *junitProperties
	return p.add("run", r.ID).add("provider", r.Provider).add("cluster", r.Cluster).add("mutant", r.Mutant)
}

// add returns the properties with one more, unless it is empty. No properties
// are nil: some parsers refuse an empty list.
func (p *junitProperties) add(name, value string) *junitProperties {
	if value == "" {
		return p
	}
	if p == nil {
		p = &junitProperties{}
	}
	p.List = append(p.List, junitProperty{name, value})
	return p
}

// junit is the test case of a promise.
func (p judged) junit(dir string) junitCase {
	v := p.worst
	c := junitCase{Name: v.Promise, Class: v.Suite, Time: junitSeconds(v.Took)}
	c.Properties = v.junitProperties()
	headline := p.line()
	switch p.standing {
	case standingSkipped:
		c.Skipped = &junitText{Message: headline}
	case standingUnjudged:
		c.Error = &junitText{Message: headline, Type: v.kind(), Text: p.stories(dir)}
	case standingBroken:
		c.Failure = &junitText{Message: headline, Type: v.kind(), Text: p.stories(dir)}
	case standingSurvived:
		c.Failure = &junitText{Message: headline, Type: string(Survived), Text: p.stories(dir)}
	case standingNoted, standingKilled:
		c.Output = &junitOutput{p.stories(dir)}
	case standingKept:
	}
	return c
}

func (r Result) junitProperties() *junitProperties {
	var p *junitProperties
	p = p.add("level", string(r.Level)).add("outcome", string(r.Outcome)).add("claim", r.Claim)
	if r.Outcome != "" {
		p = p.add("took", promise.Seconds(r.Took))
	}
	for _, bound := range r.Bounds() {
		p = p.add(strings.ReplaceAll(bound.Name, " ", "-"), bound.Parts.String())
	}
	return p
}

// kind is the word for what went wrong: a verdict's outcome, or "error".
func (r Result) kind() string {
	if r.Error != "" {
		return "error"
	}
	return string(r.Outcome)
}

func junitSeconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }

func junitTimestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05") }

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
