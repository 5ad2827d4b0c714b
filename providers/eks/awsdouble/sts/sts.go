// Package sts is the double's Security Token Service.
package sts

import (
	"reflect"

	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// New returns the service. It answers in JSON too, which is how
// aws-iam-authenticator asks it who made a token.
func New() *wire.Service {
	return &wire.Service{
		Scope:    "sts",
		Protocol: wire.Query{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Version: "2011-06-15", JSON: true},
		Errors:   wire.QueryErrors(),
		Client:   reflect.TypeFor[*sdk.Client](),
		Operations: []wire.Operation{
			wire.Handle("GetCallerIdentity", "", getCallerIdentity),
		},
	}
}

func getCallerIdentity(caller wire.Caller, _ *sdk.GetCallerIdentityInput) (*sdk.GetCallerIdentityOutput, error) {
	return &sdk.GetCallerIdentityOutput{Account: &caller.Account, Arn: &caller.ARN, UserId: &caller.UserID}, nil
}
