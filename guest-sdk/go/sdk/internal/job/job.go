// Package job is the job and its outcome between the exported function, or a test, and the package fermata.
package job

import "time"

// Raw is a job as it comes from the host.
type Raw struct {
	Key, Type      string
	Kind           uint8
	Variables      string
	Headers        [][2]string
	IdempotencyKey string
}

// Kind says how a job ends.
type Kind uint8

// How a job ends.
const (
	Completed Kind = iota
	Again
	Parked
	ThrewBPMNError
	Failed
)

// Outcome is how a job ended. Variables are written JSON.
type Outcome struct {
	Kind Kind
	// Variables is empty where a failure has none.
	Variables string
	Wait      time.Duration

	// Of BPMN errors and failures. The code of a failure may be empty.
	Code, Message string
	// Of failures.
	Retries    *uint32
	RetryAfter *time.Duration

	// At most one of them is there, beside variables.
	Allowed  *Corrections
	Denied   *string
	Directed *Direction
}

// Corrections are what a task listener puts in place of the user task's attributes.
type Corrections struct {
	Assignee                        *string
	DueDate, FollowUpDate           *string
	CandidateUsers, CandidateGroups *[]string
	Priority                        *uint8
}

// Activation is an activity to activate.
type Activation struct{ ElementID, Variables string }

// Direction says what happens in an ad-hoc sub-process next.
type Direction struct {
	Activate                     []Activation
	CompletionConditionFulfilled bool
	CancelRemainingInstances     bool
}

// Do does a job. The package fermata sets it.
var Do func(raw Raw) *Outcome
