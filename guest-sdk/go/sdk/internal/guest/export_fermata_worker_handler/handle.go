//go:build wasip1

// Package export_fermata_worker_handler is what the generated code of the exported function calls; the generator names
// it.
package export_fermata_worker_handler

import (
	"time"

	"fermata/internal/bindings/fermata_worker_jobs"
	"fermata/internal/job"
	witTypes "fermata/internal/wit/types"
)

type result = witTypes.Result[fermata_worker_jobs.Outcome, fermata_worker_jobs.JobError]

// Handle does one job.
func Handle(given fermata_worker_jobs.Job) result {
	if job.Do == nil {
		return failed(fermata_worker_jobs.Failure{
			Message: "the component has no worker: call fermata.Serve from an init function",
			Retries: witTypes.Some(uint32(0)),
		})
	}
	raw := job.Raw{
		Key:            given.Key,
		Type:           given.JobType,
		Kind:           given.Kind,
		Variables:      given.Variables,
		IdempotencyKey: given.IdempotencyKey,
	}
	for _, header := range given.Headers {
		raw.Headers = append(raw.Headers, [2]string{header.F0, header.F1})
	}
	return resultOf(job.Do(raw))
}

func resultOf(outcome *job.Outcome) result {
	switch outcome.Kind {
	case job.Completed:
		return done(fermata_worker_jobs.MakeOutcomeCompleted(fermata_worker_jobs.Completion{
			Variables: outcome.Variables,
			Answer:    answerOf(outcome),
		}))
	case job.Again:
		return done(fermata_worker_jobs.MakeOutcomeAgain(milliseconds(outcome.Wait)))
	case job.Parked:
		return done(fermata_worker_jobs.MakeOutcomeParked(milliseconds(outcome.Wait)))
	case job.ThrewBPMNError:
		return witTypes.Err[fermata_worker_jobs.Outcome](fermata_worker_jobs.MakeJobErrorBpmn(
			fermata_worker_jobs.BpmnError{
				Code:      outcome.Code,
				Message:   outcome.Message,
				Variables: outcome.Variables,
			}))
	}
	failure := fermata_worker_jobs.Failure{
		Message:   outcome.Message,
		Code:      textOption(outcome.Code),
		Variables: textOption(outcome.Variables),
		Retries:   option(outcome.Retries),
	}
	if outcome.RetryAfter != nil {
		failure.RetryAfterMs = witTypes.Some(milliseconds(*outcome.RetryAfter))
	}
	return failed(failure)
}

func answerOf(outcome *job.Outcome) witTypes.Option[fermata_worker_jobs.Answer] {
	switch {
	case outcome.Allowed != nil:
		allowed := outcome.Allowed
		verdict := fermata_worker_jobs.MakeVerdictAllowed(fermata_worker_jobs.Corrections{
			Assignee:        option(allowed.Assignee),
			DueDate:         option(allowed.DueDate),
			FollowUpDate:    option(allowed.FollowUpDate),
			CandidateUsers:  option(allowed.CandidateUsers),
			CandidateGroups: option(allowed.CandidateGroups),
			Priority:        option(allowed.Priority),
		})
		return witTypes.Some(fermata_worker_jobs.MakeAnswerTaskListener(verdict))
	case outcome.Denied != nil:
		verdict := fermata_worker_jobs.MakeVerdictDenied(*outcome.Denied)
		return witTypes.Some(fermata_worker_jobs.MakeAnswerTaskListener(verdict))
	case outcome.Directed != nil:
		direction := fermata_worker_jobs.Direction{
			CompletionConditionFulfilled: outcome.Directed.CompletionConditionFulfilled,
			CancelRemainingInstances:     outcome.Directed.CancelRemainingInstances,
		}
		for _, activation := range outcome.Directed.Activate {
			direction.ActivateElements = append(direction.ActivateElements,
				fermata_worker_jobs.Activation{ElementId: activation.ElementID, Variables: activation.Variables})
		}
		return witTypes.Some(fermata_worker_jobs.MakeAnswerAdHocSubProcess(direction))
	}
	return witTypes.None[fermata_worker_jobs.Answer]()
}

func done(outcome fermata_worker_jobs.Outcome) result {
	return witTypes.Ok[fermata_worker_jobs.Outcome, fermata_worker_jobs.JobError](outcome)
}

func failed(failure fermata_worker_jobs.Failure) result {
	return witTypes.Err[fermata_worker_jobs.Outcome](fermata_worker_jobs.MakeJobErrorFailed(failure))
}

func option[T any](value *T) witTypes.Option[T] {
	if value == nil {
		return witTypes.None[T]()
	}
	return witTypes.Some(*value)
}

// textOption takes an empty text for none.
func textOption(text string) witTypes.Option[string] {
	if text == "" {
		return witTypes.None[string]()
	}
	return witTypes.Some(text)
}

// milliseconds are whole, and not too short.
func milliseconds(duration time.Duration) uint64 {
	whole := max(duration, 0)
	return uint64((whole + time.Millisecond - 1) / time.Millisecond)
}
