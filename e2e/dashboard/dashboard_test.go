package dashboard

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/scaleproof/scaleproof/fixtures"
	"github.com/scaleproof/scaleproof/fixtures/stack"
)

func TestParse(t *testing.T) {
	got, err := Parse([]byte(`{"title":"d","panels":[
		{"type":"timeseries","title":"Replicas","targets":[{"refId":"A","expr":"up"},{"refId":"B","expr":"down"}]},
		{"type":"text","title":"Read me"},
		{"type":"row","title":"More","panels":[{"type":"stat","title":"Errors","targets":[{"refId":"A","expr":"errors"}]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []Query{{"Replicas A", "up"}, {"Replicas B", "down"}, {"Errors A", "errors"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("queries (-want +got):\n%s", diff)
	}
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	for name, test := range map[string]struct{ text, says string }{
		"no JSON":             {`{`, "not the JSON of a dashboard"},
		"no panel":            {`{"title":"d","panels":[]}`, `dashboard "d" asks for nothing`},
		"a panel of nothing":  {`{"panels":[{"type":"stat","title":"p"}]}`, `panel "p" asks for nothing`},
		"an empty query":      {`{"panels":[{"type":"stat","title":"p","targets":[{"refId":"A"}]}]}`, `panel "p" has a query without`},
		"nothing in a row":    {`{"panels":[{"type":"row","panels":[{"type":"stat","title":"p"}]}]}`, `panel "p" asks for nothing`},
		"two of the one name": {`{"panels":[{"type":"stat","title":"p","targets":[{"expr":"a"},{"expr":"b"}]}]}`, `called "p"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v does not say %q", err, test.says)
			}
		})
	}
}

func TestFill(t *testing.T) {
	values := map[string]string{"namespace": "n", "app": "a"}
	for expr, want := range map[string]string{
		`up{namespace="$namespace"}`:         `up{namespace="n"}`,
		`up{job="${app}-x", n="$namespace"}`: `up{job="a-x", n="n"}`,
		`up{app=~"${app:regex}"}`:            `up{app=~"a"}`,
		`rate(up[1m]) > 2`:                   `rate(up[1m]) > 2`,
	} {
		got, err := Query{Expr: expr}.Fill(values)
		if err != nil || got.Expr != want {
			t.Errorf("%s became %s (%v), want %s", expr, got.Expr, err, want)
		}
	}
	_, err := Query{Name: "Errors A", Expr: `rate(x{n="$other"}[$__rate_interval])`}.Fill(values)
	if err == nil || err.Error() != "Errors A uses $other, $__rate_interval: give it a value" {
		t.Errorf("variables without a value: %v", err)
	}
}

// TestOurs keeps the shipped dashboard one that can be asked without a browser.
func TestOurs(t *testing.T) {
	file, err := fixtures.Open(stack.HPADashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	queries, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range queries {
		filled, err := q.Fill(map[string]string{"namespace": "n", "scaledobject": "so"})
		if err != nil {
			t.Error(err)
		}
		if !strings.Contains(filled.Expr, `namespace="n"`) {
			t.Errorf("%s asks for more than one namespace: %s", q.Name, filled.Expr)
		}
	}
}
