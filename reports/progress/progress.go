// Package progress shows long tasks while they run: one line each, drawn again
// in place on a terminal, and appended when something changes elsewhere.
package progress

import (
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// frame is how often a terminal is drawn again, for the clocks on it.
const frame = 500 * time.Millisecond

// waiting is the state of a task before its first Update.
const waiting = "waiting"

// Board shows tasks. A nil *Board shows nothing, and neither do its tasks.
type Board struct {
	mutex sync.Mutex
	out   io.Writer
	now   func() time.Time
	// size is the terminal's width and height; nil when out is none.
	size  func() (width, height int)
	began time.Time
	tasks []*Task
	drawn int // lines on the terminal that the next drawing replaces
	stop  chan struct{}
	ended chan struct{}
}

// New makes a board that writes to out, as a terminal if it is one.
func New(out io.Writer) *Board {
	b := &Board{out: out, now: time.Now, began: time.Now()}
	file, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) || os.Getenv("TERM") == "dumb" {
		return b
	}
	b.size = func() (int, int) {
		width, height, err := term.GetSize(int(file.Fd()))
		if err != nil || width <= 0 || height <= 0 {
			return 80, 24
		}
		return width, height
	}
	b.stop, b.ended = make(chan struct{}), make(chan struct{})
	go b.animate()
	return b
}

// Start adds a task that waits until its first Update.
func (b *Board) Start(name string) *Task {
	if b == nil {
		return nil
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	t := &Task{board: b, name: name, state: waiting}
	b.tasks = append(b.tasks, t)
	b.draw(nil)
	return t
}

// Close draws the board a last time. Nothing may be told to it afterwards.
func (b *Board) Close() {
	if b == nil || b.stop == nil {
		return
	}
	close(b.stop)
	<-b.ended
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.draw(nil)
	b.stop = nil
}

func (b *Board) animate() {
	defer close(b.ended)
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	for {
		select {
		case <-b.stop:
			return
		case <-ticker.C:
			b.mutex.Lock()
			b.draw(nil)
			b.mutex.Unlock()
		}
	}
}

// Task is one line of a board. A nil *Task shows nothing.
type Task struct {
	board *Board
	name  string
	state string
	began time.Time
	took  time.Duration
	ended bool
	// printed tells that the line has left the part that is drawn again.
	printed bool
}

// Update says what the task does now. The first call starts its clock.
func (t *Task) Update(state string) { t.change(state, false) }

// Done ends the task well: state is a word such as "done" or "cached".
func (t *Task) Done(state string) { t.change(state, true) }

// Fail ends the task. The board shows only the error's first line: whoever
// gets the error returned shows it whole.
func (t *Task) Fail(err error) { t.change("failed: "+firstLine(err.Error()), true) }

// change does nothing to a task that has ended, so that Fail may follow Done.
func (t *Task) change(state string, end bool) {
	if t == nil {
		return
	}
	t.board.mutex.Lock()
	defer t.board.mutex.Unlock()
	if t.ended || t.state == state && !end {
		return
	}
	now := t.board.now()
	if t.began.IsZero() {
		t.began = now
	}
	t.state, t.ended = state, end
	if end {
		t.took = now.Sub(t.began)
	}
	t.board.draw(t)
}

// elapsed is how long the task has run, or ran.
func (t *Task) elapsed(now time.Time) time.Duration {
	switch {
	case t.began.IsZero():
		return 0
	case t.ended:
		return t.took
	default:
		return now.Sub(t.began)
	}
}
