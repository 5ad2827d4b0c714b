// Package token makes what an EKS cluster takes for a password: a request to
// STS, signed and not sent, that tells the cluster who would have sent it. It
// needs no AWS command line.
package token

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	// prefix is the version of the form.
	prefix = "k8s-aws-v1."
	// lifetime is how long a cluster takes a token, less a minute for clocks
	// that differ.
	lifetime = 14 * time.Minute
)

// Token opens the API of one cluster for a while.
type Token struct {
	Value   string
	Expires time.Time
}

// Sign makes a token for the cluster of that name, of the credentials in the
// configuration. It sends nothing. The address in it is STS's own whatever
// endpoint the configuration has: a cluster asks nobody else.
func Sign(ctx context.Context, config aws.Config, cluster string) (Token, error) {
	client := sts.NewPresignClient(sts.NewFromConfig(config, func(o *sts.Options) { o.BaseEndpoint = nil }))
	begin := time.Now()
	request, err := client.PresignGetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.PresignOptions) {
		o.ClientOptions = append(o.ClientOptions, func(o *sts.Options) {
			o.APIOptions = append(o.APIOptions,
				smithyhttp.SetHeaderValue("x-k8s-aws-id", cluster),
				smithyhttp.SetHeaderValue("X-Amz-Expires", "60"))
		})
	})
	if err != nil {
		return Token{}, fmt.Errorf("signing a token for cluster %s: %w", cluster, err)
	}
	if !strings.Contains(request.URL, "X-Amz-Signature=") {
		return Token{}, fmt.Errorf("no token for cluster %s without credentials: set them as for any AWS tool (AWS_PROFILE, AWS_ACCESS_KEY_ID, a role)", cluster)
	}
	return Token{prefix + base64.RawURLEncoding.EncodeToString([]byte(request.URL)), begin.Add(lifetime)}, nil
}
