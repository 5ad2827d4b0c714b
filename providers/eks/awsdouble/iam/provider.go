package iam

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

func (s service) createProvider(caller wire.Caller, in *sdk.CreateOpenIDConnectProviderInput) (*sdk.CreateOpenIDConnectProviderOutput, error) {
	address, err := url.Parse(aws.ToString(in.Url))
	if err != nil || address.Scheme != "https" || address.Host == "" {
		return nil, wire.Errorf(http.StatusBadRequest, "ValidationError", "Invalid Open ID Connect Provider URL")
	}
	name := address.Host + address.Path
	arn := scope(caller).ARN("iam", "oidc-provider/"+name)
	if s.Has(arn) != nil {
		return nil, wire.Errorf(http.StatusConflict, "EntityAlreadyExists", "Provider with url %s already exists.", *in.Url)
	}
	tags := map[string]string{}
	for _, tag := range in.Tags {
		tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	s.Add(&cloud.Resource{ID: arn, Kind: cloud.OIDCProvider, Name: name, Scope: scope(caller), Tags: tags,
		Attributes: map[string]string{"clients": strings.Join(in.ClientIDList, " "), "thumbprints": strings.Join(in.ThumbprintList, " ")}})
	return &sdk.CreateOpenIDConnectProviderOutput{OpenIDConnectProviderArn: &arn, Tags: tagShapes(tags)}, nil
}

// provider returns the provider of that ARN, or IAM's error.
func (s service) provider(caller wire.Caller, arn *string) (*cloud.Resource, error) {
	r := s.See(aws.ToString(arn))
	if r == nil || r.Kind != cloud.OIDCProvider || r.Scope != scope(caller) {
		return nil, cloud.NoEntity("OpenIDConnect Provider not found for arn %s", aws.ToString(arn))
	}
	return r, nil
}

// deleteProvider is idempotent: what is gone is no error, as the API's
// reference says.
func (s service) deleteProvider(caller wire.Caller, in *sdk.DeleteOpenIDConnectProviderInput) (*sdk.DeleteOpenIDConnectProviderOutput, error) {
	if r := s.Has(aws.ToString(in.OpenIDConnectProviderArn)); r != nil && r.Kind == cloud.OIDCProvider && r.Scope == scope(caller) {
		s.Remove(r.ID)
	}
	return &sdk.DeleteOpenIDConnectProviderOutput{}, nil
}

func (s service) getProvider(caller wire.Caller, in *sdk.GetOpenIDConnectProviderInput) (*sdk.GetOpenIDConnectProviderOutput, error) {
	r, err := s.provider(caller, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &sdk.GetOpenIDConnectProviderOutput{
		Url: &r.Name, ClientIDList: strings.Fields(r.Attributes["clients"]),
		ThumbprintList: strings.Fields(r.Attributes["thumbprints"]), CreateDate: &r.Created, Tags: tagShapes(r.Tags),
	}, nil
}

func (s service) listProviders(caller wire.Caller, _ *sdk.ListOpenIDConnectProvidersInput) (*sdk.ListOpenIDConnectProvidersOutput, error) {
	out := &sdk.ListOpenIDConnectProvidersOutput{OpenIDConnectProviderList: []types.OpenIDConnectProviderListEntry{}}
	for _, r := range s.List(scope(caller), cloud.OIDCProvider) {
		out.OpenIDConnectProviderList = append(out.OpenIDConnectProviderList, types.OpenIDConnectProviderListEntry{Arn: &r.ID})
	}
	return out, nil
}

func (s service) listProviderTags(caller wire.Caller, in *sdk.ListOpenIDConnectProviderTagsInput) (*sdk.ListOpenIDConnectProviderTagsOutput, error) {
	r, err := s.provider(caller, in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	page, next := cloud.Page(s.Cloud, tagShapes(r.Tags), in.Marker, int(aws.ToInt32(in.MaxItems)), func(t types.Tag) string { return *t.Key })
	return &sdk.ListOpenIDConnectProviderTagsOutput{Tags: page, Marker: next, IsTruncated: next != nil}, nil
}
