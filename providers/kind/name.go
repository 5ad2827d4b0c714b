package kind

import (
	"context"
	"fmt"
	"regexp"
)

// names are a label of DNS, short enough for what kind and we append to it.
var names = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

func checkName(name string) error {
	if !names.MatchString(name) {
		return fmt.Errorf("cluster name %q: use at most 40 lower-case letters, digits and dashes", name)
	}
	return nil
}

// Vacant tells why Up could make no cluster of that name on an engine that
// answers: it is no name, or something stands under it that is not ours. Up
// says so too, but only when all images are there.
func Vacant(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	found, err := look(ctx, name)
	if err != nil {
		return err
	}
	return found.taken()
}
