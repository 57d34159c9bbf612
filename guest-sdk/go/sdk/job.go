package fermata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Kind says what in a model asks for the work.
type Kind uint8

const (
	// Task is a task.
	Task Kind = iota
	// ExecutionListener is told that an element of the model is about to begin, to end or to be canceled.
	ExecutionListener
	// TaskListener is told that a user task is about to change: answer with [Allow] or [Deny].
	TaskListener
	// AdHocSubProcess asks what happens in it next: answer with [Direct].
	AdHocSubProcess
)

// Job is what a model asks a worker to do. What the host knows beyond it is in [Attempt], [ElementID] and the like.
type Job struct {
	// Key is a decimal number, the same in every attempt.
	Key string
	// Type is what the model gives; it chose this component.
	Type string
	Kind Kind
	// Variables is the input by name.
	Variables map[string]json.RawMessage
	// Headers are the task's, constant in the model, in its order.
	Headers []Header
	// IdempotencyKey is the same in every attempt of this job and in no other job: send it to vendors that recognise
	// repeated calls. It is not a secret.
	IdempotencyKey string
}

// Header is a task header.
type Header struct{ Name, Value string }

// Header returns the value of a task header, and whether there is one.
func (job *Job) Header(name string) (string, bool) {
	for _, header := range job.Headers {
		if header.Name == name {
			return header.Value, true
		}
	}
	return "", false
}

// Decode reads all variables into a struct, as encoding/json does. What does not fit is a failure without retries: the
// same input would fail again.
func (job *Job) Decode(variables any) error {
	text, err := json.Marshal(job.Variables)
	if err == nil {
		err = json.Unmarshal(text, variables)
	}
	if err != nil {
		return Failed("the job's variables do not fit this worker: %w", err).NoRetries()
	}
	return nil
}

// Variable reads a variable that must be there and fit. Otherwise the error, a failure without retries, names it.
// null is taken for missing, unless T is a pointer. A whole number may be written with a point or exponent, as in 7.0.
func Variable[T any](job *Job, name string) (T, error) {
	var value T
	text, present := job.Variables[name]
	isNull := bytes.Equal(bytes.TrimSpace(text), []byte("null")) && reflect.TypeFor[T]().Kind() != reflect.Pointer
	if !present || isNull {
		return value, Failed("variable `%s` is missing", name).NoRetries()
	}
	if digits, isWhole := wholeNumber(string(bytes.TrimSpace(text))); isWhole && isInteger(reflect.TypeFor[T]()) {
		text = []byte(digits)
	}
	if err := json.Unmarshal(text, &value); err != nil {
		var nothing T
		return nothing, Failed("variable `%s` is not %s", name, describe(reflect.TypeFor[T](), err)).NoRetries()
	}
	return value, nil
}

func describe(wanted reflect.Type, err error) string {
	if isInteger(wanted) {
		return "a whole number"
	}
	switch wanted.Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	return fmt.Sprintf("what this worker reads: %v", err)
}

func isInteger(wanted reflect.Type) bool {
	return wanted.Kind() >= reflect.Int && wanted.Kind() <= reflect.Uint64
}
