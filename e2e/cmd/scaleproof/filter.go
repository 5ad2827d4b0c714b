package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
)

// labelFilter returns the Ginkgo label filter for the suites and the focus that
// were asked for, and for no other promises than only, unless that is nil. It is
// an error if it would match nothing; the error lists what there is.
func labelFilter(all []e2e.Suite, names []string, focus string, only []string) (string, error) {
	pattern, err := regexp.Compile(focus)
	if err != nil {
		return "", fmt.Errorf("--focus %q is no regular expression: %w", focus, err)
	}
	if strings.ContainsAny(focus, "/") {
		return "", fmt.Errorf("--focus %q has a slash, which no promise has: write it as in %s", focus, firstID(all))
	}
	var known, matched []string
	for _, suite := range all {
		known = append(known, suite.Name)
		if len(names) > 0 && !slices.Contains(names, suite.Name) {
			continue
		}
		for _, p := range suite.Promises {
			if pattern.MatchString(p.ID) && (only == nil || slices.Contains(only, p.ID)) {
				matched = append(matched, p.ID)
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return "", fmt.Errorf("there is no suite %q, there are: %s", name, strings.Join(known, ", "))
		}
	}
	if len(matched) == 0 {
		return "", fmt.Errorf("nothing matches --suite %q --focus %q; the promises are:\n%s",
			strings.Join(names, ","), focus, list(all))
	}
	var terms []string
	if len(names) > 0 {
		terms = append(terms, "("+strings.Join(names, " || ")+")")
	}
	if focus != "" {
		terms = append(terms, "/"+focus+"/")
	}
	if only != nil {
		terms = append(terms, "("+strings.Join(matched, " || ")+")")
	}
	return strings.Join(terms, " && "), nil
}

// list prints the promises of all suites, a line each.
func list(all []e2e.Suite) string {
	var b strings.Builder
	for _, p := range promisesOf(all) {
		fmt.Fprintf(&b, "  %-6s %s\n", p.Level, p.ID)
	}
	return strings.TrimRight(b.String(), "\n")
}

func promisesOf(all []e2e.Suite) []promise.Promise {
	var promises []promise.Promise
	for _, suite := range all {
		promises = append(promises, suite.Promises...)
	}
	return promises
}

func firstID(all []e2e.Suite) string {
	for _, p := range promisesOf(all) {
		return p.ID
	}
	return "suite.claim"
}
