package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/token"
)

// guardLimit is for one answer of the API server, which asks two others.
const guardLimit = 20 * time.Second

// guard sees that strangers are refused: else it would say nothing that our
// tokens are taken.
func guard(ctx context.Context, config *rest.Config, who awsdouble.Principal, cluster, region string) error {
	forger := who
	forger.Secret = secret(30)
	for _, stranger := range []struct {
		what    string
		who     awsdouble.Principal
		cluster string
	}{
		{"a token that is signed with another secret", forger, cluster},
		{"a token that is for another cluster", who, cluster + "-2"},
	} {
		of := aws.Config{Region: region, Credentials: credentials.NewStaticCredentialsProvider(stranger.who.Key, stranger.who.Secret, stranger.who.Token)}
		signed, err := token.Sign(ctx, of, stranger.cluster)
		if err != nil {
			return err
		}
		switch err := knock(ctx, config, signed.Value); {
		case err == nil:
			return fmt.Errorf("the API server takes %s", stranger.what)
		case !apierrors.IsUnauthorized(err):
			return fmt.Errorf("the API server does not refuse %s, but says: %w", stranger.what, err)
		}
	}
	return nil
}

// knock asks the API server for something that nobody but the administrator gets.
func knock(ctx context.Context, config *rest.Config, bearer string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, guardLimit, errors.New("the API server does not answer"))
	defer cancel()
	config = rest.AnonymousClientConfig(config)
	config.BearerToken = bearer
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	return client.Discovery().RESTClient().Get().AbsPath("/api/v1/namespaces").Do(ctx).Error()
}
