package watch

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	apiwatch "k8s.io/apimachinery/pkg/watch"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

const (
	// grace is how long a closed watch may take to be resumed before that is
	// a gap: API servers end every watch after a while, and resuming one from
	// its resource version loses nothing.
	grace = 100 * time.Millisecond
	// replay is for how long after a reconnect an event may tell of the time
	// of the disconnect, and carries it as its error bound.
	replay = time.Second
	// connectTimeout and listTimeout bound one attempt; the recorder tries
	// for as long as it runs.
	connectTimeout = 5 * time.Second
	listTimeout    = 10 * time.Second
	// steady is how long a watch must last for the next to be opened at once.
	steady = time.Second
)

var reconnect = wait.Backoff{Duration: 10 * time.Millisecond, Factor: 2, Jitter: 0.1, Steps: 8, Cap: time.Second}

// follower writes what one collection goes through to a timeline: it lists
// once and then lives on events.
type follower struct {
	collection
	book   *ledger
	object string        // names the recorder in its gaps
	silent time.Duration // how long a lost connection may go unnoticed

	version  string       // resume from here
	backoff  wait.Backoff // between attempts
	unsteady bool         // the last watch ended too soon
	gap      *gap         // the last one, which may last until all was replayed
	behind   struct {     // events of the replay carry the time since the disconnect
		since, until time.Time
	}
}

func newFollower(c collection, book *ledger, object string, silent time.Duration) *follower {
	return &follower{collection: c, book: book, object: object, silent: silent, backoff: reconnect}
}

// connection is an established watch with the context it lives by.
type connection struct {
	apiwatch.Interface
	cancel context.CancelFunc
}

func (c *connection) close() { c.Stop(); c.cancel() }

// begin records the initial list and opens the watch that follows it.
func (f *follower) begin(ctx context.Context) (*connection, error) {
	if err := f.relist(ctx, 0); err != nil {
		return nil, err
	}
	c, err := f.connect(ctx)
	if err != nil {
		return nil, err
	}
	f.book.tl.Record(seen(f.kinds, f.object)...)
	return c, nil
}

// run follows the collection until the context ends. What happens later was
// not seen, and the last moment says so.
func (f *follower) run(ctx context.Context, c *connection) {
	for c != nil {
		end := f.drain(c)
		c.close()
		c = f.resume(ctx, end)
	}
	if f.gap != nil {
		f.gap.abandon()
	}
	over := gap{tl: f.book.tl, kinds: f.kinds, object: f.object, since: time.Now()}
	over.lose("the recorder was stopped")
}

// drain writes events to the timeline until the watch ends.
func (f *follower) drain(c *connection) ending {
	opened := time.Now()
	heard := opened
	defer func() { f.unsteady = heard.Equal(opened) && time.Since(opened) < steady }()
	for event := range c.ResultChan() {
		if event.Type == apiwatch.Error {
			return f.failed(apierrors.FromObject(event.Object), heard)
		}
		heard = time.Now()
		f.apply(event, heard)
	}
	return ending{since: time.Now(), quiet: f.quiet(heard)}
}

// apply writes one event and remembers where to resume.
func (f *follower) apply(event apiwatch.Event, now time.Time) {
	object, err := meta.Accessor(event.Object)
	if err != nil {
		return
	}
	f.version = object.GetResourceVersion()
	var within time.Duration
	if now.Before(f.behind.until) {
		within = now.Sub(f.behind.since)
	}
	switch event.Type {
	case apiwatch.Added, apiwatch.Modified:
		f.book.put(object.GetName(), f.fields(event.Object), within)
	case apiwatch.Deleted:
		f.book.put(object.GetName(), nil, within)
		f.gone(object.GetName())
	}
}

// resume opens the next watch, for as long as the context lives; nil after that.
func (f *follower) resume(ctx context.Context, end ending) *connection {
	if ctx.Err() != nil {
		return nil // the watch ended because the recorder was stopped
	}
	if f.gap == nil || !f.gap.keep() {
		f.gap = &gap{tl: f.book.tl, kinds: f.kinds, object: f.object, since: end.since}
	}
	g := f.gap
	if end.lost != nil {
		g.lose(end.lost.Error())
	} else {
		g.after(grace-time.Since(end.since), "the watch closed and could not be resumed at once")
	}
	if !f.unsteady {
		f.backoff = reconnect
	}
	stale, pause := end.stale, f.unsteady
	for {
		if pause && !f.pause(ctx) {
			return nil
		}
		c, err := f.attempt(ctx, stale, end.since)
		switch {
		case err == nil:
			f.behind.since, f.behind.until = end.quiet, time.Now().Add(replay)
			g.seenAfter(replay) // what others saw meanwhile is not before what comes now
			return c
		case ctx.Err() != nil:
			return nil
		case answered(err):
			g.lose(err.Error())
			stale = true
		}
		pause = true
	}
}

// attempt opens a watch, after a new list where the old version is of no use.
func (f *follower) attempt(ctx context.Context, stale bool, since time.Time) (*connection, error) {
	if stale {
		if err := f.relist(ctx, time.Since(since)); err != nil {
			return nil, err
		}
	}
	return f.connect(ctx)
}

// pause waits before another attempt. It is false when the context ends.
func (f *follower) pause(ctx context.Context) bool {
	timer := time.NewTimer(f.backoff.Step())
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// relist records the collection as it is now.
func (f *follower) relist(ctx context.Context, within time.Duration) error {
	ctx, cancel := context.WithTimeout(withPurpose(ctx, purposeList), listTimeout)
	defer cancel()
	list, err := f.list(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list %s: %w", f.object, err)
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return fmt.Errorf("list %s: %w", f.object, err)
	}
	objects := map[string][]timeline.Moment{}
	if err := meta.EachListItem(list, func(o runtime.Object) error {
		object, err := meta.Accessor(o)
		if err == nil {
			objects[object.GetName()] = f.fields(o)
		}
		return err
	}); err != nil {
		return fmt.Errorf("list %s: %w", f.object, err)
	}
	f.gone(f.book.replace(objects, within)...)
	f.version = accessor.GetResourceVersion()
	return nil
}

func (f *follower) gone(names ...string) {
	if f.deleted == nil {
		return
	}
	for _, name := range names {
		f.deleted(name)
	}
}

// connect opens a watch from the version that was seen last.
func (f *follower) connect(ctx context.Context) (*connection, error) {
	ctx, cancel := context.WithCancel(withPurpose(ctx, purposeWatch))
	deadline := time.AfterFunc(connectTimeout, cancel)
	w, err := f.watch(ctx, metav1.ListOptions{ResourceVersion: f.version, AllowWatchBookmarks: true})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("watch %s: %w", f.object, err)
	}
	if !deadline.Stop() {
		w.Stop()
		return nil, fmt.Errorf("watch %s: no answer in %s", f.object, connectTimeout)
	}
	return &connection{w, cancel}, nil
}
