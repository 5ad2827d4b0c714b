// Package signature verifies AWS Signature Version 4 from the side of a
// service: it computes a request's signature anew, from the specification and
// without the SDK's signer, which is what it checks.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Algorithm is the only one there is for requests signed with a secret.
const Algorithm = "AWS4-HMAC-SHA256"

// Skew is how far a request's time may be from the service's, either way.
const Skew = 15 * time.Minute

// layout is that of X-Amz-Date.
const layout = "20060102T150405Z"

// The ways in which a signature is wrong.
var (
	// ErrMissing is a request that is not signed, or not readably.
	ErrMissing = errors.New("the request is not signed")
	// ErrMismatch is a signature that another secret or another request made.
	ErrMismatch = errors.New("the signature does not match")
	// ErrExpired is a signature that is too old, or not yet valid.
	ErrExpired = errors.New("the signature has expired")
)

// Claim is what a signed request says of itself, before it is verified.
type Claim struct {
	// Key is the access key id.
	Key string
	// Date, Region and Service are the credential scope.
	Date, Region, Service string
	// Token is the session token, if there is one.
	Token string
	// Presigned tells that the signature is in the URL.
	Presigned bool

	headers   []string
	signature string
	time      string
	expires   time.Duration
}

// Read returns what the request claims, or ErrMissing.
func Read(r *http.Request) (*Claim, error) {
	query := r.URL.Query()
	if query.Get("X-Amz-Algorithm") == Algorithm {
		claim := &Claim{
			Presigned: true, Token: query.Get("X-Amz-Security-Token"), time: query.Get("X-Amz-Date"),
			headers: strings.Split(query.Get("X-Amz-SignedHeaders"), ";"), signature: query.Get("X-Amz-Signature"),
		}
		if seconds, err := time.ParseDuration(query.Get("X-Amz-Expires") + "s"); err == nil {
			claim.expires = seconds
		}
		return claim, claim.scope(query.Get("X-Amz-Credential"))
	}
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), Algorithm+" ")
	if !ok {
		return nil, ErrMissing
	}
	parts := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parts[name] = value
	}
	claim := &Claim{
		Token: r.Header.Get("X-Amz-Security-Token"), time: r.Header.Get("X-Amz-Date"),
		headers: strings.Split(parts["SignedHeaders"], ";"), signature: parts["Signature"],
	}
	return claim, claim.scope(parts["Credential"])
}

func (c *Claim) scope(credential string) error {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 || parts[4] != "aws4_request" {
		return fmt.Errorf("%w: credential scope", ErrMissing)
	}
	c.Key, c.Date, c.Region, c.Service = parts[0], parts[1], parts[2], parts[3]
	return nil
}

// Verify tells whether the request was signed with that secret, near now.
func (c *Claim) Verify(r *http.Request, payload []byte, secret string, now time.Time) error {
	at, err := time.Parse(layout, c.time)
	if err != nil || !strings.HasPrefix(c.time, c.Date) {
		return fmt.Errorf("%w: date", ErrMissing)
	}
	if !slices.Contains(c.headers, "host") {
		return fmt.Errorf("%w: host is not signed", ErrMismatch)
	}
	canonical := c.canonical(r, payload)
	scope := strings.Join([]string{c.Date, c.Region, c.Service, "aws4_request"}, "/")
	text := strings.Join([]string{Algorithm, c.time, scope, digest([]byte(canonical))}, "\n")
	key := []byte("AWS4" + secret)
	for _, part := range []string{c.Date, c.Region, c.Service, "aws4_request"} {
		key = sum(key, part)
	}
	if !hmac.Equal([]byte(hex.EncodeToString(sum(key, text))), []byte(c.signature)) {
		return ErrMismatch
	}
	// A presigned one is valid for as long as it says; EKS's tokens say 60 s and
	// STS takes them for 15 minutes all the same.
	if d := now.Sub(at); d > max(Skew, c.expires) || d < -Skew {
		return ErrExpired
	}
	return nil
}

// canonical is the request as the specification writes it down.
func (c *Claim) canonical(r *http.Request, payload []byte) string {
	var headers strings.Builder
	for _, name := range c.headers {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		headers.WriteString(name + ":" + strings.Join(strings.Fields(value), " ") + "\n")
	}
	return strings.Join([]string{
		r.Method, escape(r.URL.EscapedPath(), true), canonicalQuery(r.URL.Query()),
		headers.String(), strings.Join(c.headers, ";"), digest(payload),
	}, "\n")
}

// canonicalQuery sorts names, and the values of each, as they are encoded.
func canonicalQuery(query url.Values) string {
	encoded := map[string][]string{}
	for name, values := range query {
		for _, value := range values {
			encoded[escape(name, false)] = append(encoded[escape(name, false)], escape(value, false))
		}
	}
	delete(encoded, "X-Amz-Signature")
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(encoded)) {
		for _, value := range slices.Sorted(slices.Values(encoded[name])) {
			pairs = append(pairs, name+"="+value)
		}
	}
	return strings.Join(pairs, "&")
}

// escape percent-encodes all but the unreserved characters, and slashes if they
// are to be kept. A path arrives encoded once; every service but S3 signs it
// encoded twice.
func escape(text string, slashes bool) string {
	var b strings.Builder
	for i := range len(text) {
		switch ch := text[i]; {
		case 'a' <= ch && ch <= 'z', 'A' <= ch && ch <= 'Z', '0' <= ch && ch <= '9', strings.IndexByte("-_.~", ch) >= 0, ch == '/' && slashes:
			b.WriteByte(ch)
		default:
			fmt.Fprintf(&b, "%%%02X", ch)
		}
	}
	return b.String()
}

func digest(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:])
}

func sum(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
