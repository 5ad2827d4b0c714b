package awsdouble

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

var rewrite = flag.Bool("update", false, "write the golden files anew")

// same compares shapes: all that is exported, but for metadata of the call.
var same = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".ResultMetadata" }, cmp.Ignore()),
}

// TestRequests replays every snapshot of a request that the SDK's modules have.
// What the double reads of one, the SDK must write as the same request again:
// so it lost no member. Sent to the double, it is answered unless it asks for
// what is not served, and then by 501 and nothing else.
func TestRequests(t *testing.T) {
	d := Start(t, Options{})
	replayed := 0
	for _, service := range d.services {
		for _, s := range snapshots(t, service.Scope, "request_snapshot", ".request.snap") {
			replayed++
			t.Run(service.Scope+"/"+s.operation, func(t *testing.T) {
				operation, served := service.Find(s.operation)
				ignored := []string{"all of it"}
				if served {
					ignored = checkRead(t, service, operation, s)
				}
				answer := send(t, service.Scope, s.request(t, d.Endpoint))
				if (answer.Status == http.StatusNotImplemented) != (len(ignored) > 0) || answer.Status >= 500 && answer.Status != http.StatusNotImplemented {
					t.Errorf("status %d, while these members are not served: %s\n%s", answer.Status, ignored, answer.Payload)
				}
				if len(ignored) > 0 && !strings.Contains(string(answer.Payload), "the double does not serve") {
					t.Errorf("it does not say why: %s", answer.Payload)
				}
			})
		}
	}
	if replayed < 1000 {
		t.Errorf("only %d snapshots were found", replayed)
	}
}

// checkRead compares what the double reads with what the SDK wrote, and returns
// the members that the operation does not honour.
func checkRead(t *testing.T, service *wire.Service, operation wire.Operation, s snapshot) []string {
	t.Helper()
	in := operation.NewInput()
	r := &wire.Request{Request: s.request(t, ""), Payload: s.body}
	if name, ok := service.Name(r); name != s.operation || !ok {
		t.Fatalf("it is taken for %q", name)
	}
	if err := service.Decode(r, s.operation, in); err != nil {
		t.Fatal(err)
	}
	again := serialize(t, service.Scope, s.operation, in)
	if again.first != s.first {
		t.Errorf("%q became %q", s.first, again.first)
	}
	if diff := cmp.Diff(meaning(t, s.body), meaning(t, again.body)); diff != "" {
		t.Errorf("what was read is not what was sent (-sent +read):\n%s", diff)
	}
	return operation.Ignored(in)
}

// send signs a request for a service, sends it, and returns the answer.
func send(t *testing.T, service string, r *http.Request) *wire.Answer {
	t.Helper()
	body, err := r.GetBody()
	if err != nil {
		t.Fatal(err)
	}
	content, _ := io.ReadAll(body)
	hash := sha256.Sum256(content)
	p := Someone()
	err = v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: p.Key, SecretAccessKey: p.Secret}, r, hex.EncodeToString(hash[:]), service, "eu-west-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	payload, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return &wire.Answer{Status: answer.StatusCode, Header: answer.Header, Payload: payload}
}

// TestAnswers lets the SDK read every answer that its module has a snapshot of
// and the double serves, and compares what the double writes for it.
func TestAnswers(t *testing.T) {
	clusters := find(t, "eks")
	compared := 0
	for _, s := range snapshots(t, "eks", "response_snapshot", ".response.snap") {
		operation, served := clusters.Find(s.operation)
		if !served {
			continue
		}
		compared++
		t.Run(s.operation, func(t *testing.T) {
			in := operation.NewInput()
			fill(reflect.ValueOf(in).Elem(), "Input")
			out, err := deserialize(t, "eks", s.operation, in, &wire.Answer{Status: s.status(t), Header: s.header, Payload: s.body})
			if err != nil {
				t.Fatal(err)
			}
			answer, err := clusters.Encode(&wire.Request{Request: &http.Request{}}, s.operation, out)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(meaning(t, s.body), meaning(t, answer.Payload)); diff != "" {
				t.Errorf("(-snapshot +double):\n%s", diff)
			}
			if got, want := answer.Header.Get("Content-Type"), s.header.Get("Content-Type"); answer.Status != s.status(t) || got != want {
				t.Errorf("status %d, type %q, want %q", answer.Status, got, want)
			}
		})
	}
	if want := len(clusters.Operations); compared != want {
		t.Errorf("%d answers were compared, of %d", compared, want)
	}
}

// TestErrors compares the errors that EKS's double writes with the snapshots of
// errors: status, shape and content type.
func TestErrors(t *testing.T) {
	clusters := find(t, "eks")
	for _, s := range snapshots(t, "eks", "response_snapshot", ".error.snap") {
		t.Run(s.operation, func(t *testing.T) {
			var fields map[string]any
			if err := json.Unmarshal(s.body, &fields); err != nil {
				t.Fatal(err)
			}
			refusal := &wire.Error{Code: s.operation, Status: s.status(t), Fields: fields}
			refusal.Message, _ = fields["message"].(string)
			answer := clusters.Refuse(&wire.Request{Request: &http.Request{}}, refusal)
			if diff := cmp.Diff(meaning(t, s.body), meaning(t, answer.Payload)); diff != "" {
				t.Errorf("(-snapshot +double):\n%s", diff)
			}
			for _, own := range []wire.Error{clusters.Throttled, clusters.Denied, clusters.Broken, clusters.Unavailable} {
				if own.Code == s.operation && own.Status != s.status(t) {
					t.Errorf("the double answers it with %d, EKS with %s", own.Status, s.first)
				}
			}
		})
	}
}

// TestQueryAnswers fills every answer of the services whose modules have no
// snapshots of answers, and lets the SDK read what the double writes of it.
func TestQueryAnswers(t *testing.T) {
	for _, scope := range []string{"sts", "iam", "ec2", "cloudformation"} {
		service := find(t, scope)
		for _, operation := range service.Operations {
			t.Run(scope+"/"+operation.Name, func(t *testing.T) {
				in, want := operation.NewInput(), operation.NewOutput()
				fill(reflect.ValueOf(in).Elem(), "Input")
				fill(reflect.ValueOf(want).Elem(), "Output")
				answer, err := service.Encode(&wire.Request{Request: &http.Request{}}, operation.Name, want)
				if err != nil {
					t.Fatal(err)
				}
				got, err := deserialize(t, scope, operation.Name, in, answer)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got, same); diff != "" {
					t.Errorf("the SDK reads something else (-written +read):\n%s", diff)
				}
			})
		}
	}
}

func find(t *testing.T, scope string) *wire.Service {
	t.Helper()
	all := New(Options{}).services
	i := slices.IndexFunc(all, func(s *wire.Service) bool { return s.Scope == scope })
	if i < 0 {
		t.Fatalf("no service %s", scope)
	}
	return all[i]
}

// TestServed keeps the list of what is served, and of what is not of that, for
// people to read.
func TestServed(t *testing.T) {
	var b strings.Builder
	d := New(Options{})
	for _, service := range d.services {
		fmt.Fprintf(&b, "%s: %d of %d operations\n", service.Scope, len(service.Operations), len(service.All()))
		for _, operation := range service.Operations {
			in := operation.NewInput()
			fill(reflect.ValueOf(in).Elem(), "Input")
			line := "  " + operation.Name
			if ignored := operation.Ignored(in); len(ignored) > 0 {
				line += ", but for: " + strings.Join(ignored, " ")
			}
			b.WriteString(line + "\n")
		}
	}
	b.WriteString("\nEverything else is answered by 501:\n")
	unsupported := d.Unsupported()
	for _, scope := range slices.Sorted(maps.Keys(unsupported)) {
		fmt.Fprintf(&b, "  %s: %s\n", scope, strings.Join(unsupported[scope], " "))
	}
	golden := filepath.Join("testdata", "served.txt")
	if *rewrite {
		if err := os.WriteFile(golden, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("go test . -run Served -update writes it anew (-want +got):\n%s", diff)
	}
}
