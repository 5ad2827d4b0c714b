package progress

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// clock stands still unless told otherwise.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

func (c *clock) pass(d time.Duration) { c.time = c.time.Add(d) }

// board draws into text; with a size it takes it for a terminal.
func board(width, height int) (*Board, *strings.Builder, *clock) {
	c, text := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, &strings.Builder{}
	b := &Board{out: text, now: c.now, began: c.time}
	if width > 0 {
		b.size = func() (int, int) { return width, height }
	}
	return b, text, c
}

func TestPlain(t *testing.T) {
	b, text, c := board(0, 0)
	keda, etcd, last := b.Start("keda"), b.Start("etcd"), b.Start("last")
	keda.Update("compiling")
	c.pass(90 * time.Second)
	keda.Update("packing")
	keda.Update("packing") // no change, no line
	c.pass(2 * time.Second)
	keda.Done("done")
	keda.Fail(errors.New("too late"))
	etcd.Done("cached")
	last.Fail(errors.New("the first line\nand others"))
	want := `  keda  compiling
  keda  packing     1m30s
  keda  done        1m32s
  etcd  cached
  last  failed: the first line
`
	if got := text.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestTerminal(t *testing.T) {
	b, text, c := board(60, 24)
	keda, etcd := b.Start("keda"), b.Start("etcd")
	keda.Update("compiling")
	c.pass(5 * time.Second)
	keda.Done("done")
	etcd.Update("compiling")
	text.Reset()
	c.pass(3 * time.Second)
	b.draw(nil)
	// One line and the total are drawn again; keda's line stays above them.
	want := "\x1b[2A" +
		"\r\x1b[2K  etcd  compiling   3s\n" +
		"\r\x1b[2K  " + strings.Repeat("█", 15) + strings.Repeat("░", 15) + "  1/2  8s\n" +
		"\x1b[J"
	if got := text.String(); got != want {
		t.Errorf("got\n%q want\n%q", got, want)
	}
}

// TestTerminalTooSmall has more tasks than lines, and lines longer than wide.
func TestTerminalTooSmall(t *testing.T) {
	b, text, _ := board(20, 6)
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		b.Start(name)
	}
	text.Reset()
	b.draw(nil)
	lines := strings.Split(strings.TrimSuffix(text.String(), "\n\x1b[J"), "\n")
	if len(lines) != 5 || !strings.Contains(lines[3], "… and 2 more") {
		t.Errorf("drew %q, want three tasks, what is hidden, and the total", lines)
	}
	for _, line := range lines {
		visible := line[strings.LastIndex(line, "K")+1:]
		if n := len([]rune(visible)); n >= 20 {
			t.Errorf("%q has %d characters, want fewer than the terminal's 20", visible, n)
		}
	}
}

func TestNil(*testing.T) {
	var b *Board
	task := b.Start("anything")
	task.Update("compiling")
	task.Done("done")
	task.Fail(errors.New("late"))
	b.Close()
}

func TestCloseEndsDrawing(t *testing.T) {
	b, text, _ := board(60, 24)
	b.stop, b.ended = make(chan struct{}), make(chan struct{})
	go b.animate()
	b.Start("keda").Done("cached")
	b.Close()
	b.Close() // twice is no harm
	if !strings.Contains(text.String(), "1/1") {
		t.Errorf("the last drawing is %q, want a full total", text.String())
	}
}
