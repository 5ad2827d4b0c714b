package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newToken(c *console) *cobra.Command {
	var s settings
	command := &cobra.Command{
		Use:   "token",
		Short: "print a token for the API of an EKS cluster, as kubectl wants it",
		Long: `token is what kubeconfigs of --provider eks run (client.authentication.k8s.io/v1).
The token is made of the AWS credentials in force, as of any AWS tool, and is
good for a quarter of an hour. Nothing is asked of AWS.`,
		Example: `  scaleproof token --cluster-name demo --region eu-west-1`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			credential, err := c.token(cmd.Context(), s.cluster, s.cloud.region)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.stdout, "%s\n", credential)
			return nil
		},
	}
	command.Flags().StringVar(&s.cluster, "cluster-name", "scaleproof", "name of the cluster")
	s.cloud.regionFlag(command.Flags())
	return command
}
