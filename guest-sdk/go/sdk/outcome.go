package fermata

import (
	"encoding/json"
	"time"

	"fermata/internal/job"
)

// Outcome is what a handler may return in place of variables.
type Outcome struct {
	outcome   job.Outcome
	variables any
	activates []Activation
}

// Again asks to run the job again after so long, for polling a slow service. The host bounds the wait on both sides. No
// retry is spent, unless the job has asked for it thousands of times.
func Again(after time.Duration) Outcome {
	return Outcome{outcome: job.Outcome{Kind: job.Again, Wait: after}}
}

// Parked says that somebody else completes the job, by webhook or API, within so long.
func Parked(within time.Duration) Outcome {
	return Outcome{outcome: job.Outcome{Kind: job.Parked, Wait: within}}
}

// Corrections are what a task listener puts in place of the user task's attributes. What is nil stays as it is; an empty
// text or list takes the attribute away.
type Corrections struct {
	Assignee *string
	// DueDate and FollowUpDate are dates and times as in ISO 8601.
	DueDate, FollowUpDate           *string
	CandidateUsers, CandidateGroups *[]string
	// Priority is from 0 to 100.
	Priority *uint8
}

// Allow lets a user task change, with corrections. A task listener that returns nil allows it as it is.
func Allow(corrections Corrections) Outcome {
	allowed := job.Corrections(corrections)
	return Outcome{outcome: job.Outcome{Kind: job.Completed, Allowed: &allowed}}
}

// Deny keeps a user task from changing. The text says why, for people.
func Deny(reason string) Outcome {
	return Outcome{outcome: job.Outcome{Kind: job.Completed, Denied: &reason}}
}

// Activation is an activity to activate in an ad-hoc sub-process.
type Activation struct {
	// ElementID is the id of the activity in the model.
	ElementID string
	// Variables is nil, or an object for the activity alone.
	Variables any
}

// Direction says what happens in an ad-hoc sub-process next.
type Direction struct {
	// Activate are the activities to activate, in this order.
	Activate []Activation
	// CompletionConditionFulfilled says that the sub-process is done: nothing more will be activated.
	CompletionConditionFulfilled bool
	// CancelRemainingInstances ends what is still active in it when it is done.
	CancelRemainingInstances bool
	// Variables is nil, or an object for the process.
	Variables any
}

// Direct says what happens in an ad-hoc sub-process next. A handler that returns nil activates nothing, and the
// sub-process goes on.
func Direct(direction Direction) Outcome {
	directed := &job.Direction{
		CompletionConditionFulfilled: direction.CompletionConditionFulfilled,
		CancelRemainingInstances:     direction.CancelRemainingInstances,
	}
	return Outcome{
		outcome:   job.Outcome{Kind: job.Completed, Directed: directed},
		variables: direction.Variables,
		activates: direction.Activate,
	}
}

// outcomeOf is the outcome that a handler's result means.
func outcomeOf(result any) (*job.Outcome, *Failure) {
	given, isOutcome := result.(Outcome)
	if !isOutcome {
		given = Outcome{outcome: job.Outcome{Kind: job.Completed}, variables: result}
	}
	outcome := given.outcome
	var failure *Failure
	if outcome.Variables, failure = objectOf(given.variables, "the worker's variables"); failure != nil {
		return nil, failure
	}
	if outcome.Allowed != nil && outcome.Allowed.Priority != nil && *outcome.Allowed.Priority > priorityMax {
		return nil, Failed("a priority is from 0 to %d, not %d", priorityMax, *outcome.Allowed.Priority).NoRetries()
	}
	for _, activation := range given.activates {
		variables, failure := objectOf(activation.Variables, "the variables of an activity")
		if failure != nil {
			return nil, failure
		}
		outcome.Directed.Activate = append(outcome.Directed.Activate,
			job.Activation{ElementID: activation.ElementID, Variables: variables})
	}
	return &outcome, nil
}

const priorityMax = 100

// objectOf writes an object as JSON; nil is one without members.
func objectOf(value any, what string) (string, *Failure) {
	text, err := json.Marshal(value)
	if err != nil {
		return "", Failed("%s cannot be written as JSON: %w", what, err).NoRetries()
	}
	if string(text) == "null" {
		return "{}", nil
	}
	if text[0] != '{' {
		return "", Failed("%s are not a JSON object but %s", what, kindOf(text[0])).NoRetries()
	}
	return string(text), nil
}

func kindOf(first byte) string {
	switch first {
	case '[':
		return "an array"
	case '"':
		return "a text"
	case 't', 'f':
		return "true or false"
	}
	return "a number"
}
