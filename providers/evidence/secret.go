package evidence

const (
	// hidden stands where a secret may have been.
	hidden = "[redacted]"
	// lastApplied is kubectl's copy of an object, with all that is hidden here.
	lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
)

// hide takes out of an object what people write secrets into, however deep it
// lies: the values of containers' environment variables, of ours and of others.
// No shape tells such a secret.
func hide(value any) {
	switch value := value.(type) {
	case map[string]any:
		delete(value, lastApplied)
		for key, field := range value {
			if key == "env" {
				hideEnvironment(field)
			}
			hide(field)
		}
	case []any:
		for _, item := range value {
			hide(item)
		}
	}
}

func hideEnvironment(list any) {
	items, _ := list.([]any)
	for _, item := range items {
		if variable, ok := item.(map[string]any); ok && variable["value"] != nil {
			variable["value"] = hidden
		}
	}
}
