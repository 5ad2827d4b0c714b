package hpa

import (
	"encoding/json"
	"fmt"
	"time"
)

// ScaleUpPolicies reads the policies of behavior.scaleUp from an HPA's
// spec.behavior in JSON. It returns none for an HPA without a behavior.
func ScaleUpPolicies(behavior string) ([]Policy, error) {
	if behavior == "" {
		return nil, nil
	}
	var fields struct {
		ScaleUp struct {
			Policies []struct {
				Type          string `json:"type"`
				Value         int    `json:"value"`
				PeriodSeconds int    `json:"periodSeconds"`
			} `json:"policies"`
		} `json:"scaleUp"`
	}
	if err := json.Unmarshal([]byte(behavior), &fields); err != nil {
		return nil, fmt.Errorf("behavior of an HPA: %w", err)
	}
	policies := []Policy{}
	for _, p := range fields.ScaleUp.Policies {
		policy := Policy{Period: time.Duration(p.PeriodSeconds) * time.Second}
		switch p.Type {
		case "Pods":
			policy.Pods = p.Value
		case "Percent":
			policy.Percent = p.Value
		default:
			return nil, fmt.Errorf("behavior of an HPA: policy of unknown type %q", p.Type)
		}
		policies = append(policies, policy)
	}
	return policies, nil
}
