package eks

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	double "github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// downs is how often a person has to say down at most: once more than what
// befell the first one.
const downs = 2

// runThrough brings a cluster up and takes it down, whatever befalls the calls,
// until nothing is left. It returns the errors on the way.
func (w *world) runThrough(t *testing.T) []error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var errs []error
	if _, err := w.up(ctx); err != nil {
		errs = append(errs, err)
	}
	for n := 1; ; n++ {
		err := w.cluster().Down(ctx)
		if err == nil {
			return errs
		}
		errs = append(errs, err)
		if n == downs {
			t.Fatalf("%d Downs failed, with %v after\n%s", downs, errs, strings.Join(w.told, "\n"))
		}
	}
}

// days are a good one, and one on which all leaks and all is known late, so that what
// is seldom asked for is asked for too.
var days = map[string]func(*double.Knobs){
	"good": func(*double.Knobs) {},
	"bad": func(k *double.Knobs) {
		k.LeakedInterfaces, k.LeakedVolumes, k.InterfaceBusy, k.RoleAssumable = 1, 1, 1, 1
		k.Hidden = map[double.Kind]int{double.Cluster: 1, double.Stack: 1, double.OIDCProvider: 1}
		k.StackKeeps, k.StaleDeleting, k.LeakedGroups = map[string]int{"Vpc": 1}, 1, true
	},
}

// begin is a double on such a day.
func begin(t *testing.T, day func(*double.Knobs)) *world {
	t.Helper()
	w := start(t)
	w.Turn(day)
	return w
}

// TestFaultAtEachCall lets each kind of fault befall each call in turn, on the
// way up and on the way down, and wants nothing left in the end.
func TestFaultAtEachCall(t *testing.T) {
	for what, day := range days {
		w := begin(t, day)
		if errs := w.runThrough(t); errs != nil {
			t.Fatal(errs)
		}
		total := w.calls()
		for _, fault := range []awsdouble.Fault{
			{Kind: awsdouble.Denied, Times: 1},
			{Kind: awsdouble.Lost, Times: 1},
			{Kind: awsdouble.Broken, Times: 3}, // outlasts the SDK's own tries
		} {
			for n := range total {
				t.Run(fmt.Sprintf("%s %s %d", what, fault.Kind, n), func(t *testing.T) {
					t.Parallel()
					fault.After = n
					begin(t, day).befall(t, fault)
				})
			}
		}
		t.Logf("each of %d calls on a %s day", total, what)
	}
}

// TestThrottled is a busy account, in which every few calls are refused twice.
func TestThrottled(t *testing.T) {
	w := start(t)
	for n := 0; n < 500; n += 7 {
		w.Inject(awsdouble.Fault{Kind: awsdouble.Throttled, After: n, Times: 2})
	}
	if errs := w.runThrough(t); errs != nil {
		t.Error(errs)
	}
	w.empty()
}

// befall runs through a fault of which something must be seen.
func (w *world) befall(t *testing.T, fault awsdouble.Fault) {
	t.Helper()
	w.Inject(fault)
	errs := w.runThrough(t)
	w.empty()
	if !slices.ContainsFunc(w.Log(), func(c awsdouble.Call) bool { return c.Fault != "" }) {
		t.Errorf("nothing was befallen by %+v", fault)
	}
	for _, text := range append(w.told, fmt.Sprint(errs)) {
		if strings.Contains(text, awsdouble.Someone().Account) || strings.Contains(text, awsdouble.Someone().Key) {
			t.Errorf("this tells too much: %s", text)
		}
	}
}

// TestDeniedForGood is a role that lacks one permission: Up or Down says which,
// and with it all is removed.
func TestDeniedForGood(t *testing.T) {
	for what, day := range days {
		w := begin(t, day)
		w.runThrough(t)
		operations := map[[2]string]bool{}
		for _, call := range w.Log() {
			operations[[2]string{call.Service, call.Operation}] = true
		}
		for operation := range operations {
			t.Run(what+" "+operation[0]+" "+operation[1], func(t *testing.T) {
				t.Parallel()
				begin(t, day).denied(t, operation[0], operation[1])
			})
		}
	}
}

// denied lacks a permission until somebody has said so.
func (w *world) denied(t *testing.T, service, operation string) {
	t.Helper()
	allow := w.Inject(awsdouble.Fault{Kind: awsdouble.Denied, Service: service, Operation: operation})
	_, err := w.up(t.Context())
	if err == nil {
		err = w.cluster().Down(t.Context())
	}
	said := fmt.Sprint(err, w.told)
	if !strings.Contains(said, service+":"+operation) {
		t.Errorf("nobody says what is denied: %s", said)
	}
	allow()
	w.mustDown()
}

// TestFaultsOfTerminate are machines that outlive their cluster, which to wait for
// takes too long to let faults befall all calls.
func TestFaultsOfTerminate(t *testing.T) {
	stay := func(k *double.Knobs) { k.StuckInstances, k.KeepsInstances = true, false }
	const operation = "TerminateInstances"
	for _, fault := range []awsdouble.Fault{
		{Kind: awsdouble.Denied, Operation: operation, Times: 1},
		{Kind: awsdouble.Lost, Operation: operation, Times: 1},
		{Kind: awsdouble.Broken, Operation: operation, Times: 3},
	} {
		t.Run(fault.Kind, func(t *testing.T) {
			t.Parallel()
			begin(t, stay).befall(t, fault)
		})
	}
	t.Run("denied for good", func(t *testing.T) {
		t.Parallel()
		begin(t, stay).denied(t, "ec2", operation)
	})
}

// knob is a bad day of the cloud's.
type knob struct {
	turn func(*double.Knobs)
	back func(*double.Knobs) // before the last Down; may be nil
	says string              // what Up's or the first Down's error says; it works if empty
	wait time.Duration       // how long Up and the first Down may take
}

// TestKnobs are all bad days that the double knows: the provider copes, or says
// what is wrong, and leaves nothing.
func TestKnobs(t *testing.T) {
	for what, k := range map[string]knob{
		"slow everything":          {turn: func(k *double.Knobs) { k.Creating.Polls, k.Deleting.Polls, k.StackStep.Polls = 9, 9, 2 }},
		"a cluster stays CREATING": {turn: func(k *double.Knobs) { k.StuckCreating = true }, back: func(k *double.Knobs) { k.StuckCreating = false }, says: "not done within"},
		"a cluster stays DELETING": {turn: func(k *double.Knobs) { k.StuckDeleting = true }, back: func(k *double.Knobs) { k.StuckDeleting = false }, says: "not done within"},
		"a cluster that fails": {turn: func(k *double.Knobs) {
			k.CreateIssues = []double.Issue{{Code: "InsufficientFreeAddresses", Message: "no addresses are left", Resources: []string{"subnet-1"}}}
		}, says: "InsufficientFreeAddresses: no addresses are left (subnet-1)"},
		"a cluster that stays once": {turn: func(k *double.Knobs) {
			k.DeleteFails, k.DeleteIssues = 1, []double.Issue{{Code: "InternalFailure", Message: "try again"}}
		}, says: "InternalFailure: try again"},
		"a failed cluster whose end is known late": {turn: func(k *double.Knobs) {
			k.CreateIssues, k.StaleDeleting, k.Deleting.Polls = []double.Issue{{Code: "InternalFailure", Message: "sorry"}}, 3, 5
		}, says: "sorry"},
		"pools that stay":            {turn: func(k *double.Knobs) { k.UpdateFails = "not now" }},
		"a stack that rolls back":    {turn: func(k *double.Knobs) { k.StackFails = map[string]string{"NodeRole": "a role of that name exists"} }, says: "a role of that name exists"},
		"a stack that stays half":    {turn: func(k *double.Knobs) { k.StuckStack = true }, back: func(k *double.Knobs) { k.StuckStack = false }, says: "not done within"},
		"a network that stays twice": {turn: func(k *double.Knobs) { k.StackKeeps = map[string]int{"Vpc": 2} }},
		"a network that stays long":  {turn: func(k *double.Knobs) { k.StackKeeps = map[string]int{"Vpc": 4} }, says: "DELETE_FAILED"},
		"a role that is not known":   {turn: func(k *double.Knobs) { k.RoleAssumable = 5 }},
		"a role that is never known": {turn: func(k *double.Knobs) { k.RoleAssumable = math.MaxInt }, says: "could not be assumed"},
		"everything known late": {turn: func(k *double.Knobs) {
			k.Hidden = map[double.Kind]int{double.Cluster: 2, double.Stack: 2, double.OIDCProvider: 2}
		}},
		"leaked interfaces":                   {turn: func(k *double.Knobs) { k.LeakedInterfaces, k.InterfaceBusy = 3, 4 }},
		"leaked security groups":              {turn: func(k *double.Knobs) { k.LeakedGroups = true }},
		"leaked volumes":                      {turn: func(k *double.Knobs) { k.LeakedVolumes = 3 }},
		"machines that stay":                  {turn: func(k *double.Knobs) { k.StuckInstances, k.KeepsInstances = true, false }, says: "", wait: time.Minute},
		"machines that only EKS ends":         {turn: func(k *double.Knobs) { k.StuckInstances = true }, back: func(k *double.Knobs) { k.KeepsInstances = false }, says: "AWS lets only EKS end this machine", wait: time.Minute},
		"a stack whose removal is known late": {turn: func(k *double.Knobs) { k.StaleStack = 5 }},
		"managed things are hidden":           {turn: func(k *double.Knobs) { k.HideManaged, k.LeakedInterfaces, k.LeakedVolumes = true, 2, 2 }},
		"everything on pages of one":          {turn: func(k *double.Knobs) { k.PageSize, k.Instances, k.LeakedInterfaces, k.LeakedVolumes = 1, 3, 3, 3 }},
		"no instance profile is left":         {turn: func(k *double.Knobs) { k.LeakedProfile = false }},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			k.try(t, start(t))
		})
	}
}

func (k knob) try(t *testing.T, w *world) {
	w.Turn(k.turn)
	wait := k.wait
	if wait == 0 {
		wait = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	_, err := w.up(ctx)
	if err == nil {
		err = w.cluster().Down(ctx)
	}
	switch {
	case k.says == "" && err != nil:
		t.Errorf("%v after\n%s", err, strings.Join(w.told, "\n"))
	case k.says != "" && (err == nil || !strings.Contains(err.Error(), k.says)):
		t.Errorf("the error does not say %q: %v", k.says, err)
	}
	if k.back != nil {
		w.Turn(k.back)
	}
	w.mustDown()
	w.mustDown() // twice is no error
}
