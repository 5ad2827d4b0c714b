package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/scaleproof/scaleproof/fixtures/git"
	"github.com/scaleproof/scaleproof/fixtures/git/bootstrap"
	"github.com/scaleproof/scaleproof/fixtures/git/github"
	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/eks/ledger"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// The variables that hold tokens. No flag does: everybody on the machine sees a
// program's arguments.
const (
	gitTokenVariable    = "GIT_TOKEN"
	gitHubTokenVariable = "GITHUB_TOKEN"
)

// gitSettings say which repository a cluster is delivered to from, where that
// is not one beside the suite.
type gitSettings struct {
	url, username               string
	gitHubUser, gitHubRepo, api string
}

func (g *gitSettings) flags(flags *pflag.FlagSet) {
	flags.StringVar(&g.url, "git-url", "",
		"the git repository to deliver from, over HTTP, if it is not GitHub's; its token is taken from "+gitTokenVariable)
	flags.StringVar(&g.username, "git-username", "git", "whose that token is")
	flags.StringVar(&g.gitHubRepo, "github-repo", "",
		"the repository on GitHub to deliver from, NAME or OWNER/NAME; its token is taken from "+gitHubTokenVariable)
	flags.StringVar(&g.gitHubUser, "github-user", "", "whose that token is, and the repository if no other owner is named")
	flags.StringVar(&g.api, "github-api", github.API, "where GitHub's API is; an enterprise's is https://HOST/api/v3")
}

// remote tells whether the stack is delivered from someone's own repository.
func (s *settings) remote() bool {
	return s.provider == "eks" || s.provider == "existing" && s.install && s.gitAddress == ""
}

// noRepositoryError is that nothing says where to deliver from.
type noRepositoryError struct{ missing []string }

func (e noRepositoryError) Error() string {
	return "no git repository to deliver the stack from: set " + strings.Join(e.missing, ", ") +
		" for one on GitHub, or GIT_URL with GIT_USERNAME and GIT_TOKEN for any other"
}

// needs is an error unless everything is set that delivering takes.
func (s *settings) needs() error {
	var failed []error
	if s.remote() {
		_, err := s.place(nil)
		if errors.As(err, new(noRepositoryError)) && s.provider == "existing" {
			err = fmt.Errorf("%w; or give by --git-address where the cluster reaches a git server on this machine", err)
		}
		failed = append(failed, err)
	}
	if s.provider == "eks" && s.appImage == "" {
		failed = append(failed, errNoImage)
	}
	return errors.Join(append(failed, s.checkImage())...)
}

// elsewhere is what is made for a cluster in other places than a cloud.
func (s *settings) elsewhere() ([]providers.Resource, error) {
	var made []providers.Resource
	place, err := s.place(nil)
	switch {
	case errors.As(err, new(noRepositoryError)):
		made = append(made, providers.Resource{Kind: bootstrap.BranchKind, Name: "not yet: " + err.Error()})
	case err != nil:
		return nil, err
	default:
		for _, thing := range place.Things() {
			made = append(made, providers.Resource{Kind: thing.Kind, Name: thing.Name})
		}
	}
	image := providers.Resource{Kind: "image, which stays", Name: s.appImage}
	switch {
	case s.appImage == "":
		image.Name = "not yet: " + errNoImage.Error()
	case s.appPresent:
		return made, nil
	}
	return append(made, image), nil
}

// place is the repository that the settings name.
func (s *settings) place(l log) (*bootstrap.Place, error) {
	options := bootstrap.Options{
		Run:         time.Now().UTC().Format(bootstrap.StampLayout),
		URL:         s.git.url,
		Credentials: git.Credentials{Username: s.git.username, Token: os.Getenv(gitTokenVariable)},
		Notes:       s.notes, Log: l, Down: s.downCommand(),
	}
	var err error
	if s.git.url == "" {
		options.Credentials = git.Credentials{Username: s.git.gitHubUser, Token: os.Getenv(gitHubTokenVariable)}
		if options.GitHub, err = s.git.gitHub(); err != nil {
			return nil, err
		}
	}
	if options.Cluster, err = s.placeName(); err != nil {
		return nil, err
	}
	local, err := repositories(*s)
	if err != nil {
		return nil, err
	}
	options.Local = git.Store{Directory: filepath.Join(local, options.Cluster)}
	return bootstrap.New(options)
}

// deliverable is an error unless the stack could be delivered from the repository.
func deliverable(ctx context.Context, s settings, l log) error {
	place, err := s.place(l)
	if err != nil {
		return err
	}
	return place.Check(ctx)
}

// tokenVariable names the variable of the token that pushes.
func (g *gitSettings) tokenVariable() string {
	if g.url == "" {
		return gitHubTokenVariable
	}
	return gitTokenVariable
}

// gitHub is the repository there, if all is set that it takes.
func (g *gitSettings) gitHub() (*github.Repository, error) {
	token := os.Getenv(gitHubTokenVariable)
	var missing []string
	for _, variable := range []struct{ name, value string }{
		{gitHubTokenVariable, token}, {"GITHUB_USER", g.gitHubUser}, {"GITHUB_REPO", g.gitHubRepo},
	} {
		if variable.value == "" {
			missing = append(missing, variable.name)
		}
	}
	if len(missing) > 0 {
		return nil, noRepositoryError{missing}
	}
	owner, name, found := strings.Cut(g.gitHubRepo, "/")
	if !found {
		owner, name = g.gitHubUser, g.gitHubRepo
	}
	return github.Open(g.api, owner, name, token)
}

var noName = regexp.MustCompile(`[^A-Za-z0-9]+`)

// placeName is what names a cluster in someone's repository.
func (s *settings) placeName() (string, error) {
	if s.provider == "eks" {
		return eks.ClusterName(s.cluster)
	}
	context, server, err := s.existing().Place()
	if err != nil {
		return "", err
	}
	// Two kubeconfigs may have contexts of one name, and EKS a cluster of that name: what
	// is here is not swept when that is gone.
	digest := sha256.Sum256([]byte(server))
	return strings.Trim(noName.ReplaceAllString(fmt.Sprintf("existing-%s-%s-%x", s.cluster, context, digest[:4]), "-"), "-"), nil
}

// notes remember what is made in that repository.
func (s *settings) notes() (bootstrap.Notes, error) {
	name, err := s.placeName()
	if err != nil {
		return nil, err
	}
	cache, err := engine.CacheDir()
	if err != nil {
		return nil, err
	}
	opened, err := ledger.Open(filepath.Join(cache, "delivery"), s.provider+"-"+name)
	if err != nil {
		return nil, err
	}
	return notes{opened}, nil
}

// notes are a ledger whose file goes when nothing is in it.
type notes struct{ *ledger.Ledger }

// Close implements bootstrap.Notes.
func (n notes) Close() error {
	var err error
	if len(n.Entries()) == 0 {
		err = n.Finish()
	}
	return errors.Join(err, n.Ledger.Close())
}

// recall removes from someone's repository what was put there for a cluster.
func recall(ctx context.Context, s settings, l log) error {
	if !s.remote() {
		return nil
	}
	place, err := s.place(l)
	if err == nil {
		return place.Remove(ctx)
	}
	notes, failed := s.notes()
	if failed != nil {
		return failed
	}
	if failed = bootstrap.Unremoved(notes, s.downCommand()); failed != nil { // else there never was anything
		failed = fmt.Errorf("%w: %w", failed, err)
	}
	return errors.Join(failed, notes.Close())
}

// remains names what is there of a cluster in someone's repository.
func remains(ctx context.Context, s settings) ([]string, error) {
	if !s.remote() {
		return nil, nil
	}
	place, err := s.place(nil)
	if err != nil {
		return nil, err
	}
	return place.Left(ctx)
}
