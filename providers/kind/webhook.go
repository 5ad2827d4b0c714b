package kind

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
)

// tokenWebhookPath is the kubeconfig of the webhook that the API server asks
// about tokens. It lies in the folder that nodes have mounted.
const tokenWebhookPath = markPath + "/token-webhook.yaml"

// tokenWebhookPatch has the API server read that file. A patch replaces the
// whole list of arguments: kind's own says nothing unless kind is asked to.
const tokenWebhookPatch = `kind: ClusterConfiguration
apiServer:
  extraArgs:
  - name: authentication-token-webhook-config-file
    value: ` + tokenWebhookPath + `
  extraVolumes:
  - name: token-webhook
    hostPath: ` + tokenWebhookPath + `
    mountPath: ` + tokenWebhookPath + `
    pathType: File
    readOnly: true
`

// writeTokenWebhook has the webhook started, and writes what the API server
// needs of it.
func (c *cluster) writeTokenWebhook(ctx context.Context) error {
	if c.options.TokenWebhook == nil {
		return nil
	}
	host, err := gateway(ctx)
	if err != nil {
		return err
	}
	kubeconfig, err := c.options.TokenWebhook(ctx, host)
	if err != nil {
		return fmt.Errorf("the webhook for tokens: %w", err)
	}
	return replace(filepath.Join(c.home.node(), path.Base(tokenWebhookPath)), kubeconfig)
}
