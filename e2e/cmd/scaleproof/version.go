package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/fixtures/images"
	"github.com/scaleproof/scaleproof/reports"
)

func newVersion(c *console) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "print the versions of scaleproof and of what it builds",
		Example: "  scaleproof version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(c.stdout, "scaleproof %s, %s %s/%s, run.json schema %d\n",
				ownVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH, reports.Schema)
			if root, err := c.source(); err == nil { // elsewhere nothing says what would be built
				return c.printComponents(root)
			}
			return nil
		},
	}
}

// printComponents prints the versions that the source tree pins.
func (c *console) printComponents(root string) error {
	catalogue, err := images.Open(root)
	if err != nil {
		return err
	}
	for _, component := range catalogue.Components() {
		pinned, err := catalogue.Version(component.Name)
		if err != nil {
			return err
		}
		if pinned != "" {
			fmt.Fprintf(c.stdout, "  %-24s %s\n", component.Name, pinned)
		}
	}
	return nil
}

// version is set by the linker: what git calls the commit.
var version string

// ownVersion is the commit, or else the version of the module.
func ownVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		return info.Main.Version
	}
	return "unknown"
}
