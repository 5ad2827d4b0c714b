package capability

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBounding(t *testing.T) {
	for name, test := range map[string]struct {
		status  string
		last    int
		lacking []string
		fails   bool
	}{
		"a healthy host":        {status: "Name:\tx\nCapBnd:\t000001ffffffffff\n", last: 40},
		"an older kernel":       {status: "CapBnd:\t0000003fffffffff\n", last: 37},
		"one is missing":        {status: "CapEff:\t0\nCapBnd:\t000001fffeffffff\nCapAmb:\t0\n", last: 40, lacking: []string{"CAP_SYS_RESOURCE"}},
		"the first and another": {status: "CapBnd:\t000001fffeFFFFFE\n", last: 40, lacking: []string{"CAP_CHOWN", "CAP_SYS_RESOURCE"}},
		"no such line":          {status: "Name:\tx\n", fails: true},
		"not a number":          {status: "CapBnd:\tzz\n", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Bounding(test.status)
			if (err != nil) != test.fails {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(test.lacking, set.Lacking(test.last)); diff != "" {
				t.Errorf("lacking (-want +got):\n%s", diff)
			}
			for _, missing := range test.lacking {
				if set.Has(missing) {
					t.Errorf("the set says it has %s", missing)
				}
			}
		})
	}
}

func TestUnknownCapabilityIsKept(t *testing.T) {
	if !Set(0).Has("CAP_OF_A_LATER_KERNEL") {
		t.Error("a capability that is not known was called missing")
	}
}
