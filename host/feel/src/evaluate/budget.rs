//! What is left of an evaluation's limits.

use crate::environment::Limits;
use crate::error::EvaluationError;
use crate::value::Context;

/// Entries that are compared with a name in the time of one step.
const ENTRIES_PER_STEP: u64 = 8;

/// Counts down steps, memory and depth.
pub(crate) struct Budget {
    limits: Limits,
    steps_left: u64,
    memory_left: u64,
    depth: u32,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Budget {
        Budget {
            limits: *limits,
            steps_left: limits.steps_max,
            memory_left: limits.memory_bytes_max,
            depth: 0,
        }
    }

    /// The steps taken so far.
    pub(crate) fn steps_taken(&self) -> u64 {
        self.limits.steps_max - self.steps_left
    }

    /// The bytes made so far.
    pub(super) fn memory_taken(&self) -> u64 {
        self.limits.memory_bytes_max - self.memory_left
    }

    /// What is left, for an evaluation inside of this one.
    pub(super) fn limits_left(&self) -> Limits {
        Limits {
            steps_max: self.steps_left,
            depth_max: self.limits.depth_max.saturating_sub(self.depth),
            memory_bytes_max: self.memory_left,
            warnings_max: self.limits.warnings_max,
        }
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

    /// The steps for looking up the entry called `name`.
    pub(crate) fn search(&mut self, context: &Context<'_>, name: &str) -> Result<(), EvaluationError> {
        self.read(name.len())?;
        match context.raw() {
            Some(raw) => self.scan(raw.len()),
            None => self.step_by(context.len() as u64 / ENTRIES_PER_STEP),
        }
    }

    /// So many more bytes.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<(), EvaluationError> {
        self.allocate_bytes(bytes as u64)
    }

    /// So many more bytes, as another evaluation has counted them.
    pub(super) fn allocate_bytes(&mut self, bytes: u64) -> Result<(), EvaluationError> {
        match self.memory_left.checked_sub(bytes) {
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
