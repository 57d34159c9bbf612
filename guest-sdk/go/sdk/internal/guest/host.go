//go:build wasip1

// Package guest is the host as a component has it: its imports.
package guest

import (
	"time"

	"fermata/internal/bindings/fermata_host_checkpoint"
	"fermata/internal/bindings/fermata_host_effects"
	"fermata/internal/bindings/fermata_host_job_context"
	"fermata/internal/bindings/fermata_host_log"
	"fermata/internal/bindings/fermata_host_secrets"
	"fermata/internal/bindings/wasi_config_store"
	"fermata/internal/host"
	witTypes "fermata/internal/wit/types"

	// The exported function.
	_ "fermata/internal/bindings/wit_exports"
)

// Imports answers from the component's imports.
type Imports struct{}

func init() { host.Current = Imports{} }

// Log writes a record.
func (Imports) Log(level host.Level, message string, fields []host.Pair) {
	pairs := make([]witTypes.Tuple2[string, string], 0, len(fields))
	for _, field := range fields {
		pairs = append(pairs, witTypes.Tuple2[string, string]{F0: field.Name, F1: field.Value})
	}
	// The host counts the levels as the package host does.
	fermata_host_log.Write(uint8(level), message, pairs)
}

func (Imports) Attempt() uint32     { return fermata_host_job_context.Attempt() }
func (Imports) RetriesLeft() uint32 { return fermata_host_job_context.RetriesLeft() }
func (Imports) Deadline() time.Time {
	return time.UnixMilli(int64(fermata_host_job_context.DeadlineMs()))
}
func (Imports) ProcessInstanceKey() string   { return fermata_host_job_context.ProcessInstanceKey() }
func (Imports) ProcessDefinitionKey() string { return fermata_host_job_context.ProcessDefinitionKey() }
func (Imports) ProcessDefinitionID() string  { return fermata_host_job_context.ProcessDefinitionId() }
func (Imports) ProcessDefinitionVersion() uint32 {
	return fermata_host_job_context.ProcessDefinitionVersion()
}
func (Imports) ElementID() string          { return fermata_host_job_context.ElementId() }
func (Imports) ElementInstanceKey() string { return fermata_host_job_context.ElementInstanceKey() }
func (Imports) TenantID() string           { return fermata_host_job_context.TenantId() }

// Config reports whether the setting has a value.
func (Imports) Config(key string) (string, bool, error) {
	found := wasi_config_store.Get(key)
	if found.IsErr() {
		why := found.Err()
		text := ""
		if why.Tag() == wasi_config_store.ErrorUpstream {
			text = why.Upstream()
		} else {
			text = why.Io()
		}
		return "", false, host.Fail(host.Unavailable, "the settings cannot be read: %s", text)
	}
	value := found.Ok()
	return value.SomeOr(""), value.IsSome(), nil
}

// SecretPlaceholder returns a token for a secret.
func (Imports) SecretPlaceholder(name string) (string, error) {
	return secretOf(fermata_host_secrets.Placeholder(name))
}

// RevealSecret returns a secret.
func (Imports) RevealSecret(name string) (string, error) {
	return secretOf(fermata_host_secrets.Reveal(name))
}

func secretOf(found witTypes.Result[string, fermata_host_secrets.Error]) (string, error) {
	if found.IsOk() {
		return found.Ok(), nil
	}
	why := found.Err()
	if why.Tag() == fermata_host_secrets.ErrorNotSet {
		return "", host.Fail(host.NotSet, "%s", why.NotSet())
	}
	return "", host.Fail(host.NotGranted, "%s", why.NotGranted())
}

// Checkpoint returns nil where nothing is stored.
func (Imports) Checkpoint() (*host.Saved, error) {
	found := fermata_host_checkpoint.Get()
	if found.IsErr() {
		return nil, checkpointFailed(found.Err())
	}
	if found.Ok().IsNone() {
		return nil, nil
	}
	saved := found.Ok().Some()
	return &host.Saved{Value: saved.Value, WriterVersion: saved.WriterVersion, Attempt: saved.Attempt}, nil
}

// SaveCheckpoint stores a checkpoint.
func (Imports) SaveCheckpoint(value []byte) error {
	if put := fermata_host_checkpoint.Put(value); put.IsErr() {
		return checkpointFailed(put.Err())
	}
	return nil
}

func checkpointFailed(why fermata_host_checkpoint.Error) error {
	switch why.Tag() {
	case fermata_host_checkpoint.ErrorSuperseded:
		return host.Fail(host.Superseded, "the checkpoint is refused: a later attempt of this job has started")
	case fermata_host_checkpoint.ErrorTooLarge:
		return host.Fail(host.TooLarge, "the checkpoint has more than %d bytes", why.TooLarge())
	}
	return host.Fail(host.Unavailable, "the checkpoint store did not answer: %s", why.Unavailable())
}

// BeginEffect records the intent to make a call.
func (Imports) BeginEffect(name string, digest []byte) (host.Effect, error) {
	begun := fermata_host_effects.Begin(name, digest)
	if begun.IsErr() {
		return host.Effect{}, effectFailed(begun.Err())
	}
	known := begun.Ok()
	switch known.Tag() {
	case fermata_host_effects.BegunFresh:
		return host.Effect{State: host.EffectFresh, VendorKey: known.Fresh()}, nil
	case fermata_host_effects.BegunUnknown:
		return host.Effect{State: host.EffectUnknown, VendorKey: known.Unknown()}, nil
	}
	return host.Effect{State: host.EffectAnswered, Answer: known.Answered()}, nil
}

// FinishEffect records the answer to a call.
func (Imports) FinishEffect(name string, answer []byte) error {
	if finished := fermata_host_effects.Finish(name, answer); finished.IsErr() {
		return effectFailed(finished.Err())
	}
	return nil
}

func effectFailed(why fermata_host_effects.Error) error {
	switch why.Tag() {
	case fermata_host_effects.ErrorNotOffered:
		return host.Fail(host.NotOffered, "%s", why.NotOffered())
	case fermata_host_effects.ErrorDigestDiffers:
		return host.Fail(host.DigestDiffers, "the call was begun before with another content")
	case fermata_host_effects.ErrorNotBegun:
		return host.Fail(host.NotBegun, "the call was not begun in this job")
	case fermata_host_effects.ErrorSuperseded:
		return host.Fail(host.Superseded, "the effect is refused: a later attempt of this job has started")
	case fermata_host_effects.ErrorTooLarge:
		return host.Fail(host.TooLarge, "the answer has more than %d bytes", why.TooLarge())
	}
	return host.Fail(host.Unavailable, "the effect store did not answer: %s", why.Unavailable())
}
