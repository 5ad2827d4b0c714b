package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/rehearsal"
	"github.com/scaleproof/scaleproof/reports"
)

const (
	// mostRequests that a run may make of AWS, without those that only wait.
	mostRequests = 120
	// rehearsalDownLimit is how long it may take to remove what is left of the rehearsal.
	rehearsalDownLimit = 2 * time.Minute
	// rehearsalFile is the summary, in the run's folder.
	rehearsalFile = "rehearsal.txt"
)

// whoIs is what the authenticator asks too; checks is how often the command asks it
// before there is a cluster whose requests are counted.
const (
	whoIs  = "sts:GetCallerIdentity"
	checks = 1
)

// ofMachines are what specs ask too.
var ofMachines = []string{"ec2:DescribeInstances", "ec2:TerminateInstances"}

// rehearsed is what was seen of a rehearsal.
type rehearsed struct {
	began time.Time
	// code is the command's exit code.
	code int
	// run is its report, and dir where that lies.
	run *reports.Run
	dir string
	// calls count what the double was asked, by operation; unserved are those that
	// it is no double of.
	calls    map[string]int
	unserved []string
	// left is what there is of the cluster after the command.
	left []string
	// told are the secrets that were, in searched files that stay and watched
	// ones that did not.
	told              []string
	searched, watched int
	failed            []string
}

// close removes what the command left, of which look has told.
func (r *rehearsed) close(ctx context.Context, account *rehearsal.Rehearsal) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rehearsalDownLimit)
	defer cancel()
	if err := account.Close(ctx); err != nil {
		r.failed = append(r.failed, err.Error())
	}
}

// look finds what the command left, and what it asked for.
func (r *rehearsed) look(ctx context.Context, account *rehearsal.Rehearsal, forge *forge) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rehearsalDownLimit)
	defer cancel()
	things, err := account.Left(ctx)
	branches, branchesErr := forge.left(ctx)
	r.left, r.calls, r.unserved = append(things, branches...), account.Calls(), account.Unserved()
	return errors.Join(err, branchesErr)
}

// problems are what the command itself does not know of.
func (r *rehearsed) problems() []string {
	all := slices.Clone(r.failed)
	for _, left := range r.left {
		all = append(all, "left: "+left)
	}
	for _, told := range r.told {
		all = append(all, "told: "+told)
	}
	for _, call := range r.unserved {
		all = append(all, "the double does not serve "+call)
	}
	if r.run == nil {
		return append(all, "there is no report")
	}
	if r.watched == 0 {
		all = append(all, "nobody saw the ledger and the kubeconfig, so that they were not searched")
	}
	if r.run.Cloud.Own > mostRequests {
		all = append(all, fmt.Sprintf("%d requests were made, and %d are allowed", r.run.Cloud.Own, mostRequests))
	}
	return append(all, r.miscounted()...)
}

// miscounted compares what the provider says that it asked with what the double
// was asked. The authenticator asks STS too, and the specs, in processes of their
// own, look at machines and end some.
func (r *rehearsed) miscounted() []string {
	var all []string
	counted := r.run.Cloud.Own + r.run.Cloud.Polls - r.run.Cloud.ByOperation[whoIs]
	asked, specs := 0, 0
	for operation, calls := range r.calls {
		switch {
		case operation == whoIs:
		case slices.Contains(ofMachines, operation):
			specs += calls
			fallthrough
		default:
			asked += calls
		}
	}
	if counted > asked || counted < asked-specs {
		all = append(all, fmt.Sprintf("the provider counted %d requests, and the double %d, of which %d may be of specs", counted, asked, specs))
	}
	if r.calls[whoIs] <= r.run.Cloud.ByOperation[whoIs]+checks {
		all = append(all, "the authenticator asked nobody who a token is of")
	}
	return all
}

// verdict is the command's own, unless that is good and the rehearsal is not.
func (r *rehearsed) verdict() error {
	switch {
	case r.code == reports.Broken.ExitCode() || r.code == 0 && len(r.problems()) > 0:
		return outcomeError(reports.Broken)
	case r.code != 0:
		return outcomeError(reports.Incomplete)
	default:
		return nil
	}
}

// print writes the summary, also into the run's folder.
func (r *rehearsed) print(w io.Writer) error {
	text := r.summary()
	fmt.Fprint(w, text)
	if r.dir == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(r.dir, rehearsalFile), []byte(text), 0o644)
}

func (r *rehearsed) summary() string {
	var b strings.Builder
	word := "passed"
	if r.verdict() != nil {
		word = "failed"
	}
	fmt.Fprintf(&b, "\nrehearsal of EKS: %s after %.0fs\n", word, time.Since(r.began).Seconds())
	fmt.Fprintf(&b, "  %-9s exit code %d\n", "command", r.code)
	if r.run != nil {
		var phases []string
		for _, phase := range r.run.Phases {
			phases = append(phases, fmt.Sprintf("%s %.0fs", phase.Name, phase.Seconds))
		}
		fmt.Fprintf(&b, "  %-9s %s\n", "phases", strings.Join(phases, ", "))
		fmt.Fprintf(&b, "  %-9s %d made, %d allowed, and %d that only waited\n", "requests", r.run.Cloud.Own, mostRequests, r.run.Cloud.Polls)
	}
	services := map[string]int{}
	for operation, calls := range r.calls {
		service, _, _ := strings.Cut(operation, ":")
		services[service] += calls
	}
	var calls []string
	for _, service := range slices.Sorted(maps.Keys(services)) {
		calls = append(calls, fmt.Sprintf("%s %d", service, services[service]))
	}
	fmt.Fprintf(&b, "  %-9s %s; sts also by the authenticator, ec2 also by specs\n", "asked", strings.Join(calls, ", "))
	fmt.Fprintf(&b, "  %-9s %d things\n", "left", len(r.left))
	fmt.Fprintf(&b, "  %-9s told in %d places, of %d files that stay and %d that did not\n", "secrets", len(r.told), r.searched, r.watched)
	for _, problem := range r.problems() {
		fmt.Fprintf(&b, "  FAILED    %s\n", problem)
	}
	return b.String()
}
