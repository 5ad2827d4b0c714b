// Package iam is the double's Identity and Access Management: OpenID Connect
// providers, and the instance profiles that Auto Mode makes. Roles come from
// CloudFormation.
package iam

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

type service struct{ *cloud.Cloud }

// New returns the service on the cloud.
func New(c *cloud.Cloud) *wire.Service {
	s := service{c}
	return wire.NewService[*sdk.Client]("iam", wire.Query{Namespace: "https://iam.amazonaws.com/doc/2010-05-08/", Version: "2010-05-08"},
		wire.Handle("CreateOpenIDConnectProvider", "Url ClientIDList ThumbprintList Tags", s.createProvider),
		wire.Handle("DeleteOpenIDConnectProvider", "OpenIDConnectProviderArn", s.deleteProvider),
		wire.Handle("GetOpenIDConnectProvider", "OpenIDConnectProviderArn", s.getProvider),
		wire.Handle("ListOpenIDConnectProviders", "", s.listProviders),
		wire.Handle("ListOpenIDConnectProviderTags", "OpenIDConnectProviderArn Marker MaxItems", s.listProviderTags),
		wire.Handle("GetRole", "RoleName", s.getRole),
		wire.Handle("ListInstanceProfilesForRole", "RoleName Marker MaxItems", s.listProfilesForRole),
		wire.Handle("RemoveRoleFromInstanceProfile", "InstanceProfileName RoleName", s.removeFromProfile),
		wire.Handle("DeleteInstanceProfile", "InstanceProfileName", s.deleteProfile),
	)
}

func scope(caller wire.Caller) cloud.Scope { return cloud.ScopeOf(caller).Global() }
