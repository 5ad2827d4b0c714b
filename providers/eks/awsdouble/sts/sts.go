// Package sts is the double's Security Token Service.
package sts

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

// New returns the service. It answers in JSON too, which is how
// aws-iam-authenticator asks it who made a token.
func New() *wire.Service {
	return wire.NewService[*sdk.Client]("sts", wire.Query{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/", Version: "2011-06-15", JSON: true},
		wire.Handle("GetCallerIdentity", "", getCallerIdentity),
	)
}

func getCallerIdentity(caller wire.Caller, _ *sdk.GetCallerIdentityInput) (*sdk.GetCallerIdentityOutput, error) {
	return &sdk.GetCallerIdentityOutput{Account: &caller.Account, Arn: &caller.ARN, UserId: &caller.UserID}, nil
}
