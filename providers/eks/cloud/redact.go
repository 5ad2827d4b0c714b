package cloud

import "regexp"

// hidden stands where something private was.
const hidden = "[redacted]"

// private are the shapes in which AWS tells of accounts, keys and sessions. The
// first group of each is kept, and the second one where there is one.
var private = []*regexp.Regexp{
	regexp.MustCompile(`(arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:)[0-9]{12}()`),
	regexp.MustCompile(`()\b[0-9]{12}(\.dkr\.ecr\.)`),
	regexp.MustCompile(`(?i)(\baccount(?: ?id)?["']?\s*[:=]?\s*["'(]*)[0-9]{12}()\b`),
	regexp.MustCompile(`(\bk8s-aws-v1\.)[A-Za-z0-9_=-]+()`),
	regexp.MustCompile(`(?i)(X-Amz-(?:Credential|Signature|Security-Token)=)[^&\s"']+()`),
	regexp.MustCompile(`(?i)(Encoded authorization failure message: )\S+()`),
	regexp.MustCompile(`()\bA(?:KIA|SIA)[A-Z0-9]{16}()\b`),
}

// Redact returns the text without what looks like an account id, a key or a
// token of AWS.
func Redact(text string) string {
	for _, shape := range private {
		text = shape.ReplaceAllString(text, "${1}"+hidden+"${2}")
	}
	return text
}

// sealed is an error without what is private.
type sealed struct {
	err    error
	redact func(string) string
}

// Seal makes an error whose text has gone through Redact.
func Seal(err error) error {
	if err == nil {
		return nil
	}
	return sealed{err, Redact}
}

func (s sealed) Error() string { return s.redact(s.err.Error()) }

// Unwrap is for errors.Is and errors.As.
func (s sealed) Unwrap() error { return s.err }
