package token

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/transport"
)

func configuration() aws.Config {
	return aws.Config{
		Region:       "eu-west-1",
		Credentials:  credentials.NewStaticCredentialsProvider("AKIAEXAMPLEEXAMPLE00", "secret-key", "session"),
		BaseEndpoint: aws.String("http://127.0.0.1:1"), // as a double would be
	}
}

func signed(t *testing.T) (Token, *url.URL) {
	t.Helper()
	token, err := Sign(t.Context(), configuration(), "demo")
	if err != nil {
		t.Fatal(err)
	}
	text, ok := strings.CutPrefix(token.Value, "k8s-aws-v1.")
	if !ok {
		t.Fatalf("a token begins with %.12q", token.Value)
	}
	plain, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(string(plain))
	if err != nil {
		t.Fatal(err)
	}
	return token, address
}

// TestSign compares the token with all that a verifier looks at: it refuses
// other hosts, paths, parameters and unsigned headers.
func TestSign(t *testing.T) {
	token, address := signed(t)
	if got := address.Scheme + "://" + address.Host + address.Path; got != "https://sts.eu-west-1.amazonaws.com/" {
		t.Errorf("the token is for %s", got)
	}
	query := address.Query()
	known := []string{
		"Action", "Version", "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
		"X-Amz-Expires", "X-Amz-Security-Token", "X-Amz-Signature", "X-Amz-SignedHeaders",
	}
	for name := range query {
		if !slices.Contains(known, name) {
			t.Errorf("parameter %s is refused by every cluster", name)
		}
	}
	got := map[string]string{}
	for _, name := range []string{"Action", "Version", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Security-Token"} {
		got[name] = query.Get(name)
	}
	want := map[string]string{
		"Action": "GetCallerIdentity", "Version": "2011-06-15", "X-Amz-Expires": "60",
		"X-Amz-SignedHeaders": "host;x-k8s-aws-id", "X-Amz-Security-Token": "session",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := time.Until(token.Expires); left > 15*time.Minute || left < 10*time.Minute {
		t.Errorf("a token of 15 minutes is said to end in %v", left)
	}
	if strings.Contains(address.String(), "secret-key") {
		t.Error("the token has the key itself")
	}
}

func TestSignOtherClusterDiffers(t *testing.T) {
	_, first := signed(t)
	other, err := Sign(t.Context(), configuration(), "other")
	if err != nil {
		t.Fatal(err)
	}
	plain, _ := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(other.Value, prefix))
	second, err := url.Parse(string(plain))
	if err != nil {
		t.Fatal(err)
	}
	if first.Query().Get("X-Amz-Signature") == second.Query().Get("X-Amz-Signature") {
		t.Error("the signature does not cover the cluster's name")
	}
}

func TestSignWithoutCredentials(t *testing.T) {
	config := configuration()
	config.Credentials = nil
	if token, err := Sign(t.Context(), config, "demo"); err == nil {
		t.Errorf("nobody's token is %q", token.Value)
	}
}

func TestCredential(t *testing.T) {
	expires := time.Date(2026, 11, 23, 12, 14, 0, 0, time.UTC)
	text, err := Token{"k8s-aws-v1.abc", expires}.Credential()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "spec": map[string]any{"interactive": false},
		"status": map[string]any{"token": "k8s-aws-v1.abc", "expirationTimestamp": "2026-11-23T12:14:00Z"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// counting hands out numbered tokens that end at once, or never.
type counting struct {
	n     int
	lasts time.Duration
}

func (c *counting) Token() (*oauth2.Token, error) {
	c.n++
	return &oauth2.Token{AccessToken: string(rune('0' + c.n)), Expiry: time.Now().Add(c.lasts)}, nil
}

// TestConfigRefreshes is a run that outlasts its token.
func TestConfigRefreshes(t *testing.T) {
	var seen []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Header.Get("Authorization"))
		if len(seen) == 2 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	}))
	defer server.Close()
	for name, c := range map[string]struct {
		lasts time.Duration
		want  []string
	}{
		"a token that has ended is made anew":   {-time.Minute, []string{"Bearer 1", "Bearer 2", "Bearer 3"}},
		"a token that was refused is made anew": {time.Hour, []string{"Bearer 1", "Bearer 1", "Bearer 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			tokens := transport.NewCachedTokenSource(&counting{lasts: c.lasts})
			client := &http.Client{Transport: transport.ResettableTokenSourceWrapTransport(tokens)(server.Client().Transport)}
			for range 3 {
				answer, err := client.Get(server.URL)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
			}
			if diff := cmp.Diff(c.want, seen); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfigSendsTokens(t *testing.T) {
	var authorization string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { authorization = r.Header.Get("Authorization") }))
	defer server.Close()
	client, err := kubernetes.NewForConfig(Cluster{Name: "demo", Endpoint: server.URL}.Config(configuration()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(authorization, "Bearer k8s-aws-v1.") {
		t.Errorf("the request had %.20q", authorization)
	}
}

func TestKubeconfig(t *testing.T) {
	text, err := Cluster{Name: "demo", Endpoint: "https://demo.test", CA: []byte("pem")}.Kubeconfig(Plugin{
		Command: "/bin/scaleproof", Args: []string{"token", "--cluster-name", "demo"}, Env: map[string]string{"AWS_REGION": "eu-west-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/kubeconfig.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := clientcmd.RESTConfigFromKubeConfig(text); err != nil {
		t.Error(err)
	}
}
