package rehearsal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

const (
	// furnishLimit is for what takes 10 s on a machine that does nothing else.
	furnishLimit = 2 * time.Minute
	// furnishPause is how long nobody asks again.
	furnishPause = 200 * time.Millisecond
	definition   = "CustomResourceDefinition"
	poolKind     = "NodePool"
	applier      = "scaleproof-rehearsal"
)

// furniture puts objects onto one cluster.
type furniture struct {
	objects dynamic.Interface
	mapper  meta.ResettableRESTMapper
}

func furnishing(config *rest.Config) (*furniture, error) {
	objects, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	api, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &furniture{objects, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(api))}, nil
}

// furnish applies the objects and waits until their controllers run and their
// node pools are ready.
func furnish(ctx context.Context, config *rest.Config, objects []*unstructured.Unstructured) error {
	ctx, cancel := context.WithTimeout(ctx, furnishLimit)
	defer cancel()
	f, err := furnishing(config)
	if err != nil {
		return err
	}
	first, then := split(objects)
	for _, batch := range [][]*unstructured.Unstructured{first, then} {
		for _, object := range batch {
			if err := f.until(ctx, object, f.apply); err != nil {
				return err
			}
		}
		for _, object := range batch {
			if err := f.until(ctx, object, f.ready); err != nil {
				return err
			}
		}
		f.mapper.Reset()
	}
	return nil
}

// split takes definitions from the rest: nothing of their kinds can be applied
// before they are.
func split(objects []*unstructured.Unstructured) (definitions, rest []*unstructured.Unstructured) {
	for _, object := range objects {
		if object.GetKind() == definition {
			definitions = append(definitions, object)
		} else {
			rest = append(rest, object)
		}
	}
	return definitions, rest
}

// errEarly is about something that is not so yet.
var errEarly = errors.New("not yet")

// until does something to an object, again and again while it is too early.
func (f *furniture) until(ctx context.Context, object *unstructured.Unstructured, do func(context.Context, *unstructured.Unstructured) error) error {
	ticker := time.NewTicker(furnishPause)
	defer ticker.Stop()
	for {
		err := do(ctx, object)
		if err == nil {
			return nil
		}
		named := fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		if !errors.Is(err, errEarly) && !meta.IsNoMatchError(err) {
			return named
		}
		f.mapper.Reset()
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), named)
		case <-ticker.C:
		}
	}
}

func (f *furniture) resource(object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	kind := object.GroupVersionKind()
	mapping, err := f.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		return f.objects.Resource(mapping.Resource).Namespace(object.GetNamespace()), nil
	}
	return f.objects.Resource(mapping.Resource), nil
}

func (f *furniture) apply(ctx context.Context, object *unstructured.Unstructured) error {
	resource, err := f.resource(object)
	if err != nil {
		return err
	}
	_, err = resource.Apply(ctx, object.GetName(), object, metav1.ApplyOptions{FieldManager: applier, Force: true})
	return err
}

// conditions by which objects of a kind tell that they are ready.
var conditions = map[string]string{definition: "Established", "Deployment": "Available", poolKind: "Ready"}

// ready looks whether an object is, if it is of a kind that tells.
func (f *furniture) ready(ctx context.Context, object *unstructured.Unstructured) error {
	wanted, tells := conditions[object.GetKind()]
	if !tells {
		return nil
	}
	resource, err := f.resource(object)
	if err != nil {
		return err
	}
	found, err := resource.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return err
	}
	all, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
	for _, entry := range all {
		if condition, ok := entry.(map[string]any); ok && condition["type"] == wanted && condition["status"] == "True" {
			return nil
		}
	}
	return fmt.Errorf("it is not %s: %w", wanted, errEarly)
}

// removePools deletes those of the node pools among the objects that are not to
// be kept.
func removePools(ctx context.Context, config *rest.Config, objects []*unstructured.Unstructured, keep []string) error {
	f, err := furnishing(config)
	if err != nil {
		return err
	}
	var failed []error
	for _, object := range objects {
		if object.GetKind() != poolKind || slices.Contains(keep, object.GetName()) {
			continue
		}
		resource, err := f.resource(object)
		if err == nil {
			err = resource.Delete(ctx, object.GetName(), metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			failed = append(failed, fmt.Errorf("%s: %w", object.GetName(), err))
		}
	}
	return errors.Join(failed...)
}
