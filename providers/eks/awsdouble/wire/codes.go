package wire

// What the services say when a request is refused before it is looked at. The
// codes and statuses are those that the services document under "Common
// Errors", and that the SDK's retryer knows.
const (
	mismatch   = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	unknownKey = "The security token included in the request is invalid."
	expired    = "Signature expired or not yet current."
	missing    = "Missing Authentication Token"
)

// Codes implements Protocol: those of IAM, STS and CloudFormation.
func (Query) Codes() Errors {
	return Errors{
		Throttled:       Error{Code: "Throttling", Message: "Rate exceeded", Status: 400},
		Denied:          Error{Code: "AccessDenied", Status: 403},
		Broken:          Error{Code: "InternalFailure", Message: "The request processing has failed because of an unknown error, exception or failure.", Status: 500},
		Unavailable:     Error{Code: "ServiceUnavailable", Message: "The request has failed due to a temporary failure of the server.", Status: 503},
		BadSignature:    Error{Code: "SignatureDoesNotMatch", Message: mismatch, Status: 403},
		UnknownKey:      Error{Code: "InvalidClientTokenId", Message: unknownKey, Status: 403},
		Expired:         Error{Code: "RequestExpired", Message: expired, Status: 400},
		Unauthenticated: Error{Code: "MissingAuthenticationToken", Message: missing, Status: 403},
		Unknown:         Error{Code: "InvalidAction", Message: "Could not find operation", Status: 400},
	}
}

// Codes implements Protocol: EC2's.
func (EC2Query) Codes() Errors {
	const refused = "AWS was not able to validate the provided access credentials"
	return Errors{
		Throttled:       Error{Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Status: 503},
		Denied:          Error{Code: "UnauthorizedOperation", Message: "You are not authorized to perform this operation. ", Status: 403},
		Broken:          Error{Code: "InternalError", Message: "An internal error has occurred", Status: 500},
		Unavailable:     Error{Code: "Unavailable", Message: "The service is unavailable. Please try again shortly.", Status: 503},
		BadSignature:    Error{Code: "AuthFailure", Message: refused, Status: 401},
		UnknownKey:      Error{Code: "AuthFailure", Message: refused, Status: 401},
		Expired:         Error{Code: "RequestExpired", Message: "Request has expired.", Status: 400},
		Unauthenticated: Error{Code: "MissingParameter", Message: "The request must contain the parameter AWSAccessKeyId", Status: 400},
		Unknown:         Error{Code: "InvalidAction", Message: "The action is not valid for this web service.", Status: 400},
	}
}

// Codes implements Protocol: EKS's.
func (RestJSON) Codes() Errors {
	return Errors{
		Throttled:       Error{Code: "ThrottlingException", Message: "Rate exceeded", Status: 429},
		Denied:          Error{Code: "AccessDeniedException", Status: 403},
		Broken:          Error{Code: "ServerException", Message: "Internal server error", Status: 500},
		Unavailable:     Error{Code: "ServiceUnavailableException", Message: "The service is unavailable. Back off and retry the operation.", Status: 503},
		BadSignature:    Error{Code: "InvalidSignatureException", Message: mismatch, Status: 403},
		UnknownKey:      Error{Code: "UnrecognizedClientException", Message: unknownKey, Status: 403},
		Expired:         Error{Code: "InvalidSignatureException", Message: expired, Status: 403},
		Unauthenticated: Error{Code: "MissingAuthenticationTokenException", Message: missing, Status: 403},
		Unknown:         Error{Code: "UnknownOperationException", Message: "Could not find operation", Status: 404},
	}
}
