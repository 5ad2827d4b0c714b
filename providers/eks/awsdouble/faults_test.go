package awsdouble_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// each calls one operation of every service.
var each = []struct {
	service, operation string
	call               func(*world) error
}{
	{"sts", "GetCallerIdentity", func(w *world) error {
		_, err := w.sts.GetCallerIdentity(w.t.Context(), &sts.GetCallerIdentityInput{})
		return err
	}},
	{"iam", "ListOpenIDConnectProviders", func(w *world) error {
		_, err := w.iam.ListOpenIDConnectProviders(w.t.Context(), &iam.ListOpenIDConnectProvidersInput{})
		return err
	}},
	{"ec2", "DescribeVpcs", func(w *world) error {
		_, err := w.ec2.DescribeVpcs(w.t.Context(), &ec2.DescribeVpcsInput{})
		return err
	}},
	{"cloudformation", "DescribeStacks", func(w *world) error {
		_, err := w.cfn.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{})
		return err
	}},
	{"eks", "ListClusters", func(w *world) error {
		_, err := w.eks.ListClusters(w.t.Context(), &eks.ListClustersInput{})
		return err
	}},
}

// code is the error's as the SDK read it, with the status of HTTP.
func code(err error) string {
	if err == nil {
		return "none"
	}
	var known smithy.APIError
	var status interface{ HTTPStatusCode() int }
	if !errors.As(err, &known) || !errors.As(err, &status) {
		return "connection"
	}
	return fmt.Sprint(known.ErrorCode(), " ", status.HTTPStatusCode())
}

// TestFaults shows each fault to the SDK, in the words of each service.
func TestFaults(t *testing.T) {
	for kind, want := range map[string]string{
		awsdouble.Throttled:   "Throttling 400, Throttling 400, RequestLimitExceeded 503, Throttling 400, ThrottlingException 429",
		awsdouble.Denied:      "AccessDenied 403, AccessDenied 403, UnauthorizedOperation 403, AccessDenied 403, AccessDeniedException 403",
		awsdouble.Broken:      "InternalFailure 500, InternalFailure 500, InternalError 500, InternalFailure 500, ServerException 500",
		awsdouble.Unavailable: "ServiceUnavailable 503, ServiceUnavailable 503, Unavailable 503, ServiceUnavailable 503, ServiceUnavailableException 503",
		awsdouble.Refused:     "connection, connection, connection, connection, connection",
		awsdouble.Lost:        "connection, connection, connection, connection, connection",
		awsdouble.Slow:        "none, none, none, none, none",
	} {
		t.Run(kind, func(t *testing.T) {
			w := start(t)
			w.Inject(awsdouble.Fault{Kind: kind})
			var got []string
			for _, e := range each {
				got = append(got, code(e.call(w)))
			}
			if diff := cmp.Diff(strings.Split(want, ", "), got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			attempts := map[string]int{}
			for _, c := range w.Log() {
				attempts[c.Service]++
			}
			wantAttempts := 3 // the SDK's own
			if kind == awsdouble.Denied || kind == awsdouble.Slow {
				wantAttempts = 1
			}
			for _, e := range each {
				if attempts[e.service] != wantAttempts {
					t.Errorf("%s: %d attempts, want %d", e.service, attempts[e.service], wantAttempts)
				}
			}
		})
	}
}

// TestFaultChooses shows which calls a fault befalls.
func TestFaultChooses(t *testing.T) {
	for _, test := range []struct {
		name  string
		fault awsdouble.Fault
		want  string
	}{
		{"all", awsdouble.Fault{}, "D D D D D D D D D D"},
		{"a service", awsdouble.Fault{Service: "ec2"}, ". . D . . . . D . ."},
		{"an operation", awsdouble.Fault{Operation: "ListClusters"}, ". . . . D . . . . D"},
		{"the fourth call", awsdouble.Fault{After: 3, Times: 1}, ". . . D . . . . . ."},
		{"a service's second call", awsdouble.Fault{Service: "iam", After: 1, Times: 1}, ". . . . . . D . . ."},
		{"none of that name", awsdouble.Fault{Operation: "Describe"}, ". . . . . . . . . ."},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := start(t)
			test.fault.Kind = awsdouble.Denied
			remove := w.Inject(test.fault)
			var got []string
			for range 2 {
				for _, e := range each {
					mark := "."
					if e.call(w) != nil {
						mark = "D"
					}
					got = append(got, mark)
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			remove()
			for _, e := range each {
				if err := e.call(w); err != nil {
					t.Errorf("after its end: %v", err)
				}
			}
		})
	}
}

// TestLostIsDone tells the two broken connections apart.
func TestLostIsDone(t *testing.T) {
	for kind, want := range map[string]int{awsdouble.Lost: 1, awsdouble.Refused: 0} {
		w := start(t)
		w.Inject(awsdouble.Fault{Kind: kind, Operation: "CreateStack", Times: 3})
		_, err := w.cfn.CreateStack(w.t.Context(), stackInput(name))
		if got := w.kinds()[cloud.Stack]; got != want || err == nil {
			t.Errorf("%s: %d stacks, error %v", kind, got, err)
		}
		// It was done the first time; the SDK's second attempt, which has no
		// token here, finds it there.
		statuses := []int{}
		for _, c := range w.Log() {
			statuses = append(statuses, c.Status)
		}
		wantStatuses := map[string][]int{awsdouble.Lost: {200, 400, 400}, awsdouble.Refused: {0, 0, 0}}[kind]
		if diff := cmp.Diff(wantStatuses, statuses); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

func TestSlowWaits(t *testing.T) {
	w := start(t)
	w.Inject(awsdouble.Fault{Kind: awsdouble.Slow, Delay: 30 * time.Millisecond})
	w.Inject(awsdouble.Fault{Kind: awsdouble.Denied, Service: "eks", Delay: 30 * time.Millisecond})
	before := time.Now()
	err := each[4].call(w)
	if took := time.Since(before); took < 60*time.Millisecond || code(err) != "AccessDeniedException 403" {
		t.Errorf("it took %s: %v", took, err)
	}
}

// TestThrottledTwice shows that the SDK's own retries get through.
func TestThrottledTwice(t *testing.T) {
	for _, e := range each {
		w := start(t)
		w.Inject(awsdouble.Fault{Kind: awsdouble.Throttled, Times: 2})
		if err := e.call(w); err != nil || len(w.Log()) != 3 {
			t.Errorf("%s: %d calls, error %v", e.service, len(w.Log()), err)
		}
	}
}

// TestLogHoldsNoSecrets looks for what nobody may find in a log.
func TestLogHoldsNoSecrets(t *testing.T) {
	w := start(t)
	w.stack(name)
	p := awsdouble.Someone()
	text := fmt.Sprintf("%+v", w.Log())
	for _, secret := range []string{p.Key, p.Secret, p.Account, "AssumeRole"} {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if !slices.ContainsFunc(w.Log(), func(c awsdouble.Call) bool {
		return c.Operation == "CreateStack" && c.Status == 200 && c.Region == "eu-west-1"
	}) {
		t.Errorf("the log lacks the call: %s", text)
	}
	w.Forget()
	if n := len(w.Log()); n != 0 {
		t.Errorf("%d calls are not forgotten", n)
	}
}
