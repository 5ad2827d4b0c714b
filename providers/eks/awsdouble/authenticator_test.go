package awsdouble_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authentication "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/token"
)

// authenticatorVariable names the binary that the component aws-iam-authenticator
// pins. Building it takes minutes, so that no unit test does:
//
//	go build -C fixtures/components/aws-iam-authenticator -o FILE sigs.k8s.io/aws-iam-authenticator/cmd/aws-iam-authenticator
const authenticatorVariable = "SCALEPROOF_AUTHENTICATOR"

// TestAuthenticator lets the real aws-iam-authenticator judge tokens of the
// provider, with the double for its STS.
func TestAuthenticator(t *testing.T) {
	binary := os.Getenv(authenticatorVariable)
	if binary == "" {
		t.Skipf("%s names no binary", authenticatorVariable)
	}
	d := awsdouble.Start(t, awsdouble.Options{})
	webhook := authenticate(t, d, binary, "conf-1")
	sign := func(change func(*awsdouble.Principal), cluster string) string {
		p := awsdouble.Someone()
		change(&p)
		other := &awsdouble.Running{Server: awsdouble.New(awsdouble.Options{Principals: []awsdouble.Principal{p}}), Endpoint: d.Endpoint}
		config := other.Config()
		config.BaseEndpoint = nil
		return must[token.Token](t)(token.Sign(t.Context(), config, cluster)).Value
	}
	same := func(*awsdouble.Principal) {}
	for _, test := range []struct {
		name, token string
		groups      []string
	}{
		{"ours", sign(same, "conf-1"), []string{"system:masters"}},
		{"of another cluster", sign(same, "conf-2"), nil},
		{"of another secret", sign(func(p *awsdouble.Principal) { p.Secret = "guessed" }, "conf-1"), nil},
		{"of a key that nobody has", sign(func(p *awsdouble.Principal) { p.Key = "AKIANOBODY" }, "conf-1"), nil},
		{"no token at all", "k8s-aws-v1.bm9uZQ", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.groups, review(t, webhook, test.token).User.Groups); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

// authenticate runs the authenticator for a cluster, and returns its webhook's URL.
func authenticate(t *testing.T, d *awsdouble.Running, binary, cluster string) string {
	t.Helper()
	dir := t.TempDir()
	config := fmt.Sprintf("clusterID: %s\nserver:\n  mapUsers:\n  - userARN: %s\n    username: admin\n    groups: [system:masters]\n", cluster, awsdouble.Someone().ARN())
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	port := free(t)
	ctx, stop := context.WithCancel(t.Context())
	var said bytes.Buffer
	command := exec.CommandContext(ctx, binary, "server", "--config", write("config.yaml", []byte(config)), "--backend-mode", "MountedFile",
		"--state-dir", dir, "--generate-kubeconfig", filepath.Join(dir, "webhook.yaml"), "--address", "127.0.0.1", "--port", strconv.Itoa(port))
	command.Env = []string{
		"HTTPS_PROXY=" + d.Endpoint, "SSL_CERT_FILE=" + write("ca.pem", must[[]byte](t)(d.Authority())),
		"AWS_EC2_METADATA_DISABLED=true", "AWS_REGION=eu-west-1", "HOME=" + dir,
	}
	command.Stdout, command.Stderr = &said, &said
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() { stop(); <-ended })
	url := fmt.Sprintf("https://127.0.0.1:%d/authenticate", port)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			conn.Close()
			return url
		}
		select {
		case <-tick.C:
		case <-ended:
			t.Fatalf("the authenticator ended: %s", said.String())
		case <-time.After(30 * time.Second):
			t.Fatalf("the authenticator does not listen: %s", said.String())
		}
	}
}

// free is a port that nobody listens on.
func free(t *testing.T) int {
	t.Helper()
	listener := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// review asks the webhook about a token, as an API server does.
func review(t *testing.T, webhook, token string) authentication.TokenReviewStatus {
	t.Helper()
	body := must[[]byte](t)(json.Marshal(authentication.TokenReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1beta1", Kind: "TokenReview"},
		Spec:     authentication.TokenReviewSpec{Token: token},
	}))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Post(webhook, "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var reviewed authentication.TokenReview
	if err := json.NewDecoder(answer.Body).Decode(&reviewed); err != nil {
		t.Fatal(err)
	}
	if !reviewed.Status.Authenticated && len(reviewed.Status.User.Groups) > 0 || strings.Contains(reviewed.Status.Error, token) {
		t.Errorf("status is %+v", reviewed.Status)
	}
	return reviewed.Status
}
