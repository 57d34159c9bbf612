//! What is left of an evaluation's limits.

use crate::environment::Limits;
use crate::error::EvaluationError;

/// Counts down steps, memory and depth.
pub(crate) struct Budget {
    limits: Limits,
    steps_left: u64,
    memory_left: u64,
    depth: u32,
}

impl Budget {
    pub(super) fn new(limits: &Limits) -> Budget {
        Budget {
            limits: *limits,
            steps_left: limits.steps_max,
            memory_left: limits.memory_bytes_max,
            depth: 0,
        }
    }

    /// The steps taken so far.
    pub(super) fn steps_taken(&self) -> u64 {
        self.limits.steps_max - self.steps_left
    }

    /// One more step.
    #[inline]
    pub(crate) fn step(&mut self) -> Result<(), EvaluationError> {
        self.step_by(1)
    }

    /// So many more steps.
    #[inline]
    pub(crate) fn step_by(&mut self, steps: u64) -> Result<(), EvaluationError> {
        match self.steps_left.checked_sub(steps) {
            Some(left) => {
                self.steps_left = left;
                Ok(())
            }
            None => Err(EvaluationError::StepsExceeded { steps_max: self.limits.steps_max }),
        }
    }

    /// The steps for going through `bytes` of text once.
    #[inline]
    pub(crate) fn read(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.step_by((bytes / Limits::TEXT_BYTES_PER_STEP) as u64)
    }

    /// The steps for looking through `bytes` of JSON once.
    #[inline]
    pub(crate) fn scan(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.step_by((bytes / Limits::JSON_BYTES_PER_STEP) as u64)
    }

    /// So many more bytes.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        match self.memory_left.checked_sub(bytes as u64) {
            Some(left) => {
                self.memory_left = left;
                Ok(())
            }
            None => Err(EvaluationError::MemoryExceeded { memory_bytes_max: self.limits.memory_bytes_max }),
        }
    }

    /// One level deeper, until [`Budget::leave`]. After an error the evaluation ends and depth no longer counts.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), EvaluationError> {
        self.depth += 1;
        self.check_depth(self.depth)
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Whether something may nest so many levels.
    #[inline]
    pub(crate) fn check_depth(&self, depth: u32) -> Result<(), EvaluationError> {
        if depth > self.limits.depth_max {
            return Err(EvaluationError::DepthExceeded { depth_max: self.limits.depth_max });
        }
        Ok(())
    }
}
