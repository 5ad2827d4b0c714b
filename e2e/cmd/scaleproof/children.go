package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// ownerVariable marks the processes that a command starts, with the process
// that started them. A command that is killed cannot end them; `scaleproof
// down` can, since it finds the mark in /proc. Where there is no /proc, it
// finds none.
//
// A process with a session of its own is left alone: it is meant to outlive the
// command, as the engine is that a run may start.
const ownerVariable = "SCALEPROOF_OWNER"

// owner names this process in a way that no other one ever shares.
func owner() string {
	self, _ := statOf(os.Getpid()) // without /proc nothing will be looked for
	return self.mark(os.Getpid())
}

// killChildren kills what one owner started and returns how many it were.
func killChildren(of string) int {
	return killMarked(func(mark string) bool { return mark == of })
}

// killOrphans kills what was started by owners that are no more.
func killOrphans() int { return killMarked(isGone) }

// isGone tells whether the owner of a mark is no more. Without /proc nobody
// knows.
func isGone(mark string) bool {
	if _, known := statOf(os.Getpid()); !known {
		return false
	}
	text, _, _ := strings.Cut(mark, "-")
	pid, err := strconv.Atoi(text)
	if err != nil {
		return false
	}
	now, alive := statOf(pid)
	return !alive || now.mark(pid) != mark
}

func killMarked(wanted func(mark string) bool) int {
	killed := 0
	paths, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is well-formed
	for _, path := range paths {
		environ, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended, or is not ours to look at
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil || pid == os.Getpid() {
			continue
		}
		process, alive := statOf(pid)
		mark := markIn(environ)
		if alive && mark != "" && strings.HasSuffix(mark, "-"+process.session) && wanted(mark) && syscall.Kill(pid, syscall.SIGKILL) == nil {
			killed++
		}
	}
	return killed
}

func markIn(environ []byte) string {
	for variable := range bytes.SplitSeq(environ, []byte{0}) {
		if mark, ok := strings.CutPrefix(string(variable), ownerVariable+"="); ok {
			return mark
		}
	}
	return ""
}

// stat is what the kernel tells of a process: its session, and when it started
// in ticks. Process ids are used again, but not with the same tick.
type stat struct{ session, start string }

func (s stat) mark(pid int) string { return fmt.Sprintf("%d-%s-%s", pid, s.start, s.session) }

// statOf is false if there is no such process.
func statOf(pid int) (stat, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, false
	}
	// The second field of proc(5) is the name in brackets and may hold anything.
	// What follows begins with the third; these are the 3rd, the 6th and the 22nd.
	const state, session, start = 0, 3, 19
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) <= start || fields[state] == "Z" { // it has ended, and nobody has asked how
		return stat{}, false
	}
	return stat{session: fields[session], start: fields[start]}, true
}
