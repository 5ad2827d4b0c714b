// Package fakedocker puts a scripted docker command on a test's PATH. It shows
// what the project asks of Docker, and stands for engines that no test machine
// has: absent ones, closed sockets, names that others took.
package fakedocker

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Answer is what the fake does when its arguments match.
type Answer struct {
	// Match is a shell pattern for the arguments, joined by blanks.
	Match string
	// Script is the shell commands to run; $STATE is a folder that lasts for the test.
	Script string
}

// Says answers a pattern with lines on stdout.
func Says(match, stdout string) Answer {
	return Answer{Match: match, Script: "printf '%s\\n' " + quote(stdout)}
}

// Fails answers a pattern with lines on stderr and exit code 1.
func Fails(match, stderr string) Answer {
	return Answer{Match: match, Script: "printf '%s\\n' " + quote(stderr) + " >&2; exit 1"}
}

// Command is a fake that was installed.
type Command struct {
	// State is the folder that scripts know as $STATE.
	State string
	log   string
}

// Install puts a fake of that name ("docker", "dockerd") first on PATH until
// the test ends. Answers are tried in order; arguments that none matches fail
// the command, so that a test notices calls it did not expect.
func Install(t testing.TB, name string, answers ...Answer) *Command {
	t.Helper()
	dir := t.TempDir()
	command := &Command{State: filepath.Join(dir, "state"), log: filepath.Join(dir, "log")}
	if err := os.Mkdir(command.State, 0o755); err != nil {
		t.Fatal(err)
	}
	var script strings.Builder
	fmt.Fprintf(&script, "#!/bin/sh\nSTATE=%s\nprintf '%%s\\n' \"$*\" >> %s\ncase \"$*\" in\n", quote(command.State), quote(command.log))
	for _, answer := range answers {
		fmt.Fprintf(&script, "%s) %s ;;\n", strings.ReplaceAll(answer.Match, " ", "\\ "), answer.Script)
	}
	fmt.Fprintf(&script, "*) echo \"fake %s: unexpected: $*\" >&2; exit 97 ;;\nesac\n", name)
	if err := os.WriteFile(filepath.Join(dir, name), []byte(script.String()), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	return command
}

// Calls returns the arguments of every call so far, joined by blanks.
func (c *Command) Calls(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile(c.log)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

// quote makes one shell word of the text.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
