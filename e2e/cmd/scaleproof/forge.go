package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/git/github/githubdouble"
	"github.com/scaleproof/scaleproof/fixtures/images/process"
)

const (
	// loopback is where what only the command asks is served.
	loopback = "127.0.0.1"

	forgeOwner      = "rehearsal"
	forgeRepository = "fleet"
	forgeBranch     = "main"
)

// forge is a double of GitHub with one repository that is a person's own: a stack
// is delivered from it, and nothing of what was there may change. The command asks
// its API and pushes with a token; the cluster reads over SSH, with a deploy key.
type forge struct {
	credentials git.Credentials
	repository  *git.Repository
	before      string // the last commit of what is the person's
	double      *githubdouble.Double
	api         string // URL of its API
	closers     []func() error
}

// openForge serves at an address of this machine which the cluster reaches.
func openForge(ctx context.Context, dir, host string) (_ *forge, err error) {
	f := &forge{credentials: git.Credentials{Username: forgeOwner, Token: rand.Text()}}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.close())
		}
	}()
	server, err := git.ServePrivately(ctx, filepath.Join(dir, "forge"), net.JoinHostPort(loopback, "0"), f.credentials)
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, server.Close)
	if f.repository, err = server.Repository(ctx, forgeRepository); err != nil {
		return nil, err
	}
	if f.before, err = f.repository.Commit(ctx, forgeBranch, map[string][]byte{"README.md": []byte("# Our fleet\n")}, "Begin"); err != nil {
		return nil, err
	}
	f.double = githubdouble.New(forgeOwner, forgeRepository, f.credentials.Token, f.repository.URL())
	reader, err := f.double.ServeSSH(ctx, net.JoinHostPort(host, "0"), f.repository.Directory())
	if err != nil {
		return nil, err
	}
	f.closers = append(f.closers, reader.Close)
	return f, f.serveAPI(ctx)
}

// serveAPI serves the double's API until close.
func (f *forge) serveAPI(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(loopback, "0"))
	if err != nil {
		return err
	}
	f.api = "http://" + listener.Addr().String()
	server := &http.Server{Handler: f.double, ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	f.closers = append(f.closers, func() error {
		err := server.Close()
		if ended := <-served; !errors.Is(ended, http.ErrServerClosed) {
			err = errors.Join(err, ended)
		}
		return err
	})
	return nil
}

// close stops serving. The repository stays.
func (f *forge) close() error {
	var failed []error
	for _, each := range f.closers {
		failed = append(failed, each())
	}
	return errors.Join(failed...)
}

// env tells the command of the repository, by the seed's variables.
func (f *forge) env() []string {
	return []string{
		"GITHUB_API_URL=" + f.api, "GITHUB_USER=" + f.credentials.Username, "GITHUB_REPO=" + forgeRepository,
		gitHubTokenVariable + "=" + f.credentials.Token,
	}
}

// left names the deploy keys, the branches that are not the person's, and what
// became of the one that is.
func (f *forge) left(ctx context.Context) ([]string, error) {
	var left []string
	for _, key := range f.double.Keys() {
		left = append(left, "deploy key "+key.Title)
	}
	remote, err := f.repository.Remote(f.repository.URL(), f.credentials)
	if err != nil {
		return left, err
	}
	branches, err := remote.Branches(ctx, "")
	if err != nil {
		return left, err
	}
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
		Dir: f.repository.Directory(),
	})
}
