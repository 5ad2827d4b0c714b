package eks

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestClusterName(t *testing.T) {
	for given, want := range map[string]string{
		"scaleproof": "scaleproof", "scaleproof-a": "scaleproof-a", "demo": "scaleproof-demo", "scaleproofing": "scaleproof-scaleproofing",
		"": "", "Demo": "", "a_b": "", "a--b": "", "demo-": "", strings.Repeat("x", 30): "",
		strings.Repeat("x", 29): "scaleproof-" + strings.Repeat("x", 29),
	} {
		got, err := ClusterName(given)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q became %q, %v; want %q", given, got, err, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for what, options := range map[string]Options{
		"no cache":     {},
		"no time":      {CacheDir: "x", Ceiling: time.Second},
		"before a run": {CacheDir: "x", Ceiling: -time.Hour},
	} {
		if _, err := New(options); err == nil {
			t.Errorf("%s: no error", what)
		}
	}
}

// TestBill compares what a dry run tells with what an Up makes.
func TestBill(t *testing.T) {
	w := start(t)
	p, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	bill, err := p.Bill("test")
	if err != nil {
		t.Fatal(err)
	}
	if n := w.calls(); n != 0 {
		t.Errorf("a bill asked AWS %d times", n)
	}
	told := map[string]int{}
	for _, r := range bill.Resources {
		told[r.Kind]++
		if !strings.Contains(r.Name, name) && !strings.HasPrefix(r.Kind, "by EKS") && !strings.HasPrefix(r.Kind, "EKS Auto") {
			t.Errorf("%v has not the cluster's name", r)
		}
	}
	w.mustUp()
	kinds := map[string]string{
		"vpc": "AWS::EC2::VPC", "subnet": "AWS::EC2::Subnet", "internet-gateway": "AWS::EC2::InternetGateway", "route-table": "AWS::EC2::RouteTable",
		"log-group": "AWS::Logs::LogGroup", "role": "AWS::IAM::Role", "stack": "AWS::CloudFormation::Stack", "cluster": "AWS::EKS::Cluster",
		"oidc-provider": "AWS::IAM::OIDCProvider",
	}
	made := map[string]int{}
	for _, left := range w.Left() {
		if kind := kinds[string(left.Kind)]; kind != "" {
			made[kind]++
		} else if !strings.Contains("instance volume network-interface security-group instance-profile", string(left.Kind)) {
			t.Errorf("the bill says nothing of a %s", left.Kind)
		}
	}
	for kind, n := range made {
		if told[kind] != n {
			t.Errorf("the bill has %d of %s, and %d are made", told[kind], kind, n)
		}
	}
	var idle, busy float64
	for _, cost := range bill.Costs {
		idle, busy = idle+cost.Idle, busy+cost.Busy
	}
	// What others measured for a forgotten cluster, and for a run.
	if idle < 0.25 || idle > 0.35 || busy < 0.7 || busy > 1 {
		t.Errorf("%.2f at rest and %.2f while busy", idle, busy)
	}
	if diff := cmp.Diff(DefaultCeiling, bill.Ceiling); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBillOfAClusterThatIsThere counts from when it was made.
func TestBillOfAClusterThatIsThere(t *testing.T) {
	w := start(t)
	w.mustUp()
	p, err := New(w.options)
	if err != nil {
		t.Fatal(err)
	}
	w.expires(time.Now().Add(time.Hour))
	if bill, err := p.Bill(name); err != nil || bill.Ceiling > time.Hour || bill.Ceiling < 50*time.Minute {
		t.Errorf("it may be there for %v, %v", bill.Ceiling, err)
	}
	w.expire()
	if bill, err := p.Bill(name); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("it may be there for %v, %v", bill.Ceiling, err)
	}
}
