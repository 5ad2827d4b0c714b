// Package cloudformation is the double's CloudFormation. It interprets a small
// part of the template language and makes, in the shared cloud, what a template
// says; whatever it does not understand in one, it refuses by 501.
package cloudformation

import (
	"errors"
	"fmt"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/cloud"
	"github.com/scaleproof/scaleproof/providers/eks/awsdouble/wire"
)

type service struct{ *cloud.Cloud }

// New returns the service on the cloud.
func New(c *cloud.Cloud) *wire.Service {
	s := service{c}
	return wire.NewService[*sdk.Client]("cloudformation", wire.Query{Namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/", Version: "2010-05-15"},
		wire.Handle("CreateStack", "StackName TemplateBody Parameters.ParameterKey Parameters.ParameterValue Capabilities Tags ClientRequestToken OnFailure TimeoutInMinutes", s.createStack),
		wire.Handle("DescribeStacks", "StackName NextToken", s.describeStacks),
		wire.Handle("DescribeStackEvents", "StackName NextToken", s.describeEvents),
		wire.Handle("DeleteStack", "StackName", s.deleteStack),
	)
}

// handler is how CloudFormation hands on what a service said.
func handler(err error) string {
	code := "GeneralServiceException"
	var known *wire.Error
	message := err.Error()
	if errors.As(err, &known) {
		code, message = known.Code, known.Message
	}
	return fmt.Sprintf("Resource handler returned message: %q (RequestToken: 00000000-0000-4000-8000-000000000000, HandlerErrorCode: %s)", message, code)
}

// gone tells that what was to be deleted does not exist, which is as good.
func gone(err error) bool {
	var known *wire.Error
	return errors.As(err, &known) && (strings.HasSuffix(known.Code, "NotFound") || known.Code == "NoSuchEntity")
}
