package rehearsal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// pemOf is a private key as files have it, under one of its usual headings.
func pemOf(t *testing.T, heading string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: heading, Bytes: der}))
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestSearchFinds(t *testing.T) {
	who := someone()
	search := NewSearch(map[string]string{"the account's id": who.Account, "a secret": who.Secret, "a session token": who.Token})
	token := "k8s-aws-v1.aHR0cHM6Ly9zdHMuZXUtd2VzdC0xLmFtYXpvbmF3cy5jb20"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                      {text: "all is well, k8s-aws-v1.[redacted] and X-Amz-Signature=[redacted]"},
		"somebody else's account":      {text: "arn:aws:iam::123456789012:role/x"},
		"an account in a name":         {text: "first\narn:aws:iam::" + who.Account + ":role/x", want: []string{"log:2 tells the account's id"}},
		"an account within a word":     {text: "x" + who.Account + "y", want: []string{"log:1 tells the account's id"}},
		"a secret":                     {text: "key: " + who.Secret, want: []string{"log:1 tells a secret"}},
		"a secret in a URL":            {text: "?k=" + url.QueryEscape(who.Secret), want: []string{"log:1 tells a secret"}},
		"a secret in a Secret":         {text: "data:\n  key: " + encoded(who.Secret), want: []string{"log:2 tells a secret"}},
		"a session in a URL":           {text: "X-Amz-Security-Token=" + url.QueryEscape(who.Token), want: []string{"log:1 tells a session token"}},
		"a token of EKS":               {text: "Bearer " + token, want: []string{"log:1 tells a token of EKS"}},
		"a request that is signed":     {text: "&X-Amz-Signature=0123456789abcdef0123", want: []string{"log:1 tells a signature of AWS"}},
		"a key":                        {text: pemOf(t, "PRIVATE KEY"), want: []string{"log:1 tells a private key"}},
		"a key of EC":                  {text: "a\n" + pemOf(t, "EC PRIVATE KEY"), want: []string{"log:2 tells a private key"}},
		"a key that is hidden":         {text: "-----BEGIN PRIVATE KEY-----[redacted]"},
		"a certificate":                {text: pemOf(t, "CERTIFICATE") + encoded(pemOf(t, "CERTIFICATE"))},
		"a key in a kubeconfig":        {text: encoded(pemOf(t, "PRIVATE KEY")), want: []string{"log:1 tells a private key, in base 64"}},
		"a key of RSA in a kubeconfig": {text: encoded(pemOf(t, "RSA PRIVATE KEY")), want: []string{"log:1 tells a private key, in base 64"}},
		"a key of EC in a kubeconfig":  {text: encoded(pemOf(t, "EC PRIVATE KEY")), want: []string{"log:1 tells a private key, in base 64"}},
		"a token of a pod": {
			text: "eyJhbGciOiJSUzI1NiIsImtpZCI6Ig.eyJhdWQiOlsiaHR0cHM6Ly9rdWJlcm5ldGVz.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
			want: []string{"log:1 tells a token of a ServiceAccount"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, search.In("log", []byte(test.text))); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSearchUnder(t *testing.T) {
	dir, search := t.TempDir(), NewSearch(map[string]string{"a word": "xyzzy"})
	write(t, filepath.Join(dir, "a", "of-xyzzy"), "plugh")
	write(t, filepath.Join(dir, "b"), "xyzzy")
	told, files, err := search.Under(dir)
	if err != nil || files != 2 || len(told) != 2 {
		t.Errorf("%d files tell %q, %v", files, told, err)
	}
}

// TestFollow sees what is there for a while only.
func TestFollow(t *testing.T) {
	dir, search := filepath.Join(t.TempDir(), "later"), NewSearch(map[string]string{"a word": "xyzzy"})
	end := search.Follow(dir)
	file := filepath.Join(dir, "ledger")
	write(t, file, "one")
	pause(t)
	write(t, file, "two\nxyzzy")
	pause(t)
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	told, files := end()
	if diff := cmp.Diff([]string{file + ":2 tells a word"}, told); diff != "" || files != 1 {
		t.Errorf("told by %d files (-want +got):\n%s", files, diff)
	}
}

// pause lets a few looks of Follow go by.
func pause(t *testing.T) {
	t.Helper()
	select {
	case <-time.After(10 * followPause):
	case <-t.Context().Done():
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestSomeone(t *testing.T) {
	one, other := someone(), someone()
	if one.Account == other.Account || one.Key == other.Key || one.Secret == other.Secret || one.Token == other.Token {
		t.Error("two have the same")
	}
	if len(one.Account) != 12 || strings.HasPrefix(one.Account, "0") || len(one.Key) != 20 || len(one.Secret) != 40 {
		t.Errorf("no credentials of AWS look like %d, %d and %d characters", len(one.Account), len(one.Key), len(one.Secret))
	}
}
