package signature

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// TestPublishedExample verifies the request that AWS's own reference signs step
// by step.
func TestPublishedExample(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	r.Header.Set("X-Amz-Date", "20150830T123600Z")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, "+
		"Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")
	claim, err := Read(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join([]string{claim.Key, claim.Date, claim.Region, claim.Service}, " "); got != "AKIDEXAMPLE 20150830 us-east-1 iam" {
		t.Errorf("it claims %s", got)
	}
	const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	at := time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		secret string
		now    time.Time
		change func(*http.Request)
		want   error
	}{
		{"as it is", secret, at, nil, nil},
		{"14 minutes later", secret, at.Add(14 * time.Minute), nil, nil},
		{"16 minutes later", secret, at.Add(16 * time.Minute), nil, ErrExpired},
		{"16 minutes before", secret, at.Add(-16 * time.Minute), nil, ErrExpired},
		{"another secret", "guessed", at, nil, ErrMismatch},
		{"another method", secret, at, func(r *http.Request) { r.Method = http.MethodPut }, ErrMismatch},
		{"another query", secret, at, func(r *http.Request) { r.URL.RawQuery += "&A=1" }, ErrMismatch},
		{"another path", secret, at, func(r *http.Request) { r.URL.Path = "/a" }, ErrMismatch},
		{"another host", secret, at, func(r *http.Request) { r.Host = "sts.amazonaws.com" }, ErrMismatch},
		{"another header", secret, at, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, ErrMismatch},
	} {
		t.Run(test.name, func(t *testing.T) {
			changed := r.Clone(t.Context())
			if test.change != nil {
				test.change(changed)
			}
			if err := claim.Verify(changed, nil, test.secret, test.now); !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %v", err, test.want)
			}
		})
	}
	if err := claim.Verify(r, []byte("a body"), secret, at); !errors.Is(err, ErrMismatch) {
		t.Errorf("with another body: %v", err)
	}
}

// TestSDK verifies what the SDK signs, with what paths and queries can have.
func TestSDK(t *testing.T) {
	for _, address := range []string{
		"http://127.0.0.1:4566/", "http://double.test/clusters/a%20b", "http://double.test/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A1%3Acluster%2Fx",
		"http://double.test/a?tagKeys=b&tagKeys=a&tagKeys=" + url.QueryEscape("ä /+*~"), "http://double.test/?a-b=1&a=2&a=", "http://double.test/x?empty",
	} {
		for _, presigned := range []bool{false, true} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("{}"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Padded", "  a   b ")
			now := time.Now()
			credentials := aws.Credentials{AccessKeyID: "key", SecretAccessKey: "secret", SessionToken: "session"}
			hash := digest([]byte("{}"))
			if presigned {
				signed, _, err := v4.NewSigner().PresignHTTP(t.Context(), credentials, r, hash, "eks", "eu-west-1", now)
				if err != nil {
					t.Fatal(err)
				}
				if r.URL, err = url.Parse(signed); err != nil {
					t.Fatal(err)
				}
			} else if err := v4.NewSigner().SignHTTP(t.Context(), credentials, r, hash, "eks", "eu-west-1", now); err != nil {
				t.Fatal(err)
			}
			claim, err := Read(r)
			if err != nil {
				t.Fatal(err)
			}
			if err := claim.Verify(r, []byte("{}"), "secret", now); err != nil || claim.Presigned != presigned || claim.Token != "session" {
				t.Errorf("%s, presigned %t: %v, %+v", address, presigned, err, claim)
			}
		}
	}
}

func TestUnsigned(t *testing.T) {
	for _, authorization := range []string{"", "Basic eDp5", "AWS4-HMAC-SHA256 Credential=key", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=x"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://double.test/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", authorization)
		if _, err := Read(r); !errors.Is(err, ErrMissing) {
			t.Errorf("%q: %v", authorization, err)
		}
	}
}
