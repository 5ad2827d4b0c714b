// Package identity makes and removes what a cluster has in IAM beside its
// roles: the provider by which pods prove who they are, and the instance
// profile that Auto Mode makes for the nodes' role and never removes.
package identity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/scaleproof/scaleproof/providers/eks/cloud"
)

const (
	// audience is who the tokens of pods are for.
	audience = "sts.amazonaws.com"
	// absent is the code of what does not exist.
	absent = "NoSuchEntity"
	// separator stands in ARNs between the kind and the issuer.
	separator = "oidc-provider/"
)

// Identity is IAM in an account.
type Identity struct {
	client  *iam.Client
	account *cloud.Account
}

// New speaks to IAM in the account.
func New(account *cloud.Account) *Identity {
	return &Identity{iam.NewFromConfig(account.Config()), account}
}

// Issuer is the name of an OIDC provider: the address of who signs, without its
// scheme. It says which provider it is without telling the account.
func Issuer(address string) string { return strings.TrimPrefix(address, "https://") }

// CreateProvider makes the OIDC provider of an issuer, or finds it made.
func (i *Identity) CreateProvider(ctx context.Context, issuer string, tags map[string]string) error {
	input := &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://" + issuer), ClientIDList: []string{audience}}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		input.Tags = append(input.Tags, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	_, err := i.client.CreateOpenIDConnectProvider(ctx, input)
	if err != nil && !cloud.Is(err, "EntityAlreadyExists") {
		return fmt.Errorf("creating the OIDC provider %s: %w", issuer, err)
	}
	return nil
}

// DeleteProvider removes the OIDC provider of an issuer, if it is there.
func (i *Identity) DeleteProvider(ctx context.Context, issuer string) error {
	_, err := i.client.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{
		OpenIDConnectProviderArn: aws.String(i.account.ARN("iam", separator+issuer)),
	})
	if err != nil && !cloud.Is(err, absent) {
		return fmt.Errorf("deleting the OIDC provider %s: %w", issuer, err)
	}
	return nil
}

// Provider is an OIDC provider and its tags.
type Provider struct {
	Issuer string
	Tags   map[string]string
}

// Issuers are those of the OIDC providers of EKS clusters in the account's region.
func (i *Identity) Issuers(ctx context.Context) ([]string, error) {
	all, err := i.client.ListOpenIDConnectProviders(ctx, &iam.ListOpenIDConnectProvidersInput{})
	if err != nil {
		return nil, fmt.Errorf("OIDC providers: %w", err)
	}
	var found []string
	for _, entry := range all.OpenIDConnectProviderList {
		_, issuer, _ := strings.Cut(aws.ToString(entry.Arn), separator)
		if strings.HasPrefix(issuer, "oidc.eks."+i.account.Region+".") {
			found = append(found, issuer)
		}
	}
	return found, nil
}

// Providers are the OIDC providers of all issuers. It asks for each.
func (i *Identity) Providers(ctx context.Context) ([]Provider, error) {
	issuers, err := i.Issuers(ctx)
	if err != nil {
		return nil, err
	}
	var found []Provider
	for _, issuer := range issuers {
		tags, err := i.tags(ctx, aws.String(i.account.ARN("iam", separator+issuer)))
		if cloud.Is(err, absent) {
			continue // gone since the list was made
		}
		if err != nil {
			return nil, fmt.Errorf("tags of the OIDC provider %s: %w", issuer, err)
		}
		found = append(found, Provider{issuer, tags})
	}
	return found, nil
}

func (i *Identity) tags(ctx context.Context, arn *string) (map[string]string, error) {
	tags := map[string]string{}
	pages := iam.NewListOpenIDConnectProviderTagsPaginator(i.client, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, tag := range page.Tags {
			tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
	}
	return tags, nil
}

// Profiles are the names of the instance profiles that hold a role. A role that
// does not exist has none.
func (i *Identity) Profiles(ctx context.Context, role string) ([]string, error) {
	var names []string
	pages := iam.NewListInstanceProfilesForRolePaginator(i.client, &iam.ListInstanceProfilesForRoleInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if cloud.Is(err, absent) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("instance profiles of role %s: %w", role, err)
		}
		for _, profile := range page.InstanceProfiles {
			names = append(names, aws.ToString(profile.InstanceProfileName))
		}
	}
	return names, nil
}

// DeleteProfile takes the role out of an instance profile and removes the
// profile, as far as either is still there.
func (i *Identity) DeleteProfile(ctx context.Context, profile, role string) error {
	_, err := i.client.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &profile, RoleName: &role})
	if err != nil && !cloud.Is(err, absent) {
		return fmt.Errorf("taking role %s out of instance profile %s: %w", role, profile, err)
	}
	_, err = i.client.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &profile})
	if err != nil && !cloud.Is(err, absent) {
		return fmt.Errorf("deleting instance profile %s: %w", profile, err)
	}
	return nil
}
