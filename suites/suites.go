// Package suites lists the suites. It is the one list: the test binary, the
// command line and the generated catalogue all read it.
package suites

import (
	"github.com/scaleproof/scaleproof/e2e"
	"github.com/scaleproof/scaleproof/suites/capacity"
	"github.com/scaleproof/scaleproof/suites/delivery"
	"github.com/scaleproof/scaleproof/suites/metrics"
	"github.com/scaleproof/scaleproof/suites/observability"
	"github.com/scaleproof/scaleproof/suites/scaleout"
)

// All returns every suite, in the order of the chain that they prove.
func All() []e2e.Suite {
	return []e2e.Suite{metrics.Suite, scaleout.Suite, capacity.Suite, delivery.Suite, observability.Suite}
}
