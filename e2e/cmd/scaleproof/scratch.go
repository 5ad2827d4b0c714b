package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
)

// temporaryVariable names the folder for what is temporary, to this process and
// to those that it starts.
const temporaryVariable = "TMPDIR"

// scratchPrefix begins the name of such a folder of ours; the mark of its owner
// follows, by which it is found when that was killed.
const scratchPrefix = "scaleproof-"

// scratchName is strict, since what bears it is removed.
var scratchName = regexp.MustCompile(`^` + scratchPrefix + `(\d+-\d+-\d+)$`)

// enter ends what killed commands have left, marks all that this one starts
// from now on, and gives it a folder for what is temporary. leave removes that.
func enter() (leave func() error, err error) {
	if _, err := endOrphans(); err != nil {
		return nil, err
	}
	mark, before := owner(), os.Getenv(temporaryVariable)
	scratch := filepath.Join(os.TempDir(), scratchPrefix+mark)
	if err := os.Mkdir(scratch, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("folder for what is temporary: %w", err)
	}
	leave = func() error {
		return errors.Join(os.RemoveAll(scratch), os.Unsetenv(ownerVariable), os.Setenv(temporaryVariable, before))
	}
	return leave, errors.Join(os.Setenv(ownerVariable, mark), os.Setenv(temporaryVariable, scratch))
}

// endOrphans kills the processes of commands that were killed, removes what is
// temporary of theirs, and returns how many processes it were.
func endOrphans() (int, error) {
	killed := killOrphans()
	paths, err := filepath.Glob(filepath.Join(os.TempDir(), scratchPrefix+"*"))
	if err != nil {
		return killed, err
	}
	for _, path := range paths {
		mark := scratchName.FindStringSubmatch(filepath.Base(path))
		if mark == nil || !isGone(mark[1]) || !isOwnFolder(path) {
			continue
		}
		err = errors.Join(err, os.RemoveAll(path))
	}
	return killed, err
}

// isOwnFolder tells a folder of this user's from what others may have put into
// a folder that all may write to.
func isOwnFolder(path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.IsDir() {
		return false
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}

// removeScratch removes this command's own folder, for when it leaves at once.
func removeScratch() {
	if dir := os.Getenv(temporaryVariable); strings.TrimPrefix(filepath.Base(dir), scratchPrefix) == owner() {
		os.RemoveAll(dir)
	}
}
