package watch

import (
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ending is why a watch is over.
type ending struct {
	since time.Time // what came until then is seen, or comes again when the watch is resumed
	quiet time.Time // the last moment at which it certainly worked
	lost  error     // not nil where it may have missed something
	stale bool      // the resource version is of no use any more
}

// failed tells what an error in a watch's stream means. One that the client
// made of a broken connection comes as late as a health check notices; one
// that the server sent leaves the resource version in doubt.
func (f *follower) failed(err error, heard time.Time) ending {
	var status apierrors.APIStatus
	if errors.As(err, &status) && decoding(status.Status()) {
		quiet := f.quiet(heard)
		return ending{since: quiet, quiet: quiet, lost: err}
	}
	now := time.Now()
	return ending{since: now, quiet: now, lost: err, stale: true}
}

// quiet is since when a connection that was last heard of then may have been dead.
func (f *follower) quiet(heard time.Time) time.Time {
	return latest(heard, time.Now().Add(-f.silent))
}

// decoding reports whether client-go made the status of a stream that it could
// not read on.
func decoding(s metav1.Status) bool {
	if s.Details == nil {
		return false
	}
	for _, cause := range s.Details.Causes {
		if cause.Type == "ClientWatchDecoding" {
			return true
		}
	}
	return false
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// answered reports whether the API server itself refused a request.
func answered(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code != http.StatusTooManyRequests
}
