// Package awsdouble is a double of the services of AWS that the provider eks
// uses: one HTTP server that speaks their real protocols, so that the
// unmodified SDK talks to it.
//
// It is honest in three ways. Its routes, and the shapes of what it reads and
// writes, are those of the pinned SDK, and tests replay the snapshots of
// requests and answers that the SDK's modules carry. What it does not serve (an
// operation, a member of a request, a filter, a type of resource in a template)
// it refuses by 501, which no service of AWS answers; Server.Unsupported lists
// the operations. And what it refuses, it refuses as the services do: with their
// codes, their statuses and, where they are known, their words.
//
// A request is for the service that its signature's credential scope names.
// Signatures are verified, with the secrets of Options.
//
// What exists after a run, Server.Left tells; what was asked, Server.Log. How
// the cloud behaves on a bad day is set by Server.Turn (see cloud.Knobs), and
// what befalls single calls by Server.Inject (see Fault).
package awsdouble

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloudformation"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/ec2"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/eks"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/iam"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/sts"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// Principal is somebody who can call, with the credentials that prove it.
type Principal struct {
	// Account is twelve digits, and User a user's name in it.
	Account, User string
	// Key, Secret and Token are the credentials; the token may be empty.
	Key, Secret, Token string
}

// ARN is the principal's name.
func (p Principal) ARN() string { return "arn:aws:iam::" + p.Account + ":user/" + p.User }

// Someone is the principal a double knows if it is told of none.
func Someone() Principal {
	return Principal{
		Account: "111122223333", User: "scaleproof",
		Key: "AKIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	}
}

// Options of a double. The zero value is a good one.
type Options struct {
	// Principals are all who can call; Someone if empty.
	Principals []Principal
	// Region of Server.Config; eu-west-1 if empty. All regions are served.
	Region string
	// Now is the time; time.Now if nil.
	Now func() time.Time
}

// Server is the double. It is an http.Handler, and safe for concurrent use.
type Server struct {
	options  Options
	cloud    *cloud.Cloud
	services []*wire.Service
	// authority is made when it is first needed.
	authority func() (*authority, error)

	mu     sync.Mutex
	makers map[string]cloud.Maker
	faults []*fault
	calls  []Call
}

// New returns a double in which nothing exists. It listens nowhere yet: see
// Start and Serve.
func New(options Options) *Server {
	if len(options.Principals) == 0 {
		options.Principals = []Principal{Someone()}
	}
	if options.Region == "" {
		options.Region = "eu-west-1"
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Server{options: options, cloud: cloud.New(options.Now), makers: map[string]cloud.Maker{}, authority: sync.OnceValues(newAuthority)}
	clusters, refresh := eks.New(s.cloud, s.maker)
	s.services = []*wire.Service{sts.New(), iam.New(s.cloud), ec2.New(s.cloud, refresh), cloudformation.New(s.cloud), clusters}
	return s
}

// Running is a double that listens, for a test.
type Running struct {
	*Server
	// Endpoint is its URL, for AWS_ENDPOINT_URL or aws.Config.BaseEndpoint.
	Endpoint string
}

// T is what Start needs of a test.
type T interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Start runs a double until the test ends.
func Start(t T, options Options) *Running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s := New(options)
	listening, failed, ended := make(chan string, 1), make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		failed <- Serve(ctx, s, "127.0.0.1:0", listening)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	select {
	case url := <-listening:
		return &Running{Server: s, Endpoint: url}
	case err := <-failed:
		t.Fatalf("%v", err)
		return nil
	}
}

// Config is the SDK's, for the first principal. It tries again at once where
// the default would wait, and as often.
func (r *Running) Config() aws.Config {
	p := r.options.Principals[0]
	return aws.Config{
		Region: r.options.Region, BaseEndpoint: &r.Endpoint,
		Credentials: credentials.NewStaticCredentialsProvider(p.Key, p.Secret, p.Token),
		HTTPClient:  http.DefaultClient,
		Retryer:     hasty,
	}
}

// Env is what a process needs in its environment to use the double.
func (r *Running) Env() []string {
	p := r.options.Principals[0]
	env := []string{
		"AWS_ENDPOINT_URL=" + r.Endpoint, "AWS_REGION=" + r.options.Region, "AWS_DEFAULT_REGION=" + r.options.Region,
		"AWS_ACCESS_KEY_ID=" + p.Key, "AWS_SECRET_ACCESS_KEY=" + p.Secret, "AWS_EC2_METADATA_DISABLED=true",
	}
	if p.Token != "" {
		env = append(env, "AWS_SESSION_TOKEN="+p.Token)
	}
	return env
}

// Turn changes how the cloud behaves from now on.
func (s *Server) Turn(change func(*cloud.Knobs)) {
	s.cloud.Lock()
	defer s.cloud.Unlock()
	change(&s.cloud.Knobs)
}

// Touch gives the cloud itself to a test, which may look at it and change it.
func (s *Server) Touch(do func(*cloud.Cloud)) {
	s.cloud.Lock()
	defer s.cloud.Unlock()
	do(s.cloud)
}

// Left is everything that exists, in all accounts and regions, the oldest
// first; empty and not nil if there is nothing.
func (s *Server) Left() []cloud.Leftover {
	s.cloud.Lock()
	defer s.cloud.Unlock()
	return s.cloud.Left()
}

// Back puts a Kubernetes API behind the cluster of that name, before or after
// it is made. The endpoint and the CA of a cluster that is active are those it
// had when it became so.
func (s *Server) Back(cluster string, plane cloud.DataPlane) { s.BackBy(cluster, cloud.Ready(plane)) }

// BackBy has the Kubernetes API behind the cluster of that name made when the
// cluster is, and removed with it.
func (s *Server) BackBy(cluster string, maker cloud.Maker) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makers[cluster] = maker
}

func (s *Server) maker(cluster string) cloud.Maker {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.makers[cluster]
}

// Unsupported are the operations that the pinned SDK knows and the double does
// not serve, by service; of services that it does not serve at all, it lists none.
func (s *Server) Unsupported() map[string][]string {
	all := map[string][]string{}
	for _, service := range s.services {
		all[service.Scope] = service.Unsupported()
	}
	return all
}
