package token

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"golang.org/x/oauth2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/transport"
)

// signLimit is how long credentials may take to be found.
const signLimit = 30 * time.Second

// Cluster is where a cluster's API is.
type Cluster struct {
	Name     string
	Endpoint string
	// CA is the PEM text of what signed the endpoint's certificate.
	CA []byte
}

// source makes a new token whenever it is asked.
type source struct {
	config  aws.Config
	cluster string
}

// Token implements oauth2.TokenSource.
func (s source) Token() (*oauth2.Token, error) {
	ctx, cancel := context.WithTimeout(context.Background(), signLimit)
	defer cancel()
	signed, err := Sign(ctx, s.config, s.cluster)
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: signed.Value, TokenType: "Bearer", Expiry: signed.Expires}, nil
}

// Config reaches the cluster with tokens that are made anew before they end, or
// when the cluster refuses one. Its rate is that of one busy suite: the client's
// default of 5 requests a second would hold back what is measured.
func (c Cluster) Config(config aws.Config) *rest.Config {
	tokens := transport.NewCachedTokenSource(source{config, c.Name})
	return &rest.Config{
		Host:            c.Endpoint,
		TLSClientConfig: rest.TLSClientConfig{CAData: c.CA},
		WrapTransport:   transport.ResettableTokenSourceWrapTransport(tokens),
		QPS:             100, Burst: 200,
	}
}

// Plugin is the command that a kubeconfig has make tokens.
type Plugin struct {
	Command string
	Args    []string
	// Env is what it needs beside the environment of whoever calls it.
	Env map[string]string
}

// Kubeconfig is a file for kubectl and the like. It holds no credentials: the
// plugin makes a token each time one has ended.
func (c Cluster) Kubeconfig(plugin Plugin) ([]byte, error) {
	exec := &api.ExecConfig{
		APIVersion:      clientauthentication.SchemeGroupVersion.String(),
		Command:         plugin.Command,
		Args:            plugin.Args,
		InteractiveMode: api.NeverExecInteractiveMode,
	}
	for name, value := range plugin.Env {
		exec.Env = append(exec.Env, api.ExecEnvVar{Name: name, Value: value})
	}
	file := api.NewConfig()
	file.Clusters[c.Name] = &api.Cluster{Server: c.Endpoint, CertificateAuthorityData: c.CA}
	file.AuthInfos[c.Name] = &api.AuthInfo{Exec: exec}
	file.Contexts[c.Name] = &api.Context{Cluster: c.Name, AuthInfo: c.Name}
	file.CurrentContext = c.Name
	return clientcmd.Write(*file)
}

// Credential is what a plugin prints: the token, and how long client-go may
// keep it.
func (t Token) Credential() ([]byte, error) {
	expires := metav1.NewTime(t.Expires)
	return json.Marshal(clientauthentication.ExecCredential{
		TypeMeta: metav1.TypeMeta{APIVersion: clientauthentication.SchemeGroupVersion.String(), Kind: "ExecCredential"},
		Status:   &clientauthentication.ExecCredentialStatus{Token: t.Value, ExpirationTimestamp: &expires},
	})
}
