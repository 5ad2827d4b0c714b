package kind

import (
	"strings"
	"testing"

	"github.com/scaleproof/scaleproof/providers/kind/engine/fakedocker"
)

func TestVacant(t *testing.T) {
	for name, test := range map[string]struct {
		cluster string
		all     []container
		says    string
	}{
		"nothing is there":            {cluster: "it"},
		"a cluster of ours":           {cluster: "it", all: []container{ours, registry, elsewhere}},
		"a name that is none":         {cluster: "It/s", says: "lower-case letters"},
		"a name that is too long":     {cluster: strings.Repeat("a", 41), says: "at most 40"},
		"a cluster of someone else's": {cluster: "it", all: []container{theirs}, says: "it-control-plane"},
		"a container with its name":   {cluster: "it", all: []container{stranger}, says: "it-worker2"},
		"a registry that is not ours": {cluster: "it", all: []container{ours, pretender}, says: "scaleproof-it-registry"},
	} {
		t.Run(name, func(t *testing.T) {
			docker := fakedocker.Install(t, "docker", having(t, test.all...)...)
			err := Vacant(t.Context(), test.cluster)
			if (err != nil) != (test.says != "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want one that says %q", err, test.says)
			}
			for _, call := range docker.Calls(t) {
				if !strings.HasPrefix(call, "ps ") && !strings.HasPrefix(call, "container inspect ") {
					t.Errorf("it did more than look: docker %s", call)
				}
			}
		})
	}
}
