//! A job's linear memory and tables: counted, and held to the limits.

use wasmtime::ResourceLimiter;

use crate::limits::Limit;
use crate::text::size;
use crate::{Limits, Policy};

/// Memories of one component instance.
pub(crate) const MEMORIES_MAX: u32 = 4;
/// Tables of one component instance.
pub(crate) const TABLES_MAX: u32 = 8;
/// Core instances that make up one component instance. Python brings one for each of its native libraries.
pub(crate) const CORE_INSTANCES_MAX: u32 = 100;

/// Counts what a job has and remembers what it was denied,
/// because what the guest shows for a denied allocation is a bare trap.
#[derive(Debug)]
pub(crate) struct MemoryMeter {
    memory_bytes_max: usize,
    table_elements_max: usize,
    memory_bytes: usize,
    last_growth: usize,
    denied: Option<Limit>,
}

impl MemoryMeter {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            memory_bytes_max: limits.memory_bytes,
            table_elements_max: limits.table_elements,
            memory_bytes: 0,
            last_growth: 0,
            denied: None,
        }
    }

    /// The most memory that the job had, in bytes. Linear memory never shrinks.
    pub(crate) fn peak_bytes(&self) -> usize {
        self.memory_bytes
    }

    /// The limit that stood in the job's way last, in words.
    pub(crate) fn denial(&self, policy: &Policy) -> Option<String> {
        let limit = self.denied?;
        let what = match limit {
            Limit::TableElements => format!("table limit of {} elements exceeded", self.table_elements_max),
            _ => format!("memory limit of {} exceeded", size(self.memory_bytes_max as u64)),
        };
        Some(policy.met(limit, what))
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let total = self.memory_bytes.saturating_add(growth);
        if total > self.memory_bytes_max {
            self.denied = Some(Limit::MemoryBytes);
            return Ok(false);
        }
        self.memory_bytes = total;
        self.last_growth = growth;
        Ok(true)
    }

    /// The growth was within the limits but beyond the memory's own maximum or the system's.
    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory_bytes = self.memory_bytes.saturating_sub(std::mem::take(&mut self.last_growth));
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.table_elements_max {
            self.denied = Some(Limit::TableElements);
            return Ok(false);
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        CORE_INSTANCES_MAX as usize
    }

    fn memories(&self) -> usize {
        MEMORIES_MAX as usize
    }

    fn tables(&self) -> usize {
        TABLES_MAX as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meter() -> MemoryMeter {
        MemoryMeter::new(&Limits { memory_bytes: 1 << 20, table_elements: 100, ..Limits::default() })
    }

    fn denial(meter: &MemoryMeter) -> Option<String> {
        meter.denial(&Policy { component: "mailer".into(), ..Policy::default() })
    }

    #[test]
    fn memories_count_together() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 600 << 10, None).unwrap());
        assert!(!meter.memory_growing(0, 600 << 10, None).unwrap());
        assert_eq!(meter.peak_bytes(), 600 << 10);
        assert_eq!(
            denial(&meter).as_deref(),
            Some(
                "memory limit of 1 MiB exceeded: raise `memory_bytes` with `fermata worker grant mailer --memory SIZE`"
            )
        );
    }

    #[test]
    fn growth_that_failed_does_not_count() {
        let mut meter = meter();
        assert!(meter.memory_growing(0, 64 << 10, None).unwrap());
        assert!(meter.memory_growing(64 << 10, 1 << 20, Some(64 << 10)).unwrap());
        meter.memory_grow_failed(wasmtime::Error::msg("beyond its maximum")).unwrap();
        assert_eq!(meter.peak_bytes(), 64 << 10);
        assert_eq!(denial(&meter), None);
    }

    #[test]
    fn a_table_is_held_to_its_limit() {
        let mut meter = meter();
        assert!(meter.table_growing(0, 100, None).unwrap());
        assert!(!meter.table_growing(100, 101, None).unwrap());
        assert_eq!(
            denial(&meter).as_deref(),
            Some(
                "table limit of 100 elements exceeded: raise `table_elements` with \
                 `fermata worker grant mailer --limit table_elements=NUMBER`"
            )
        );
    }
}
