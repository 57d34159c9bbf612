package fermata

import (
	"encoding/json"
	"time"

	"fermata/internal/host"
)

// Attempt is the number of this attempt, from 1.
func Attempt() uint32 { return host.Current.Attempt() }

// RetriesLeft is how many attempts are left if this one fails; 0 means that a failure raises an incident.
func RetriesLeft() uint32 { return host.Current.RetriesLeft() }

// Deadline is when this attempt is over at the latest. The host may stop it earlier, for computing too long.
func Deadline() time.Time { return host.Current.Deadline() }

// ProcessInstanceKey is a decimal number.
func ProcessInstanceKey() string { return host.Current.ProcessInstanceKey() }

// ProcessDefinitionKey is the key of the deployed process version, a decimal number.
func ProcessDefinitionKey() string { return host.Current.ProcessDefinitionKey() }

// ProcessDefinitionID is the id of the process in its model.
func ProcessDefinitionID() string { return host.Current.ProcessDefinitionID() }

// ProcessDefinitionVersion is the version of the process, from 1.
func ProcessDefinitionVersion() uint32 { return host.Current.ProcessDefinitionVersion() }

// ElementID is the id of the task in its model.
func ElementID() string { return host.Current.ElementID() }

// ElementInstanceKey is the key of this run through the task, a decimal number.
func ElementInstanceKey() string { return host.Current.ElementInstanceKey() }

// TenantID is the tenant that owns the process instance; <default> without multi-tenancy.
func TenantID() string { return host.Current.TenantID() }

// Setting returns a setting that must be there: the value that the operator set, or else the manifest's default. Where
// there is neither, the error, a failure without retries, names it.
func Setting(key string) (string, error) {
	value, present, err := LookupSetting(key)
	if err == nil && !present {
		err = Failed("setting `%s` is missing", key).NoRetries()
	}
	return value, err
}

// LookupSetting returns a setting, and whether there is one.
func LookupSetting(key string) (value string, present bool, err error) {
	if err := host.CheckName(key); err != nil {
		return "", false, err
	}
	return host.Current.Config(key)
}

// Secret returns a token that the host replaces by the secret in outgoing requests: only towards the hosts that the
// secret is bound to, and only in the headers of its grant. It means nothing anywhere else.
func Secret(name string) (string, error) {
	if err := host.CheckName(name); err != nil {
		return "", err
	}
	return host.Current.SecretPlaceholder(name)
}

// RevealSecret returns the secret itself, for uses that a header cannot serve, such as signing. It needs a grant of its
// own.
func RevealSecret(name string) (string, error) {
	if err := host.CheckName(name); err != nil {
		return "", err
	}
	return host.Current.RevealSecret(name)
}

// Checkpoint reads the value stored last for this job, by any attempt, as JSON into value, and reports whether there
// was one.
func Checkpoint(value any) (bool, error) {
	saved, err := SavedCheckpoint(value)
	return saved != nil, err
}

// Saved says who stored a checkpoint.
type Saved struct {
	// WriterVersion is the version of the component: another version may read an older one's value.
	WriterVersion string
	// Attempt is the attempt of the job.
	Attempt uint32
}

// SavedCheckpoint reads the checkpoint as [Checkpoint] does, and returns who stored it; nil when there was none.
func SavedCheckpoint(value any) (*Saved, error) {
	saved, err := host.Current.Checkpoint()
	if err != nil || saved == nil {
		return nil, err
	}
	if err := json.Unmarshal(saved.Value, value); err != nil {
		return nil, Failed("version %s stored another kind of checkpoint: %w", saved.WriterVersion, err).NoRetries()
	}
	return &Saved{WriterVersion: saved.WriterVersion, Attempt: saved.Attempt}, nil
}

// SaveCheckpoint stores a value as JSON in place of the previous one. It is durable when the function returns.
func SaveCheckpoint(value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return Failed("the checkpoint cannot be written as JSON: %w", err).NoRetries()
	}
	return host.Current.SaveCheckpoint(text)
}

// Effect is what is known about a call to the outside that must not happen twice.
type Effect = host.Effect

const (
	// EffectFresh: the call was never made. Send the vendor key to the vendor.
	EffectFresh = host.EffectFresh
	// EffectUnknown: it was begun under the vendor key and no answer was recorded. Repeat it with the key, or ask the
	// vendor.
	EffectUnknown = host.EffectUnknown
	// EffectAnswered: it was answered; do not call again.
	EffectAnswered = host.EffectAnswered
)

// BeginEffect records the intent to make a call, whose name is unique within the job. The digest identifies the call's
// content, so that a changed call under an old name is noticed.
func BeginEffect(name string, digest []byte) (Effect, error) {
	if err := host.CheckName(name); err != nil {
		return Effect{}, err
	}
	return host.Current.BeginEffect(name, digest)
}

// FinishEffect records the answer to a call.
func FinishEffect(name string, answer []byte) error {
	if err := host.CheckName(name); err != nil {
		return err
	}
	return host.Current.FinishEffect(name, answer)
}
