package awsdouble_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/token"
)

// TestSignatures shows what becomes of those who are not who they say.
func TestSignatures(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*aws.Config)
		want   string
	}{
		{"another secret", as("AKIAIOSFODNN7EXAMPLE", "guessed", ""), "SignatureDoesNotMatch 403, SignatureDoesNotMatch 403, AuthFailure 401, SignatureDoesNotMatch 403, InvalidSignatureException 403"},
		{"another key", as("AKIANOBODY", "guessed", ""), "InvalidClientTokenId 403, InvalidClientTokenId 403, AuthFailure 401, InvalidClientTokenId 403, UnrecognizedClientException 403"},
		{"another token", as("AKIAIOSFODNN7EXAMPLE", awsdouble.Someone().Secret, "none"), "InvalidClientTokenId 403, InvalidClientTokenId 403, AuthFailure 401, InvalidClientTokenId 403, UnrecognizedClientException 403"},
		{"changed on the way", func(c *aws.Config) { c.HTTPClient = meddler{} }, "SignatureDoesNotMatch 403, SignatureDoesNotMatch 403, AuthFailure 401, SignatureDoesNotMatch 403, InvalidSignatureException 403"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := awsdouble.Start(t, awsdouble.Options{})
			c := r.Config()
			test.change(&c)
			w := on(t, r, c)
			var got []string
			for _, e := range each {
				got = append(got, code(e.call(w)))
			}
			if diff := cmp.Diff(strings.Split(test.want, ", "), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// as is a change of credentials.
func as(key, secret, token string) func(*aws.Config) {
	return func(c *aws.Config) {
		c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: token}, nil
		})
	}
}

// meddler changes requests after they were signed.
type meddler struct{}

func (meddler) Do(r *http.Request) (*http.Response, error) {
	query := r.URL.Query()
	query.Set("meddled", "yes")
	r.URL.RawQuery = query.Encode()
	return http.DefaultClient.Do(r)
}

// TestExpired lets the double's clock run ahead.
func TestExpired(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		10 * time.Minute: "none, none, none, none, none",
		time.Hour:        "RequestExpired 400, RequestExpired 400, RequestExpired 400, RequestExpired 400, InvalidSignatureException 403",
	} {
		r := awsdouble.Start(t, awsdouble.Options{Now: func() time.Time { return time.Now().Add(ahead) }})
		w := on(t, r, r.Config())
		var got []string
		for _, e := range each {
			got = append(got, code(e.call(w)))
		}
		if diff := cmp.Diff(strings.Split(want, ", "), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", ahead, diff)
		}
	}
}

// TestPresigned sends a token's request as a cluster's authenticator does: to
// STS by its own name, through the double as a proxy, asking for JSON.
func TestPresigned(t *testing.T) {
	w := start(t)
	config := w.Config()
	config.BaseEndpoint = nil
	signed := must[token.Token](t)(token.Sign(t.Context(), config, "conf-1"))
	address := string(must[[]byte](t)(base64.RawURLEncoding.DecodeString(strings.TrimPrefix(signed.Value, "k8s-aws-v1."))))
	client := through(t, w.Running)
	for cluster, want := range map[string]string{
		"conf-1": `{"GetCallerIdentityResponse":{"GetCallerIdentityResult":{"Account":"111122223333","Arn":"arn:aws:iam::111122223333:user/scaleproof","UserId":"AIDASCALEPROOF"}}}`,
		"conf-2": `{"Error":{"Code":"SignatureDoesNotMatch","Type":"Sender"}}`,
	} {
		request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody))
		request.Header.Set("x-k8s-aws-id", cluster)
		request.Header.Set("Accept", "application/json")
		answer, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted map[string]any
		err = json.NewDecoder(answer.Body).Decode(&got)
		answer.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(want), &wanted); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(wanted, plain(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cluster, diff)
		}
	}
}

// plain leaves out what differs from call to call, and long texts.
func plain(v map[string]any) map[string]any {
	delete(v, "RequestId")
	for _, inner := range v {
		if m, ok := inner.(map[string]any); ok {
			delete(m, "ResponseMetadata")
			delete(m, "Message")
		}
	}
	return v
}

// through is a client whose proxy is the double, and who trusts its authority.
func through(t *testing.T, r *awsdouble.Running) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(must[[]byte](t)(r.Authority())) {
		t.Fatal("the authority is no PEM")
	}
	proxy := must[*url.URL](t)(url.Parse(r.Endpoint))
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestProxyIsForAWSOnly keeps the double from being anyone else.
func TestProxyIsForAWSOnly(t *testing.T) {
	request := must[*http.Request](t)(http.NewRequestWithContext(t.Context(), http.MethodGet, "https://example.com/", http.NoBody))
	answer, err := through(t, start(t).Running).Do(request)
	if err == nil {
		answer.Body.Close()
		t.Error("it spoke as example.com")
	}
}
