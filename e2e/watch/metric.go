package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	externalv1beta1 "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"

	"github.com/scaleproof/scaleproof/e2e/timeline"
)

// scaledObjectLabel is what KEDA tells the metrics of ScaledObjects apart by.
const scaledObjectLabel = "scaledobject.keda.sh/name"

// ExternalMetric reads a metric of a ScaledObject from
// external.metrics.k8s.io, as the HPA does: the sum of its values.
//
// The metric has no value while the API does not know it or while KEDA answers
// that it could not get it (see noValue). Whatever else goes wrong is between
// us and KEDA, and a gap.
func ExternalMetric(c Clients, namespace, metric, scaledObject string) Sampler {
	path := "/apis/external.metrics.k8s.io/v1beta1/namespaces/" + namespace + "/" + metric
	return Sampler{Kind: timeline.Metric, Object: metric, Read: func(ctx context.Context) ([]timeline.Moment, error) {
		var list externalv1beta1.ExternalMetricValueList
		known, err := c.read(ctx, path, url.Values{"labelSelector": {scaledObjectLabel + "=" + scaledObject}}, &list)
		if err != nil {
			return nil, fmt.Errorf("read external metric %s/%s: %w", namespace, metric, err)
		}
		if !known || len(list.Items) == 0 {
			return nil, nil
		}
		sum := 0.0
		for _, item := range list.Items {
			sum += exact(item.Value)
		}
		w := writer{kind: timeline.Metric, object: metric}
		w.number("value", sum)
		return w.moments, nil
	}}
}

// read gets an answer of an aggregated API. It is false where the answer is
// that there is no value.
func (c Clients) read(ctx context.Context, path string, query url.Values, into any) (bool, error) {
	request := c.raw().Get().AbsPath(path).MaxRetries(0).SetHeader("Accept", "application/json")
	for name, values := range query {
		for _, value := range values {
			request = request.Param(name, value)
		}
	}
	body, err := answer(request.Do(ctx))
	switch {
	case noValue(err):
		return false, nil
	case err != nil:
		return false, err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return false, fmt.Errorf("not the JSON of a %T: %w", into, err)
	}
	return true, nil
}

// answer returns the body, or the server's own error where the body is one:
// Raw alone makes one up from the code.
func answer(r rest.Result) ([]byte, error) {
	if err := r.Error(); err != nil {
		return nil, err
	}
	return r.Raw()
}

// noValue reports whether an error is the stack's own answer that there is no
// such value now, which is a state of the stack and not blindness of ours:
//
//   - 404: the API, the metric or the object does not exist;
//   - 500 in a Status without a reason: what an adapter answers when its
//     provider fails. KEDA does so for a ScaledObject it does not know yet and
//     for a trigger that it cannot query, and the HPA then reads
//     FailedGetExternalMetric;
//   - 503 in the aggregator's own words: there is no server of this API.
//
// Everything else says nothing about the value: 429 and any other 503 come from
// the API server in front, as does a 500 with a reason, which is also what
// client-go makes of a 500 that is no Status; the rest comes from the
// connection.
func noValue(err error) bool {
	if apierrors.IsNotFound(err) || isUnserved(err) {
		return true
	}
	var status apierrors.APIStatus
	return errors.As(err, &status) &&
		status.Status().Code == http.StatusInternalServerError && status.Status().Reason == metav1.StatusReasonUnknown
}

// unserved is what the aggregator answers, as plain text, for an APIService
// that is not available or whose Service has no endpoint (Kubernetes,
// kube-aggregator, pkg/apiserver/handler_proxy.go).
const unserved = "service unavailable"

func isUnserved(err error) bool {
	cause, ok := apierrors.StatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
	return ok && apierrors.IsServiceUnavailable(err) && strings.TrimSpace(cause.Message) == unserved
}
