package progress

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// barWidth is the total bar's length in characters.
const barWidth = 30

// draw shows a change of one task, or on a terminal the clocks when there is
// none. A terminal that cannot be written to is no reason to fail.
func (b *Board) draw(changed *Task) {
	if b.size != nil {
		fmt.Fprint(b.out, b.terminal())
		return
	}
	if changed == nil {
		return
	}
	fmt.Fprintln(b.out, b.line(changed))
}

// terminal moves up over what was drawn, prints tasks that have ended once and
// for all, and draws the others and the total below.
func (b *Board) terminal() string {
	width, height := b.size()
	var text strings.Builder
	if b.drawn > 0 {
		fmt.Fprintf(&text, "\x1b[%dA", b.drawn)
	}
	write := func(line string) {
		text.WriteString("\r\x1b[2K" + cut(line, width) + "\n")
	}
	var live []*Task
	for _, t := range b.tasks {
		switch {
		case t.ended && !t.printed:
			t.printed = true
			write(b.line(t))
		case !t.ended:
			live = append(live, t)
		}
	}
	b.drawn = 0
	room := max(1, height-3) // for the total, for what is hidden, for the cursor
	for i, t := range live {
		if i == room {
			write(fmt.Sprintf("  … and %d more", len(live)-room))
			b.drawn++
			break
		}
		write(b.line(t))
		b.drawn++
	}
	write(b.total(len(b.tasks) - len(live)))
	b.drawn++
	return text.String() + "\x1b[J"
}

// line is what is said of one task.
func (b *Board) line(t *Task) string {
	name := fmt.Sprintf("  %-*s  ", b.nameWidth(), t.name)
	elapsed := t.elapsed(b.now())
	if elapsed < time.Second {
		return name + t.state
	}
	return fmt.Sprintf("%s%-10s  %s", name, t.state, elapsed.Round(time.Second))
}

func (b *Board) nameWidth() int {
	width := 0
	for _, t := range b.tasks {
		width = max(width, utf8.RuneCountInString(t.name))
	}
	return width
}

// total is a bar over all tasks.
func (b *Board) total(done int) string {
	filled := barWidth
	if len(b.tasks) > 0 {
		filled = barWidth * done / len(b.tasks)
	}
	bar := strings.Repeat("█", filled) + strings.Repeat("░", barWidth-filled)
	return fmt.Sprintf("  %s  %d/%d  %s", bar, done, len(b.tasks), b.now().Sub(b.began).Round(time.Second))
}

// cut shortens a line so that a terminal does not wrap it.
func cut(line string, width int) string {
	runes := []rune(line)
	if len(runes) < width {
		return line
	}
	return string(runes[:max(0, width-2)]) + "…"
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
