package rehearsal

import (
	"crypto/rand"
	"encoding/base64"
	"math/big"

	"github.com/scaleproof/scaleproof/providers/eks/awsdouble"
)

// someone is a user with temporary credentials, which nobody has seen before:
// where they turn up, they were leaked.
func someone() awsdouble.Principal {
	return awsdouble.Principal{
		Account: digits(12), User: "rehearsal",
		Key:    "ASIA" + rand.Text()[:16], // base 32, as AWS' own
		Secret: secret(30),
		Token:  secret(240),
	}
}

// digits is a number of so many, the first of which is not 0.
func digits(n int64) string {
	least := new(big.Int).Exp(big.NewInt(10), big.NewInt(n-1), nil)
	number, err := rand.Int(rand.Reader, new(big.Int).Mul(least, big.NewInt(9)))
	if err != nil {
		panic(err) // crypto/rand itself never fails, and says so
	}
	return number.Add(number, least).String()
}

// secret is base 64 of so many bytes.
func secret(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // never fails
	return base64.StdEncoding.EncodeToString(random)
}
