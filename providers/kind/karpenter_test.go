package kind

import (
	"testing"

	"github.com/scaleproof/scaleproof/providers/kind/engine"
)

// TestNodesThatComeAndGo are removed with the cluster, and otherwise count for
// nothing: not for what it was made with, not for whether it is ready.
func TestNodesThatComeAndGo(t *testing.T) {
	made := func(name string, labels map[string]string) container {
		c := container{ID: name, Name: "/" + name, Mounts: []struct{ Destination string }{{markPath}}}
		c.Config.Labels = map[string]string{kindLabel: "it"}
		for key, value := range labels {
			c.Config.Labels[key] = value
		}
		return c
	}
	found := classify("it", []container{
		made("it-control-plane", nil), made("it-pool-x1", map[string]string{claimLabel: "pool-x1", poolLabel: "pool"}),
	})
	if len(found.ids()) != 2 {
		t.Errorf("%v would be removed, want both", found.ids())
	}
	if lasting := found.lasting(); len(lasting) != 1 || lasting[0].ID != "it-control-plane" {
		t.Errorf("%v last", lasting)
	}
	comesAndGoes := readyNode("it-pool-x1", "False")
	comesAndGoes.Labels = map[string]string{poolLabel: "pool"}
	if reason := unready(inventory{nodes: append(inventory{}.nodes, comesAndGoes)}, 0, nil); len(reason) != 1 {
		t.Errorf("lacking is %v, want coredns only", reason)
	}
}

func TestSocket(t *testing.T) {
	for endpoint, want := range map[string]string{
		"unix:///run/user/1000/docker.sock": "/run/user/1000/docker.sock",
		"unix:///var/run/docker.sock":       "/var/run/docker.sock",
		"tcp://10.0.0.1:2376":               "/var/run/docker.sock",
		"ssh://user@host":                   "/var/run/docker.sock",
	} {
		if got := (engine.Info{Endpoint: endpoint}).Socket(); got != want {
			t.Errorf("%s: %s, want %s", endpoint, got, want)
		}
	}
}
