// Package host is what a worker asks of its host: the WebAssembly imports, or a test's stand-in for them.
package host

import "time"

// Host answers a worker while it does a job.
type Host interface {
	Log(level Level, message string, fields []Pair)

	Attempt() uint32
	RetriesLeft() uint32
	Deadline() time.Time
	ProcessInstanceKey() string
	ProcessDefinitionKey() string
	ProcessDefinitionID() string
	ProcessDefinitionVersion() uint32
	ElementID() string
	ElementInstanceKey() string
	TenantID() string

	// Config reports whether the setting has a value.
	Config(key string) (string, bool, error)

	SecretPlaceholder(name string) (string, error)
	RevealSecret(name string) (string, error)

	// Checkpoint returns nil where nothing is stored.
	Checkpoint() (*Saved, error)
	SaveCheckpoint(value []byte) error

	BeginEffect(name string, digest []byte) (Effect, error)
	FinishEffect(name string, answer []byte) error

	Send(request *Request) (*Response, error)
}

// Current is the host of the job that is done at the moment. A component has one from its start.
var Current Host

// Level says how much a log record matters, least first.
type Level uint8

// The levels, as the host counts them.
const (
	Trace Level = iota
	Debug
	Info
	Warn
	Error
)

// Pair is a name with a value.
type Pair struct{ Name, Value string }

// Saved is a checkpoint as it was stored.
type Saved struct {
	Value         []byte
	WriterVersion string
	Attempt       uint32
}

// EffectState says what is known about a call.
type EffectState uint8

// What may be known about a call.
const (
	EffectFresh EffectState = iota
	EffectUnknown
	EffectAnswered
)

// Effect is what is known about a call.
type Effect struct {
	State     EffectState
	VendorKey string
	Answer    []byte
}

// Request is an HTTP request with its whole body.
type Request struct {
	Method       string
	Secure       bool
	Authority    string
	PathAndQuery string
	Headers      []Pair
	Body         []byte
	Timeout      time.Duration
	BodyBytesMax int64
}

// Response is an answer with its whole body.
type Response struct {
	Status  int
	Headers []Pair
	Body    []byte
}
