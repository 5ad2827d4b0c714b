package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newImages(c *console) *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "images",
		Short: "pull or build every image that a cluster under test needs",
		Long: `images fills the cache with every image of the stack under its upstream
reference, pulled, or built from the Go modules that fixtures/components pins.
What is there and unchanged is not made again; what was interrupted goes on.`,
		Example: `  scaleproof images
  scaleproof images --images build`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			root, err := c.source()
			if err != nil {
				return err
			}
			if err := c.enter(); err != nil {
				return err
			}
			s.provider = "kind"
			if err := c.prepare(cmd.Context(), s, c.logf); err != nil {
				return interrupted(cmd.Context(), err)
			}
			images, err := c.images(cmd.Context(), root, s, c.stderr)
			if err != nil {
				return interrupted(cmd.Context(), err)
			}
			for _, component := range images.components {
				if component.Reference != "" { // and not a program of the node image
					fmt.Fprintf(c.stdout, "%-6s  %s  %s\n", component.Source, component.Reference, component.Digest)
				}
			}
			return nil
		},
	}
	s.imageFlags(command.Flags())
	return command
}
