// Package cloud opens an AWS account that is on an allow list, counts what is
// asked of it, waits without flooding it, and keeps its number out of every
// text. Everything else that speaks to AWS gets its configuration here.
package cloud

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// attempts of one request that is throttled or that the service failed.
const attempts = 8

// Options say which account and region, and how patiently.
type Options struct {
	// Region is where everything is made, as in eu-west-1.
	Region string
	// Accounts are the ids that may be touched, twelve digits each. With none,
	// no account may be.
	Accounts []string
	// Pace is how waits poll; DefaultPace if zero.
	Pace Pace
	// Config replaces what the SDK finds in the environment; for tests.
	Config *aws.Config
}

// Account is an account that may be touched, in one region.
type Account struct {
	// Region as in eu-west-1, Partition as in aws or aws-cn.
	Region, Partition string
	// Pace is how waits poll.
	Pace Pace

	id     string
	config aws.Config
	meter  *meter
}

// accountID is the form of an account's number.
var accountID = regexp.MustCompile(`^[0-9]{12}$`)

// Validate returns what is wrong with the options as they are, without asking
// anyone. It repeats no account id.
func (o Options) Validate() error {
	switch {
	case o.Region == "":
		return errors.New("no region: set AWS_DEFAULT_REGION, as in eu-west-1")
	case len(o.Accounts) == 0:
		return errors.New("no account is allowed to be used: give the id of yours with --allow-account or ALLOW_ACCOUNT")
	case slices.ContainsFunc(o.Accounts, func(id string) bool { return !accountID.MatchString(id) }):
		return errors.New("an allowed account is not a number of twelve digits: see --allow-account and ALLOW_ACCOUNT")
	}
	return nil
}

// Open asks whose credentials these are and refuses an account that is not
// allowed. No error of it tells an account id.
func Open(ctx context.Context, options Options) (*Account, error) {
	if err := options.Validate(); err != nil {
		return nil, err
	}
	base, err := load(ctx, options)
	if err != nil {
		return nil, Seal(err)
	}
	account := &Account{Region: options.Region, Pace: options.Pace, meter: newMeter(), config: base}
	if account.Pace == (Pace{}) {
		account.Pace = DefaultPace
	}
	account.config.APIOptions = append(slices.Clone(base.APIOptions), account.meter.add)
	if account.config.Retryer == nil {
		account.config.Retryer = func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.MaxBackoff = attempts, account.Pace.backoff()
			})
		}
	}
	who, err := sts.NewFromConfig(account.config).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, Seal(fmt.Errorf("AWS does not say whose credentials these are: set them as for any AWS tool (AWS_PROFILE, AWS_ACCESS_KEY_ID, a role): %w", err))
	}
	account.id = aws.ToString(who.Account)
	if !slices.Contains(options.Accounts, account.id) {
		return nil, errors.New("these credentials belong to an account that is not allowed: use others, or allow it with --allow-account or ALLOW_ACCOUNT")
	}
	account.Partition = "aws"
	if parts := strings.Split(aws.ToString(who.Arn), ":"); len(parts) > 1 && parts[1] != "" {
		account.Partition = parts[1]
	}
	return account, nil
}

// load takes the configuration of the options, or what the SDK finds.
func load(ctx context.Context, options Options) (aws.Config, error) {
	if options.Config != nil {
		base := options.Config.Copy()
		base.Region = options.Region
		return base, nil
	}
	base, err := config.LoadDefaultConfig(ctx, config.WithRegion(options.Region))
	if err != nil {
		return aws.Config{}, fmt.Errorf("the AWS configuration cannot be read: %w", err)
	}
	return base, nil
}

// Config is for a client of any service; its requests are counted.
func (a *Account) Config() aws.Config { return a.config.Copy() }

// ARN of something global in the account, as of IAM.
func (a *Account) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s::%s:%s", a.Partition, service, a.id, resource)
}

// Fingerprint tells this account from others without telling which it is: so
// short that thousands of accounts have the same.
func (a *Account) Fingerprint(salt string) string {
	sum := sha256.Sum256([]byte(salt + a.id))
	return hex.EncodeToString(sum[:2])
}

// Seal makes an error that tells nothing of the account: neither its id nor
// keys. What it wraps can still be asked for by errors.As.
func (a *Account) Seal(err error) error {
	if err == nil {
		return nil
	}
	return sealed{err, a.Redact}
}

// Redact returns the text without the account's id and without keys.
func (a *Account) Redact(text string) string {
	return Redact(strings.ReplaceAll(text, a.id, hidden))
}
