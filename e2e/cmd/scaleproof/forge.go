package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/images/process"
)

// forge is a private git server with one repository that is a person's own: a
// stack is delivered from it, and nothing of what was there may change.
type forge struct {
	server      *git.Server
	credentials git.Credentials
	repository  *git.Repository
	before      string // the last commit of what is the person's
}

const (
	forgeRepository = "fleet"
	forgeBranch     = "main"
)

// openForge serves at an address of this machine.
func openForge(ctx context.Context, dir, host string) (*forge, error) {
	f := &forge{credentials: git.Credentials{Username: "rehearsal", Token: rand.Text()}}
	server, err := git.ServePrivately(ctx, filepath.Join(dir, "forge"), host+":0", f.credentials)
	if err != nil {
		return nil, err
	}
	f.server = server
	if f.repository, err = server.Repository(ctx, forgeRepository); err == nil {
		f.before, err = f.repository.Commit(ctx, forgeBranch, map[string][]byte{"README.md": []byte("# Our fleet\n")}, "Begin")
	}
	if err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return f, nil
}

// env tells the command of the repository.
func (f *forge) env() []string {
	return []string{"GIT_URL=" + f.repository.URL(), "GIT_USERNAME=" + f.credentials.Username, gitTokenVariable + "=" + f.credentials.Token}
}

// left names the branches that are not the person's, and what became of the one
// that is.
func (f *forge) left(ctx context.Context) ([]string, error) {
	remote, err := f.repository.Remote(f.repository.URL(), f.credentials)
	if err != nil {
		return nil, err
	}
	branches, err := remote.Branches(ctx, "")
	if err != nil {
		return nil, err
	}
	var left []string
	for _, branch := range branches {
		if branch != forgeBranch {
			left = append(left, "git branch "+branch)
		}
	}
	head, err := f.repository.Head(ctx, forgeBranch)
	if err == nil && head != f.before {
		left = append(left, fmt.Sprintf("git branch %s, which was changed", forgeBranch))
	}
	return left, err
}

// history is all that was ever pushed, also to branches that are gone.
func (f *forge) history(ctx context.Context) ([]byte, error) {
	return process.Output(ctx, process.Command{
		Name: "git", Args: []string{"cat-file", "--batch-all-objects", "--batch", "--unordered"},
		Dir: filepath.Join(f.server.Directory, forgeRepository+".git"),
	})
}
