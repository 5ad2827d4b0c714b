package main

import (
	"strings"
	"testing"
	"time"

	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
)

// TestSweepsGitAfterAll is a sweep whose time for clusters is over while there is one:
// the branches and keys of others go all the same.
func TestSweepsGitAfterAll(t *testing.T) {
	double, remote := forged(t)
	account := awsdouble.Someone().Account
	aws := awsdouble.Start(t, awsdouble.Options{})
	for _, entry := range aws.Env() {
		name, value, _ := strings.Cut(entry, "=")
		t.Setenv(name, value)
	}
	aws.Touch(func(c *cloud.Cloud) {
		c.Add(&cloud.Resource{
			ID:   "arn:aws:iam::" + account + ":oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/X",
			Kind: cloud.OIDCProvider, Scope: cloud.Scope{Account: account},
			Tags: map[string]string{eks.ClusterTag: "scaleproof-stays", eks.CreatedTag: "2026-01-01T00:00:00Z"},
		})
	})
	s := atForge()
	s.cloud.region, s.cloud.accounts = "eu-west-1", []string{account}
	told := (&console{stderr: &strings.Builder{}}).logf
	delivery := begun(t, s, told)
	found, err := sweepEKS(t.Context(), s, eks.SweepOptions{Delete: true, All: time.Nanosecond}, told)
	if err != nil || len(found) != 2 || found[0].Err == nil || found[1].Name != delivery.Base() {
		t.Errorf("%+v, %v", found, err)
	}
	if branches, err := remote.Branches(t.Context(), ""); err != nil || len(branches) > 0 || len(double.Keys()) > 0 {
		t.Errorf("left are %q, %+v, %v", branches, double.Keys(), err)
	}
}
