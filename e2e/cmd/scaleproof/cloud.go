package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/scaleproof/scaleproof/providers"
	"github.com/scaleproof/scaleproof/providers/eks"
	"github.com/scaleproof/scaleproof/providers/kind/engine"
	"github.com/scaleproof/scaleproof/reports"
)

// cloudSettings are those of a provider whose clusters cost money.
type cloudSettings struct {
	region     string
	accounts   []string
	kubernetes string
	accept     bool
	dryRun     bool
	ceiling    time.Duration
}

// accountFlags are those of every command that reaches into an account.
func (c *cloudSettings) accountFlags(flags *pflag.FlagSet) {
	c.regionFlag(flags)
	flags.StringSliceVar(&c.accounts, "allow-account", nil, "for --provider eks: ids of the AWS accounts that may be used; no other is touched")
}

func (c *cloudSettings) regionFlag(flags *pflag.FlagSet) {
	flags.StringVar(&c.region, "region", os.Getenv("AWS_DEFAULT_REGION"), "for --provider eks: the AWS region; that of AWS_DEFAULT_REGION=… if empty")
}

// costFlags are those of every command that makes something that costs.
func (c *cloudSettings) costFlags(flags *pflag.FlagSet) {
	flags.StringVar(&c.kubernetes, "kubernetes", "", "for --provider eks: version of Kubernetes, as in 1.36; EKS's default if empty")
	flags.BoolVar(&c.accept, "accept-cost", false, "for --provider eks: agree to pay for what is made; --dry-run tells what and how much")
	flags.BoolVar(&c.dryRun, "dry-run", false, "for --provider eks: print what would be made and what it would cost an hour, and make nothing")
	flags.DurationVar(&c.ceiling, "ceiling", eks.DefaultCeiling, "for --provider eks: when to stop and remove everything, whatever is going on")
}

// newEKS returns the provider eks.
func newEKS(s settings, l log) (*eks.Provider, error) {
	cache, err := engine.CacheDir()
	if err != nil {
		return nil, err
	}
	return eks.New(eks.Options{
		Region: s.cloud.region, Accounts: s.cloud.accounts, Version: s.cloud.kubernetes, Ceiling: s.cloud.ceiling,
		Run: time.Now().UTC().Format("20060102T150405Z"), CacheDir: cache, Log: l,
	})
}

// makeBill says what a cluster would cost, or nil where it costs nothing.
func makeBill(s settings) (*providers.Bill, error) {
	if s.provider != "eks" {
		return nil, nil
	}
	provider, err := newEKS(s, nil)
	if err != nil {
		return nil, err
	}
	bill, err := provider.Bill(s.cluster)
	if err != nil {
		return nil, err
	}
	elsewhere, err := s.elsewhere()
	bill.Resources = append(bill.Resources, elsewhere...)
	return &bill, err
}

// errDry ends a command that was only to tell.
var errDry = errors.New("a dry run")

// agree tells what costs money, and is an error unless that was agreed to. The
// bill is nil where nothing does.
func (c *console) agree(s settings) (*providers.Bill, error) {
	bill, err := c.bill(s)
	if err != nil {
		return nil, err
	}
	if bill == nil {
		return nil, s.refuseDryRun()
	}
	if s.cloud.dryRun {
		printBill(c.stdout, s, *bill)
		return nil, errDry
	}
	printBill(c.stderr, s, *bill)
	if !s.cloud.accept {
		return nil, errors.New("nothing was made: this costs money, so agree to it with --accept-cost or ACCEPT_COST=1")
	}
	return bill, nil
}

// refuseDryRun is an error if a dry run is asked of a provider that has none:
// what was to make nothing must not make a cluster.
func (s *settings) refuseDryRun() error {
	if s.cloud.dryRun {
		return fmt.Errorf("nothing was made: --dry-run is for --provider eks, and %s costs nothing; leave it out, DRY_RUN=1 too, to go on", s.provider)
	}
	return nil
}

// printBill tells every resource, and the costs. The place of an image may have
// the account's id in its name.
func printBill(out io.Writer, s settings, bill providers.Bill) {
	w := &strings.Builder{}
	end := fmt.Sprintf("removed at the end or after %v", bill.Ceiling)
	if s.keep {
		end = fmt.Sprintf("STAY, at this cost, until `%s`; only if this command itself takes more than %v it removes them", s.downCommand(), bill.Ceiling)
	}
	fmt.Fprintf(w, "provider %s, region %s: these would be made, and %s\n", s.provider, s.cloud.region, end)
	for _, r := range bill.Resources {
		fmt.Fprintf(w, "  %-40s %s\n", r.Kind, r.Name)
	}
	fmt.Fprintf(w, "\n  %-40s %10s %10s\n", "US dollars an hour", "at rest", "busy")
	var idle, busy float64
	for _, cost := range bill.Costs {
		fmt.Fprintf(w, "  %-40s %10.3f %10.3f\n", cost.For, cost.Idle, cost.Busy)
		idle, busy = idle+cost.Idle, busy+cost.Busy
	}
	fmt.Fprintf(w, "  %-40s %10.3f %10.3f\n  %s\n\n", "all", idle, busy, bill.Source)
	fmt.Fprint(out, reports.Redact(w.String()))
}

// paid does what makes a cluster when its costs are agreed to, and until its
// ceiling.
func (c *console) paid(ctx context.Context, s settings, do func(context.Context) error) error {
	bill, err := c.agree(s)
	if errors.Is(err, errDry) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.needs(); err != nil {
		return err
	}
	ctx, cancel := ceiling(ctx, bill)
	defer cancel()
	return do(ctx)
}

// errCeiling is the cause of a context that ended because all of it took too
// long, and costs.
var errCeiling = errors.New("the ceiling is reached: everything is removed")

// ceiling is a context that ends when what costs money has been there for long
// enough. What it ends removes its cluster, even one that was to be kept.
func ceiling(ctx context.Context, bill *providers.Bill) (context.Context, context.CancelFunc) {
	if bill == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeoutCause(ctx, bill.Ceiling, fmt.Errorf("%w: after %v", errCeiling, bill.Ceiling))
}
