package e2e_test

import (
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// self is the path of our module.
const self = "github.com/scaleproof/scaleproof/"

// rule forbids packages to import others. Paths are relative to the module;
// one that ends in /... names all below it too, and std is the standard library.
type rule struct {
	from string
	// only are the imports that are allowed; nil allows all but never.
	only  []string
	never []string
	why   string
}

var rules = []rule{
	{from: "e2e/timeline", only: []string{"std"},
		why: "a stored run can be read anywhere, by the standard library alone"},
	{from: "e2e/hpa", only: []string{"std"},
		why: "the model of the HPA is arithmetic"},
	{from: "e2e/promise", only: []string{"std", "e2e/timeline", "e2e/hpa"},
		why: "the judge is pure: a verdict may depend on a timeline only"},
	{from: "reports", only: []string{"std", "e2e/timeline", "e2e/promise", "providers", "github.com/onsi/ginkgo/v2/types", "github.com/google/renameio/v2"},
		why: "a report is written of values, whether or not there is a cluster"},
	{from: "reports/progress", never: []string{"e2e/...", "suites/...", "providers/...", "fixtures/...", "reports"},
		why: "the board shows whatever it is told"},
	{from: "e2e/watch", never: []string{"e2e", "suites/...", "reports/...", "github.com/onsi/..."},
		why: "recorders know neither specs nor what is promised of what they see"},
	{from: "e2e/load", never: []string{"e2e", "suites/...", "reports/...", "e2e/promise", "github.com/onsi/..."},
		why: "senders write what they did, and judge nothing"},
	{from: "e2e/mutant", never: []string{"e2e", "suites/...", "providers/...", "reports/...", "github.com/onsi/..."},
		why: "a mutant breaks the stack, and knows nobody who looks"},
	{from: "e2e/dashboard", never: []string{"e2e/...", "suites/...", "providers/...", "fixtures/...", "reports/...", "github.com/onsi/..."},
		why: "a dashboard is read from its file"},
	{from: "e2e/grafana", never: []string{"e2e", "suites/...", "providers/...", "fixtures/...", "reports/...", "github.com/onsi/..."},
		why: "it is a client of Grafana, whose answers others judge"},
	{from: "e2e", never: []string{"suites/...", "providers/...", "e2e/cmd/..."},
		why: "the engine serves any suite on any provider"},
	{from: "suites/...", never: []string{"suites/...", "providers/...", "fixtures/images/...", "e2e/cmd/...", "reports/..."},
		why: "a suite asks for traits and never for a provider, and stands on its own"},
	{from: "providers/...", never: []string{"e2e/...", "suites/...", "fixtures/...", "reports", "github.com/onsi/...", "testing"},
		why: "a provider returns errors and knows nothing of what it is tested with"},
	{from: "fixtures/...", never: []string{"e2e/...", "suites/...", "providers/...", "reports", "github.com/onsi/...", "testing"},
		why: "what is installed does not depend on who installs it"},
	{from: "...", never: []string{"e2e/cmd/..."},
		why: "a command is nobody's library"},
}

// allowed are edges that a rule would forbid, and are meant.
var allowed = map[edge]string{
	{"e2e", "providers"}:                            "the data types of traits",
	{"suites", "suites/..."}:                        "the one visible list of all suites",
	{"providers/...", "providers/..."}:              "providers are made of each other's parts",
	{"providers/providerstest", "testing"}:          "the contract that a provider's own tests run",
	{"fixtures/...", "fixtures/..."}:                "fixtures are made of each other's parts",
	{"providers/kind/engine/fakedocker", "testing"}: "a docker for tests",
}

// edge is a package that imports another; either may be a pattern.
type edge struct{ from, to string }

func TestImportDirection(t *testing.T) {
	edges := imports(t, "..")
	for _, r := range rules {
		if !slices.ContainsFunc(edges, func(e edge) bool { return matches(r.from, e.from) }) {
			t.Errorf("no package is %s any more: remove its rule", r.from)
		}
	}
	for exception := range allowed {
		if !slices.ContainsFunc(edges, func(e edge) bool { return matches(exception.from, e.from) && matches(exception.to, e.to) }) {
			t.Errorf("%s does not import %s any more: remove the exception", exception.from, exception.to)
		}
	}
	for _, e := range edges {
		if why := forbidden(e); why != "" {
			t.Errorf("%s imports %s, but %s", e.from, e.to, why)
		}
	}
}

// TestRulesForbid keeps the test above able to fail.
func TestRulesForbid(t *testing.T) {
	for _, e := range []edge{
		{"e2e/timeline", "k8s.io/api/core/v1"},
		{"e2e/promise", "e2e/watch"},
		{"e2e", "providers/kind"},
		{"e2e", "suites/metrics"},
		{"suites/metrics", "suites/scaleout"},
		{"suites/metrics", "providers/kind"},
		{"providers/kind", "github.com/onsi/gomega"},
		{"providers/kind/engine", "testing"},
		{"fixtures/git", "e2e"},
		{"reports", "k8s.io/client-go/rest"},
		{"suites", "e2e/cmd/scaleproof"},
	} {
		if forbidden(e) == "" {
			t.Errorf("nothing forbids %s to import %s", e.from, e.to)
		}
	}
	for _, e := range []edge{{"e2e", "providers"}, {"suites", "suites/metrics"}, {"e2e/promise", "time"}, {"e2e/cmd/scaleproof", "providers/kind"}} {
		if why := forbidden(e); why != "" {
			t.Errorf("%s may not import %s: %s", e.from, e.to, why)
		}
	}
}

// forbidden says why an edge is; empty if it is not.
func forbidden(e edge) string {
	for exception := range allowed {
		if matches(exception.from, e.from) && matches(exception.to, e.to) {
			return ""
		}
	}
	for _, r := range rules {
		if !matches(r.from, e.from) {
			continue
		}
		in := func(patterns []string) bool {
			return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, e.to) })
		}
		if r.only != nil && !in(r.only) || in(r.never) {
			return r.why
		}
	}
	return ""
}

func matches(pattern, name string) bool {
	first, _, _ := strings.Cut(name, "/")
	if pattern == "std" {
		_, err := os.Stat(path.Join("..", first))
		return !strings.Contains(first, ".") && errors.Is(err, fs.ErrNotExist)
	}
	if tree, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(name+"/", tree)
	}
	return pattern == name
}

// imports returns every import of the module's own packages, tests left out: a
// test may look at anything.
func imports(t *testing.T, root string) []edge {
	t.Helper()
	var edges []edge
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && file != root {
			_, nested := os.Stat(filepath.Join(file, "go.mod"))
			if nested == nil || strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata" {
				return filepath.SkipDir
			}
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			edges = append(edges, edge{filepath.ToSlash(folder), strings.TrimPrefix(to, self)})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return edges
}
