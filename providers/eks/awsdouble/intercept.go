package awsdouble

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The double is also an HTTPS proxy that answers for every name of AWS itself,
// for programs that take no other endpoint: aws-iam-authenticator asks the STS
// that a token names. Such a program is given HTTPS_PROXY, which is the
// double's URL, and SSL_CERT_FILE, which holds Server.Authority.

// authority signs certificates for names of AWS.
type authority struct {
	key         *ecdsa.PrivateKey
	certificate *x509.Certificate
	pem         []byte
}

// valid is how long a certificate of the double is.
const valid = 24 * time.Hour

// newAuthority makes one; only the machine's source of randomness can fail.
func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	a := &authority{key: key, certificate: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "scaleproof double of AWS"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(valid), KeyUsage: x509.KeyUsageCertSign,
	}}
	der, err := x509.CreateCertificate(rand.Reader, a.certificate, a.certificate, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	a.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return a, nil
}

// certify makes a certificate for the name a client asks for.
func (a *authority) certify(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: a.certificate.Subject, DNSNames: []string{hello.ServerName},
		NotBefore: a.certificate.NotBefore, NotAfter: a.certificate.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, a.certificate, &a.key.PublicKey, a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, nil
}

// Authority is, in PEM, who signs for names of AWS where the double is used as
// a proxy.
func (s *Server) Authority() ([]byte, error) {
	a, err := s.authority()
	if err != nil {
		return nil, fmt.Errorf("a certificate authority for the double of AWS: %w", err)
	}
	return a.pem, nil
}

// connect answers CONNECT: it speaks as the host that was asked for.
func (s *Server) connect(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil || !strings.HasSuffix(host, ".amazonaws.com") {
		http.Error(w, fmt.Sprintf("the double is a proxy for names of AWS only, not for %q", r.Host), http.StatusForbidden)
		return
	}
	a, err := s.authority()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := buffered.WriteString("HTTP/1.1 200 Connection established\r\n\r\n"); err != nil || buffered.Flush() != nil {
		_ = conn.Close() // there is nobody to tell
		return
	}
	secure := tls.Server(&unread{conn, buffered.Reader}, &tls.Config{GetCertificate: a.certify, MinVersion: tls.VersionTLS12})
	only := &single{conn: secure, done: make(chan struct{})}
	server := &http.Server{Handler: s, ReadHeaderTimeout: patience, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			_ = only.Close() // never fails
		}
	}}
	_ = server.Serve(only) // ends when the connection does
}

// unread is a connection of which something was read into a buffer already.
type unread struct {
	net.Conn
	reader *bufio.Reader
}

func (u *unread) Read(p []byte) (int, error) { return u.reader.Read(p) }

// single is a listener that has one connection, and ends with it.
type single struct {
	conn     net.Conn
	accepted bool
	once     sync.Once
	done     chan struct{}
}

// Accept implements net.Listener.
func (s *single) Accept() (net.Conn, error) {
	if !s.accepted {
		s.accepted = true
		return s.conn, nil
	}
	<-s.done
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (s *single) Close() error {
	s.once.Do(func() { close(s.done) })
	return nil
}

// Addr implements net.Listener.
func (s *single) Addr() net.Addr { return s.conn.LocalAddr() }
