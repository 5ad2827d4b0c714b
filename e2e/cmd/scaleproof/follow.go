package main

import (
	"time"

	"github.com/scaleproof/scaleproof/reports"
)

// glance is how often specs that ended are looked for, for a person to see.
const glance = 200 * time.Millisecond

// follow tells of each spec that is appended to a file, until stop, which
// returns them all.
func follow(path string, ended func(reports.Spec)) (stop func() ([]reports.Spec, error)) {
	var all []reports.Spec
	var offset int64
	look := func() error {
		specs, next, err := reports.ReadSpecs(path, offset)
		for _, spec := range specs {
			ended(spec)
		}
		all, offset = append(all, specs...), next
		return err
	}
	done, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		ticker := time.NewTicker(glance)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				if err := look(); err != nil {
					stopped <- err
					return
				}
			case <-done:
				stopped <- look()
				return
			}
		}
	}()
	return func() ([]reports.Spec, error) {
		close(done)
		err := <-stopped
		return all, err
	}
}
