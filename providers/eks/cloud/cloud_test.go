package cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

const ours = "111122223333"

// fast is for tests.
var fast = Pace{First: time.Millisecond, Most: 5 * time.Millisecond}

// service answers GetCallerIdentity, after it refused as often as it is told.
func fakeSTS(t *testing.T, refusals *int, status int, code string) *aws.Config {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if *refusals > 0 {
			*refusals--
			w.WriteHeader(status)
			fmt.Fprintf(w, `<ErrorResponse><Error><Code>%s</Code><Message>arn:aws:sts::%s:assumed-role/x/y may not</Message></Error></ErrorResponse>`, code, ours)
			return
		}
		fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:iam::%[1]s:user/x</Arn><Account>%[1]s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`, ours)
	}))
	t.Cleanup(server.Close)
	return &aws.Config{BaseEndpoint: &server.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLEEXAMPLE00", "s", "")}
}

func TestOpen(t *testing.T) {
	for name, c := range map[string]struct {
		options  Options
		refusals int
		code     string
		want     string // in the error
	}{
		"an allowed account":       {options: Options{Region: "eu-west-1", Accounts: []string{"999999999999", ours}}},
		"another account":          {options: Options{Region: "eu-west-1", Accounts: []string{"999999999999"}}, want: "not allowed"},
		"no account is allowed":    {options: Options{Region: "eu-west-1"}, want: "--allow-account"},
		"no region":                {options: Options{Accounts: []string{ours}}, want: "AWS_DEFAULT_REGION"},
		"not an account":           {options: Options{Region: "eu-west-1", Accounts: []string{"123"}}, want: "twelve digits"},
		"credentials are refused":  {options: Options{Region: "eu-west-1", Accounts: []string{ours}}, refusals: 1, code: "AccessDenied", want: "AccessDenied"},
		"throttled, and then fine": {options: Options{Region: "eu-west-1", Accounts: []string{ours}}, refusals: 3, code: "Throttling"},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Config, c.options.Pace = fakeSTS(t, &c.refusals, http.StatusBadRequest, c.code), fast
			account, err := Open(t.Context(), c.options)
			if c.want == "" {
				if err != nil || account.Partition != "aws-cn" {
					t.Fatalf("%+v, %v", account, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), ours) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRequestsCountsAttempts(t *testing.T) {
	refusals := 2
	account, err := Open(t.Context(), Options{
		Region: "eu-west-1", Accounts: []string{ours}, Pace: fast, Config: fakeSTS(t, &refusals, http.StatusBadRequest, "Throttling"),
	})
	if err != nil {
		t.Fatal(err)
	}
	client, asked := sts.NewFromConfig(account.Config()), 0
	err = fast.Until(t.Context(), func(ctx context.Context) (bool, error) {
		asked++
		_, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return asked == 4, err
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Requests{Own: 3, Polls: 4, ByOperation: map[string]int{"sts:GetCallerIdentity": 3}}
	if diff := cmp.Diff(want, account.Requests()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFingerprintTellsAccountsApart(t *testing.T) {
	one, two := Account{id: "111122223333"}, Account{id: "111122223334"}
	if one.Fingerprint("salt") == two.Fingerprint("salt") {
		t.Error("two accounts look the same")
	}
	if got := one.Fingerprint("salt"); len(got) != 4 {
		t.Errorf("%q tells too much", got)
	}
}

func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"User: arn:aws:iam::111122223333:user/x is not authorized": "User: arn:aws:iam::[redacted]:user/x is not authorized",
		"arn:aws-cn:eks:cn-north-1:111122223333:cluster/demo":      "arn:aws-cn:eks:cn-north-1:[redacted]:cluster/demo",
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:v1":      "[redacted].dkr.ecr.eu-west-1.amazonaws.com/app:v1",
		"account 111122223333 has no quota":                        "account [redacted] has no quota",
		`"AccountId":"111122223333"`:                               `"AccountId":"[redacted]"`,
		"Bearer k8s-aws-v1.aHR0cHM6Ly9zdHM_-x":                     "Bearer k8s-aws-v1.[redacted]",
		"?X-Amz-Credential=AKIAEXAMPLEEXAMPLE00%2F2026&a=b":        "?X-Amz-Credential=[redacted]&a=b",
		"&X-Amz-Security-Token=abc&X-Amz-Signature=def":            "&X-Amz-Security-Token=[redacted]&X-Amz-Signature=[redacted]",
		"Encoded authorization failure message: abcDEF_-1 (x)":     "Encoded authorization failure message: [redacted] (x)",
		"1763899200123 requests, subnet-111122223333aaaa":          "1763899200123 requests, subnet-111122223333aaaa",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%q became %q", text, got)
		}
	}
}

func TestSealKeepsTheCause(t *testing.T) {
	account := Account{id: ours}
	cause := errors.New("the role of " + ours + " is gone")
	err := account.Seal(fmt.Errorf("stack: %w", cause))
	if !errors.Is(err, cause) || err.Error() != "stack: the role of [redacted] is gone" {
		t.Errorf("got %q", err)
	}
	if account.Seal(nil) != nil || Seal(nil) != nil {
		t.Error("nothing became an error")
	}
}

func TestUntil(t *testing.T) {
	final := errors.New("final")
	for name, c := range map[string]struct {
		limit time.Duration
		ask   func(n int) (bool, error)
		want  string
		asked int
	}{
		"done at last":        {ask: func(n int) (bool, error) { return n == 3, nil }, asked: 3},
		"a final error":       {ask: func(int) (bool, error) { return false, final }, asked: 1, want: "final"},
		"a passing error":     {ask: func(n int) (bool, error) { return n == 2, passing(n == 1) }, asked: 2},
		"never, with a cause": {limit: time.Millisecond, ask: func(int) (bool, error) { return false, passing(true) }, asked: -1, want: "it was given 1ms"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if c.limit > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeoutCause(ctx, c.limit, errors.New("it was given 1ms"))
				defer cancel()
			}
			asked := 0
			err := fast.Until(ctx, func(context.Context) (bool, error) {
				asked++
				return c.ask(asked)
			})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v", err)
			}
			if c.asked >= 0 && asked != c.asked {
				t.Errorf("asked %d times, want %d", asked, c.asked)
			}
		})
	}
}

// passing is how a service says that it was asked too often.
func passing(yes bool) error {
	if !yes {
		return nil
	}
	return &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}
}
