package existing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	coordination "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	kubetesting "k8s.io/client-go/testing"
)

// abandoned is the lease of a command that died just now.
func abandoned() *coordination.Lease {
	now := metav1.NowMicro()
	return &coordination.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: leaseNamespace, Name: leaseName},
		Spec: coordination.LeaseSpec{
			HolderIdentity: new("the dead"), LeaseDurationSeconds: new(int32(leaseDuration.Seconds())),
			AcquireTime: &now, RenewTime: &now,
		},
	}
}

// TestHold has a cluster for one command at a time.
func TestHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset().CoordinationV1()
		var told []string
		tell := func(format string, args ...any) { told = append(told, fmt.Sprintf(format, args...)) }
		first, err := hold(t.Context(), client, "the first", tell)
		if err != nil || len(told) > 0 {
			t.Fatalf("%v, told %q", err, told)
		}
		begin := time.Now()
		_, err = hold(t.Context(), client, "the second", tell)
		if err == nil || !strings.Contains(err.Error(), "the first installs") || len(told) != 1 || !strings.Contains(told[0], "the first") {
			t.Errorf("two have the cluster: %v, told %q", err, told)
		}
		if waited := time.Since(begin); waited <= leaseDuration {
			t.Errorf("gave up after %v: one that had died then would not have been seen to", waited)
		}
		if first.Lost() {
			t.Error("lost while it was renewed")
		}
		if err := first.Release(t.Context()); err != nil || !first.Lost() {
			t.Fatalf("%v, or held by who gave it up", err)
		}
		if _, err := client.Leases(leaseNamespace).Get(t.Context(), leaseName, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("the lease is left: %v", err)
		}
		second, err := hold(t.Context(), client, "the second", tell)
		if err != nil {
			t.Fatalf("not to be had after it was given up: %v", err)
		}
		if err := second.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestHoldOutlivesTheDead takes over a lease that nobody renews.
func TestHoldOutlivesTheDead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewClientset(abandoned()).CoordinationV1()
		h, err := hold(t.Context(), client, "the next", t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestHoldLost tells who holds a cluster that it could not say so for too long, and
// leaves the lease to who has it since.
func TestHoldLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set := fake.NewClientset()
		client := set.CoordinationV1()
		h, err := hold(t.Context(), client, "the first", t.Logf)
		if err != nil {
			t.Fatal(err)
		}
		broken := true
		set.PrependReactor("update", "leases", func(kubetesting.Action) (bool, runtime.Object, error) {
			return broken, nil, errors.New("no answer")
		})
		select {
		case <-h.over:
		case <-time.After(10 * leaseDuration):
			t.Fatal("not told that the lease was lost")
		}
		broken = false
		taken := abandoned()
		if _, err := client.Leases(leaseNamespace).Update(t.Context(), taken, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := h.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lease, err := h.read(t.Context()); err != nil || holderOf(lease) != "the dead" {
			t.Errorf("the lease of another was deleted: %v, %v", lease, err)
		}
	})
}

// TestHoldRefused says why, where the lease may not be read, or not be made; and
// waits no longer than its context.
func TestHoldRefused(t *testing.T) {
	forbidden := apierrors.NewForbidden(coordination.Resource("leases"), leaseName, errors.New("not you"))
	for verb, want := range map[string]string{"get": "by which one command", "create": "may this user create"} {
		synctest.Test(t, func(t *testing.T) {
			set := fake.NewClientset()
			set.PrependReactor(verb, "leases", func(kubetesting.Action) (bool, runtime.Object, error) { return true, nil, forbidden })
			if _, err := hold(t.Context(), set.CoordinationV1(), "me", t.Logf); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s is forbidden: %v", verb, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("interrupted")
		time.AfterFunc(time.Second, func() { cancel(why) })
		begin := time.Now()
		_, err := hold(ctx, fake.NewClientset(abandoned()).CoordinationV1(), "me", t.Logf)
		if !errors.Is(err, why) || time.Since(begin) > 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(begin))
		}
	})
}
