package main

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/reports"
)

// session is a run while it goes: what it has so far, and the report of it.
type session struct {
	*console
	settings settings
	root     string // of the source tree
	out, dir string // of all reports, and of this one
	report   *reports.Run

	cluster providers.Cluster // nil until there is something to take down
	ready   bool              // the cluster is whole
	git     e2e.Git
	app     string       // where nodes get the apps' image, if not under its own name
	stop    func() error // nil until something runs beside the cluster
}

// open makes the folder of a run that has its cluster for itself.
func (c *console) open(s settings) (*session, error) {
	root, err := c.source()
	if err != nil {
		return nil, err
	}
	if err := c.hold(s); err != nil {
		return nil, err
	}
	if err := c.enter(); err != nil {
		return nil, err
	}
	out, err := outOf(root, s)
	if err != nil {
		return nil, err
	}
	started := time.Now()
	id, dir, err := reports.Create(out, started)
	if err != nil {
		return nil, err
	}
	s.run = id
	command := s.downCommand()
	removes.Store(&command)
	report := &reports.Run{
		ID: id, Started: started, Finished: started,
		Provider: s.provider, Cluster: s.cluster, Mutant: s.mutant,
		Phases: []reports.Phase{}, Results: []reports.Result{},
	}
	return &session{console: c, settings: s, root: root, out: out, dir: dir, report: report}, nil
}

// outOf is the folder of reports: its whole path, since specs run in another folder.
func outOf(root string, s settings) (string, error) {
	if s.out != "" {
		return filepath.Abs(s.out)
	}
	return filepath.Join(root, "reports", "out"), nil
}

// unfinished is the error of a phase in the report of a run that is in it, and
// that stays if the run is killed.
const unfinished = "interrupted: the command was killed here, or is still at it"

// phase runs a part of the run and notes how long it took and why it failed.
// The report is written before and after each, so that a run that is killed
// leaves one that says where.
func (s *session) phase(ctx context.Context, name string, do func(context.Context) error) error {
	begin := time.Now()
	n := len(s.report.Phases)
	s.report.Phases = append(s.report.Phases, reports.Phase{Name: name, Error: unfinished})
	saved := s.save()
	err := context.Cause(ctx)
	if err == nil {
		err = interrupted(ctx, do(ctx))
	}
	took := time.Since(begin)
	phase := reports.Phase{Name: name, Seconds: took.Seconds()}
	if err != nil {
		phase.Error = err.Error()
		s.logf("%-10s failed after %s", name, promise.Seconds(took))
	} else {
		s.logf("%-10s %s", name, promise.Seconds(took))
	}
	s.report.Phases[n] = phase
	return errors.Join(err, saved, s.save())
}

// save writes the report as it is now.
func (s *session) save() error {
	s.report.Finished = time.Now()
	return s.report.Save(s.dir)
}

// raise makes the images, the cluster and the stack.
func (s *session) raise(ctx context.Context) error {
	var images imageSet
	if err := s.phase(ctx, "images", func(ctx context.Context) (err error) {
		if err := s.prepare(ctx, s.settings, s.logf); err != nil {
			return err
		}
		images, err = s.images(ctx, s.root, s.settings, s.stderr)
		s.report.Components, s.app = images.components, images.app
		return err
	}); err != nil {
		return err
	}
	if err := s.phase(ctx, "cluster", func(ctx context.Context) error {
		provider, err := s.provider(s.settings, images, s.logf)
		if err != nil {
			return err
		}
		cluster, err := provider.Up(ctx, s.settings.cluster)
		if err == nil {
			if err = s.secure(ctx, s.settings, cluster); err != nil {
				return err // what is there is another command's
			}
		}
		if cluster != nil {
			s.cluster = cluster
			s.report.Traits = s.traits()
		}
		s.ready = err == nil
		return err
	}); err != nil {
		return err
	}
	return s.phase(ctx, "stack", func(ctx context.Context) error {
		if err := s.restore(ctx, s.cluster); err != nil { // what a killed run broke
			return err
		}
		installed, err := s.install(ctx, s.root, s.dir, s.settings, images, s.cluster, s.logf)
		s.git, s.stop = installed.git, installed.stop
		return err
	})
}

// traits are the cluster's, with what the stack brings: of the charts, Grafana,
// and no Karpenter where the cluster has none of its own.
func (s *session) traits() providers.Traits {
	traits := s.cluster.Traits()
	if s.settings.stack == charts {
		traits.Grafana = true
		if s.settings.provider == "kind" {
			traits.RealNodes, traits.NodeLaunch = false, 0
		}
	}
	return traits
}

// procs is how many specs run at a time: as many as was asked for, or else as the
// cluster carries.
func (s *session) procs() int {
	return cmp.Or(s.settings.procs, s.traits().Specs, defaultProcs)
}

// job is what the specs are told. What is secret of it lies in a folder that
// is not the report's.
func (s *session) job(filter, private string) (specJob, error) {
	path, name, err := kubeconfig(s.cluster, s.settings, private)
	return specJob{
		filter: filter, procs: s.procs(), private: private, ended: s.ended,
		config: e2e.Config{
			Kubeconfig: path, Context: name, Provider: s.settings.provider, Cluster: s.settings.cluster, Run: s.settings.run, RunDir: s.dir,
			Cloud:  e2e.Cloud{Region: s.settings.cloud.region, Accounts: s.settings.cloud.accounts},
			Traits: s.traits(), Git: s.git, AppImage: s.app, Mutant: s.settings.mutant,
		},
	}, err
}

// ended tells a person of a spec that has ended, in a line.
func (s *session) ended(spec reports.Spec) {
	s.logf("  %-9s %7s  %s", spec.State, promise.Seconds(time.Duration(spec.Seconds*float64(time.Second))), spec.Name)
}

// collect gets what explains a failure from the cluster.
func (s *session) collect(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return s.cluster.Collect(ctx, filepath.Join(s.dir, "cluster"))
}

// tellKept says how to get at a cluster that stays, and how to be rid of it.
func (s *session) tellKept() {
	if !s.ready {
		s.logf("what there is of cluster %s stays: `%s` removes it", s.settings.cluster, s.settings.downCommand())
		return
	}
	if s.settings.install {
		s.logf("the stack is kept: `%s` removes it", s.settings.downCommand())
	}
	if holder, ok := s.cluster.(providers.KubeconfigHolder); ok {
		path, name := holder.Kubeconfig()
		s.logf("cluster %s is kept: kubectl --kubeconfig %s --context %s …, and `%s` to remove it",
			s.settings.cluster, path, name, s.settings.downCommand())
	}
}
