package watch

import "testing"

func TestPanel(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       []string
		err        string
	}{
		{name: "one series", data: `{"resultType":"vector","result":[{"metric":{},"value":[1,"31"]}]}`,
			want: []string{"panel Replicas series 1", "panel Replicas value 31"}},
		{name: "hundredths", data: `{"resultType":"vector","result":[{"metric":{},"value":[1,"0.016"]}]}`,
			want: []string{"panel Replicas series 1", "panel Replicas value 0.02"}},
		{name: "two series", data: `{"resultType":"vector","result":[{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"1"]}]}`,
			want: []string{"panel Replicas series 2"}},
		{name: "nothing", data: `{"resultType":"vector","result":[]}`, want: []string{"panel Replicas series 0"}},
		{name: "not a number", data: `{"resultType":"vector","result":[{"metric":{},"value":[1,"NaN"]}]}`, want: []string{"panel Replicas series 0"}},
		{name: "a scalar", data: `{"resultType":"scalar","result":[1,"2.5"]}`, err: "panel Replicas (sum(x)): a scalar and not series"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newFakeAPI(t)
			a.answerQuery(test.data)
			got, err := sampleOnce(t, a, func(c Clients) Sampler {
				sampler, err := Panel(c, Service{Namespace: "monitoring", Name: "prometheus", Port: 9090}, "Replicas", "sum(x)")
				if err != nil {
					t.Fatal(err)
				}
				return sampler
			})
			compareRead(t, got, err, test.want, test.err)
		})
	}
}
