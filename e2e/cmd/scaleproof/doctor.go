package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/scaleproof/scaleproof/providers/kind/doctor"
)

func newDoctor(c *console) *cobra.Command {
	return &cobra.Command{
		Use:     "doctor",
		Short:   "check the machine, and say how to mend what it lacks",
		Long:    "doctor looks at the engine, cgroups, capabilities, disk, memory, inotify limits,\nGo and git. It changes nothing. The exit code is 2 if something stands in the\nway of a run.",
		Example: "  scaleproof doctor",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := c.probe(cmd.Context())
			if err != nil {
				return err
			}
			for _, check := range checks {
				fmt.Fprintf(c.stdout, "%-8s %-12s %s\n", check.Status, check.Name, check.Finding)
				if check.Fix != "" {
					fmt.Fprintf(c.stdout, "%21s -> %s\n", "", check.Fix)
				}
			}
			return doctor.Failures(checks)
		},
	}
}
