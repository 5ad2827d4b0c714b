// Package reports tells what a run of the suite found: as run.json for
// programs, as JUnit for build servers and as text for people. All are written
// of one value, the Run, and of the timelines that lie beside it.
package reports

import (
	"time"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/providers"
)

// Schema is the version of run.json that this package writes and reads.
const Schema = 1

// Run is everything that a run found.
type Run struct {
	// Schema is the version of this structure; Save sets it.
	Schema int `json:"schema"`
	// ID names the run's folder; ids sort by the time the runs started.
	ID       string    `json:"id"`
	Started  time.Time `json:"started"`
	Finished time.Time `json:"finished"`
	// Outcome is what Decide says of the rest; Save sets it.
	Outcome Outcome `json:"outcome"`

	Provider string           `json:"provider"`
	Cluster  string           `json:"cluster"`
	Traits   providers.Traits `json:"traits"`
	// Mutant names the way in which the stack was broken on purpose.
	Mutant string `json:"mutant,omitempty"`
	// Breaks are the promises that must go red with it, and no other.
	Breaks []string `json:"breaks,omitempty"`
	// Mutants are those of a run of several, in the order they were run.
	Mutants []Mutated `json:"mutants,omitempty"`

	Components []Component `json:"components,omitempty"`
	Phases     []Phase     `json:"phases"`
	Results    []Result    `json:"results"`
	Requests   Requests    `json:"requests"`
	// Cloud counts what the provider asked of a cloud's services.
	Cloud providers.CloudRequests `json:"cloud,omitzero"`
	// Problems are what kept the suite from judging, a line or more each.
	Problems []string `json:"problems,omitempty"`
}

// Component is a part of the stack under test, as it was installed.
type Component struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// Reference is the image's name in the manifests, Digest what it was: of a
	// node image that was built, the engine's id. What is only in that has neither.
	Reference string `json:"reference,omitempty"`
	Digest    string `json:"digest,omitempty"`
	// Source is "built" or "pulled", and empty for Debian's packages.
	Source string `json:"source,omitempty"`
}

// Phase is a stretch of the run: images, cluster, stack, specs, collect, down.
type Phase struct {
	Name    string  `json:"name"`
	Seconds float64 `json:"seconds"`
	// Error is why the phase failed.
	Error string `json:"error,omitempty"`
}

// Requests counts what the suite asked of the API server.
type Requests struct {
	Total int `json:"total"`
	// ByKind splits Total: watch, list, sample, get, create, apply, ...; a watch
	// is one request however long it lasts. "get pods" and the like split get
	// once more: an object that was polled would stand out there.
	ByKind map[string]int `json:"byKind,omitempty"`
}

// Add counts other requests too.
func (r *Requests) Add(o Requests) {
	r.Total += o.Total
	if r.ByKind == nil {
		r.ByKind = map[string]int{}
	}
	for kind, n := range o.ByKind {
		r.ByKind[kind] += n
	}
}

// Result is what one spec found of one promise: a verdict, or why there is
// none.
type Result struct {
	promise.Verdict
	Spec  string `json:"spec"`
	Suite string `json:"suite"`
	// Timeline is the file the verdict was read from, relative to the run's
	// folder.
	Timeline string `json:"timeline,omitempty"`
	// Error tells how the spec failed before there was a verdict.
	Error string `json:"error,omitempty"`
	// Skipped tells which trait of the cluster is missing.
	Skipped string `json:"skipped,omitempty"`
}

// Describe gives results without a verdict the level and the claim of their
// promise, which a failed spec could not tell.
func Describe(results []Result, promises []promise.Promise) {
	byID := map[string]promise.Promise{}
	for _, p := range promises {
		byID[p.ID] = p
	}
	for i := range results {
		if p, ok := byID[results[i].Promise]; ok && results[i].Claim == "" {
			results[i].Level, results[i].Claim = p.Level, p.Claim
		}
	}
}
