package reports_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/e2e/promise"
	"github.com/scaleproof/scaleproof/e2e/timeline"
	"github.com/scaleproof/scaleproof/reports"
)

// leaks are texts around the word s3cr3t-like, which must not survive.
var leaks = map[string]string{
	"bearer":          "GET /apis: Authorization: Bearer abcdefgh0123456789LEAK",
	"lower bearer":    `curl -H "authorization: bearer abcdefgh0123456789LEAK"`,
	"kubeconfig key":  "    client-key-data: TEVBSwLEAK0123456789==",
	"kubeconfig json": `{"client-key-data":"LEAK0123456789"}`,
	"token":           "token: LEAK.0123456789",
	"json token":      `{"id-token": "LEAK0123456789"}`,
	"escaped json":    `{\"token\": \"LEAK0123456789\"}`,
	"password":        "PASSWORD=LEAK0123456789",
	"environment":     "GITHUB_TOKEN=LEAK0123456789 AWS_SECRET_ACCESS_KEY=LEAKLEAK",
	"kubeadm":         "kubeadm join 10.0.0.1:6443 --token abcdef.LEAK456789abcdef --skip-phases=preflight",
	"service account": "eyJhbGciOiJSUzI1NiIsLEAK.eyJpc3MiOiJrdWJlcm5ldGVzLEAK.c2lnbmF0dXJlLEAK",
	"eks token":       "k8s-aws-v1.aHR0cHM6Ly9zdHMLEAK",
	"presigned":       "https://sts.amazonaws.com/?X-Amz-Signature=LEAK0123&X-Amz-Security-Token=LEAK",
	"github":          "remote: ghp_0123456789012345678901234567LEAK",
	"aws":             "AKIA012345678901LEAK",
	"url":             "cannot clone https://user:LEAK0123@git.example/app.git",
	"docker":          `{"auths":{"registry.example":{"auth":"LEAK0123456789=="}}}`,
	"pem":             "-----BEGIN RSA PRIVATE KEY-----\nLEAK\nLEAK\n-----END RSA PRIVATE KEY-----",
}

func TestRedact(t *testing.T) {
	for name, text := range leaks {
		if got := reports.Redact(text); strings.Contains(got, "LEAK") || got == text {
			t.Errorf("%s: %q keeps a secret", name, got)
		}
	}
	if got := reports.Redact("push app to 111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1"); got != "push app to [redacted].dkr.ecr.eu-west-1.amazonaws.com/app:v1" {
		t.Errorf("of an image in an account's registry, this is kept: %q", got)
	}
	for _, text := range []string{
		"MUST scaleout.reaches-max: late by 26s",
		"error 401: the token has expired",
		"basic authentication is needed",
		"GET https://10.0.0.1:6443/api/v1/namespaces/workload/pods: connection refused",
		"ghcr.io/kedacore/keda:2.21.0@sha256:0123456789abcdef",
		`s0-prometheus{scaledobject.keda.sh/name=example-app} AverageValue 2`,
	} {
		if got := reports.Redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestSaveKeepsNoSecret(t *testing.T) {
	for name, leak := range leaks {
		t.Run(name, func(t *testing.T) {
			dir := runDir(t)
			if err := leaking(t, dir, leak).Save(dir); err != nil {
				t.Fatal(err)
			}
			err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() {
					return err
				}
				text, err := os.ReadFile(path)
				if strings.Contains(string(text), "LEAK") {
					t.Errorf("%s keeps a secret:\n%s", entry.Name(), text)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := timeline.Open(filepath.Join(dir, "timelines", "a.jsonl")); err != nil {
				t.Errorf("the timeline cannot be read any more: %v", err)
			}
		})
	}
}

// leaking is a run that tells a secret wherever it has words.
func leaking(t *testing.T, dir, leak string) *reports.Run {
	t.Helper()
	r := result("metrics", "sources-agree", promise.Must, promise.Never, 5)
	r.Why, r.Timeline = leak, "timelines/a.jsonl"
	run := sample(r, failed("metrics", "pod-usage", leak), skipped("capacity", "limits", leak))
	run.Problems = []string{leak}
	run.Phases[0].Error = leak
	run.Components[0].Reference = leak
	moments := timeline.Of(timeline.Moment{At: at(91), Kind: timeline.HPA, Field: "ScalingActive", Text: leak})
	if err := moments.Save(filepath.Join(dir, r.Timeline)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "pods.log"), []byte(leak+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return run
}
