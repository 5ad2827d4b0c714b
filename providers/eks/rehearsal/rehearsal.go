// Package rehearsal is an AWS account on this machine in which a cluster of EKS
// can be made, used and removed. Its services are package awsdouble's; what
// stands behind its cluster is a real one, made by package kind while EKS says
// that it is CREATING:
//
//   - its API server knows people by the tokens of EKS, whose real
//     aws-iam-authenticator it asks, which in turn asks the double of STS;
//   - its pools general-purpose and system, which EKS Auto Mode brings, are of a
//     Karpenter that is on it before anything else;
//   - its machines are containers, which the double of EC2 knows as instances.
//
// Whoever uses it needs an environment, and no other change: see Env.
package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/kind"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// Options of a rehearsal. All are needed but Log.
type Options struct {
	// Cluster is the name of the cluster in AWS, and of the one of kind.
	Cluster string
	// Region in which it is.
	Region string
	// Kind makes the cluster.
	Kind kind.Options
	// Authenticator is the file of the program aws-iam-authenticator.
	Authenticator string
	// Karpenter is what is on the cluster from the start: its definitions, its
	// controller, and the node pools that EKS Auto Mode brings.
	Karpenter []*unstructured.Unstructured
	// Apply puts objects on a cluster and returns once they are ready, and Delete
	// once they are gone. Both heed the context's deadline.
	Apply, Delete func(context.Context, *rest.Config, []*unstructured.Unstructured) error
	// Dir is a folder for what is temporary, which is not removed.
	Dir string
	// Log is told of every step that takes longer than a moment; may be nil.
	Log func(format string, args ...any)
}

// Rehearsal is the account, and what is in it.
type Rehearsal struct {
	options Options
	running *awsdouble.Running
	who     awsdouble.Principal
	plant   *plant
	stop    context.CancelFunc
	ended   chan error
}

// Start begins to answer, and does so until Close, also when the context has
// ended: whoever is interrupted still has to clean up.
func Start(ctx context.Context, options Options) (*Rehearsal, error) {
	if options.Log == nil {
		options.Log = func(string, ...any) {}
	}
	who := someone()
	server := awsdouble.New(awsdouble.Options{Principals: []awsdouble.Principal{who}, Region: options.Region})
	server.Turn(func(k *cloud.Knobs) { // what stands behind the cluster takes its own time
		k.Creating, k.Updating, k.Deleting = cloud.Pace{}, cloud.Pace{}, cloud.Pace{}
	})
	authority, err := server.Authority()
	if err != nil {
		return nil, err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	listening, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- awsdouble.Serve(serving, server, "127.0.0.1:0", listening) }()
	var url string
	select {
	case url = <-listening:
	case err := <-ended:
		stop()
		return nil, err
	}
	r := &Rehearsal{options: options, running: &awsdouble.Running{Server: server, Endpoint: url}, who: who, stop: stop, ended: ended}
	r.plant = newPlant(context.WithoutCancel(ctx), options, webhook{
		Binary: options.Authenticator, Dir: options.Dir, Cluster: options.Cluster, Region: options.Region,
		User: who.ARN(), Proxy: url, Authority: authority,
	}, who)
	server.BackBy(options.Cluster, r.plant)
	return r, nil
}

// Account is the id of the account, as --allow-account wants it.
func (r *Rehearsal) Account() string { return r.who.Account }

// Env is an environment made of another, in which AWS is this account. It has no
// credentials of the other, nor the files in which such are.
func (r *Rehearsal) Env(environ []string) []string {
	env := slices.DeleteFunc(slices.Clone(environ), func(variable string) bool { return strings.HasPrefix(variable, "AWS_") })
	return append(append(env, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null"), r.running.Env()...)
}

// Secrets are what must not be told to anyone, by what they are.
func (r *Rehearsal) Secrets() map[string]string {
	return map[string]string{
		"the account's id": r.who.Account, "an access key's id": r.who.Key,
		"a secret access key": r.who.Secret, "a session token": r.who.Token,
	}
}

// Calls counts what was asked, by operation, as in "eks:CreateCluster".
func (r *Rehearsal) Calls() map[string]int {
	calls := map[string]int{}
	for _, call := range r.running.Log() {
		calls[call.Service+":"+call.Operation]++
	}
	return calls
}

// Unserved are the calls that the double answered by 501: what it is no double of.
func (r *Rehearsal) Unserved() []string {
	var all []string
	for _, call := range r.running.Log() {
		if call.Status == 501 {
			all = append(all, call.String())
		}
	}
	return all
}

// Left names what exists in the account, and every container of the cluster.
func (r *Rehearsal) Left(ctx context.Context) ([]string, error) {
	var left []string
	for _, thing := range r.running.Left() {
		left = append(left, fmt.Sprintf("%s %s", thing.Kind, thing.ID))
	}
	names, err := containers(ctx, r.options.Cluster)
	for _, name := range names {
		left = append(left, "container "+name)
	}
	return left, err
}

// containers are the names of all that is of a cluster of kind, or beside it.
func containers(ctx context.Context, cluster string) ([]string, error) {
	var all []string
	for _, label := range []string{kindLabel, kind.ClusterLabel} {
		text, err := engine.Run(ctx, "ps", "--all", "--filter", "label="+label+"="+cluster, "--format", "{{.Names}}")
		if err != nil {
			return nil, err
		}
		all = append(all, strings.Fields(text)...)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// closeLimit is how long the server may take to end.
const closeLimit = 10 * time.Second

// Close removes the cluster, if it is there, and ends all that runs.
func (r *Rehearsal) Close(ctx context.Context) error {
	failed := r.plant.clear(ctx, false)
	r.stop()
	select {
	case err := <-r.ended:
		return errors.Join(failed, err)
	case <-time.After(closeLimit):
		return errors.Join(failed, errors.New("the double of AWS does not end"))
	}
}

// HostAddress is this machine's address, as the pods of the cluster see it.
func (r *Rehearsal) HostAddress(ctx context.Context) (string, error) {
	provider, err := kind.New(r.options.Kind)
	if err != nil {
		return "", err
	}
	return provider.HostAddress(ctx)
}
