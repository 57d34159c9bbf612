//! Jobs that wait in memory for a component of this host, fairly by job type and partition.
//!
//! The jobs of one type in one partition are a *line*. They come from commits as long as there is room. What does not fit
//! stays in the rows, and its line is marked: from then on the line's jobs come from the rows alone, in the order of their
//! places, until a look at the rows has met its end with nothing added meanwhile. So no job is passed over, and old ones are
//! not overtaken.
//!
//! Every line has its turn: see [`Turns`].

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroU16;

use store::JobPlace;
use types::{JobKey, Key, PartitionId, SharedStr, TenantId};

use super::turns::{ComponentKey, Share, Turns};
use crate::inbox::DescribedJob;

/// Jobs of one line that wait in memory at most.
pub(super) const QUEUED_PER_LINE_MAX: usize = 512;

/// What all jobs that wait in memory may take, in bytes, roughly.
const QUEUED_BYTES_MAX: usize = 64 << 20;

/// What a job takes beside its variables, in bytes, roughly.
const BYTES_PER_JOB: usize = 500;

/// A tenant's job type.
pub(super) type TypeKey = (TenantId, SharedStr);

/// The jobs of one type in one partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Line {
    pub(super) partition: PartitionId,
    pub(super) job_type: TypeKey,
}

/// See the module.
pub(super) struct Queues {
    lines: HashMap<Line, VecDeque<(u64, DescribedJob)>>,
    /// Looks at the rows that are not at their end.
    scans: BTreeMap<Line, Scan>,
    /// Whose rows were looked at last.
    looked_at: Option<Line>,
    /// Lines with jobs in memory.
    turns: Turns,
    /// Jobs that wait in memory or run.
    in_hand: HashMap<JobKey, Hand>,
    queued_bytes: usize,
    /// Tells a job that waits again from its place of before.
    tickets: u64,
}

/// How far the rows of a line were looked at.
#[derive(Clone, Copy, Default)]
struct Scan {
    /// Rows up to this place were seen.
    after: Option<JobPlace>,
    /// There is more in the rows than fits into memory.
    overflows: bool,
    /// The first place of the jobs that came meanwhile and were left in the rows. One that waits again has an old one.
    missed: Option<JobPlace>,
    /// Rows before `after` may have changed: begin again at the end.
    again: bool,
}

enum Hand {
    Queued { ticket: u64 },
    Running { again: bool, place: ComponentKey },
}

/// A part of the rows to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) line: Line,
    pub(super) after: Option<JobPlace>,
    /// Jobs wanted at most.
    pub(super) room: usize,
}

impl Queues {
    /// `places` jobs run at the same time, those of tenants by their weights.
    pub(super) fn new(places: usize, weights: BTreeMap<TenantId, NonZeroU16>) -> Self {
        Self {
            lines: HashMap::new(),
            scans: BTreeMap::new(),
            looked_at: None,
            turns: Turns::new(places, weights),
            in_hand: HashMap::new(),
            queued_bytes: 0,
            tickets: 0,
        }
    }

    /// Notes which component does the jobs of a type, and how many at the same time.
    pub(super) fn assign(&mut self, job_type: &TypeKey, share: Share) {
        self.turns.assign(job_type, share);
    }

    /// A job waits for a worker, as of the last commit.
    pub(super) fn offer(&mut self, job: DescribedJob) {
        let key = job.description.job.key;
        match self.in_hand.get_mut(&key) {
            Some(Hand::Running { again, .. }) => return *again = true,
            Some(Hand::Queued { .. }) => return,
            None => {}
        }
        let line = Line::of(&job);
        let queued = self.queued(&line);
        if let Some(scan) = self.scans.get_mut(&line) {
            let place = place(&job);
            scan.missed = Some(scan.missed.map_or(place, |first| first.min(place)));
        } else if queued >= QUEUED_PER_LINE_MAX || (queued > 0 && self.queued_bytes >= QUEUED_BYTES_MAX) {
            self.scans.insert(line, Scan { overflows: true, ..Scan::default() });
        } else {
            self.push(job);
        }
    }

    /// A job has ended, or somebody else has it.
    pub(super) fn withdraw(&mut self, key: JobKey) {
        if let Some(Hand::Queued { .. }) = self.in_hand.get(&key) {
            self.in_hand.remove(&key);
        }
    }

    /// The job whose turn it is. It is running from now on.
    pub(super) fn take(&mut self) -> Option<DescribedJob> {
        while let Some(line) = self.turns.next() {
            while let Some((ticket, job, left)) = self.pop(&line) {
                let key = job.description.job.key;
                let waits =
                    matches!(self.in_hand.get(&key), Some(Hand::Queued { ticket: own }) if *own == ticket);
                if !waits {
                    continue;
                }
                let place = self.turns.begin(&line);
                self.in_hand.insert(key, Hand::Running { again: false, place });
                if left {
                    self.turns.add(line);
                }
                return Some(job);
            }
        }
        None
    }

    /// The attempt of a running job is answered for.
    pub(super) fn let_go(&mut self, key: JobKey, line: &Line) {
        let Some(Hand::Running { again, place }) = self.in_hand.remove(&key) else { return };
        self.turns.end(&place);
        if again {
            self.look_for(line.clone());
        }
    }

    /// The rows may hold jobs of a line that nobody has offered.
    pub(super) fn look_for(&mut self, line: Line) {
        self.scans.entry(line).and_modify(|scan| scan.again = true).or_default();
    }

    /// The look whose turn it is.
    pub(super) fn next_look(&mut self) -> Option<Look> {
        let is_later = |line: &Line| self.looked_at.as_ref().is_none_or(|last| line > last);
        let mut looks = self.looks();
        let first = looks.next()?;
        let (line, scan, room) =
            std::iter::once(first).chain(looks).find(|look| is_later(look.0)).unwrap_or(first);
        let look = Look { line: line.clone(), after: scan.after, room };
        self.looked_at = Some(look.line.clone());
        Some(look)
    }

    /// What to look for in the rows now: lines that are half empty. When there is no room left for more, those with
    /// nothing in memory still get a job each, so that no line waits for another one's.
    fn looks(&self) -> impl Iterator<Item = (&Line, &Scan, usize)> {
        let is_full = self.queued_bytes >= QUEUED_BYTES_MAX / 2;
        self.scans.iter().filter_map(move |(line, scan)| {
            let room = match self.queued(line) {
                0 if is_full => 1,
                _ if is_full => 0,
                queued => QUEUED_PER_LINE_MAX.saturating_sub(queued),
            };
            let is_worth_it = room >= QUEUED_PER_LINE_MAX / 2 || (is_full && room > 0);
            is_worth_it.then_some((line, scan, room))
        })
    }

    /// Whether there is something to look for in the rows now.
    pub(super) fn wants_look(&self) -> bool {
        self.looks().next().is_some()
    }

    /// Whether jobs of a partition wait in the rows for want of room.
    pub(super) fn is_behind(&self, partition: PartitionId) -> bool {
        self.scans.iter().any(|(line, scan)| scan.overflows && line.partition == partition)
    }

    /// Whether jobs may wait in memory.
    pub(super) fn has_jobs(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Whether a job waits in memory or runs.
    pub(super) fn is_in_hand(&self, key: JobKey) -> bool {
        self.in_hand.contains_key(&key)
    }

    /// A look has found `jobs`, those in hand left out. `last` is the last row seen, `None` at the end of the rows.
    pub(super) fn found(&mut self, look: &Look, jobs: Vec<DescribedJob>, last: Option<JobPlace>) {
        for job in jobs {
            if !self.is_in_hand(job.description.job.key) {
                self.push(job);
            }
        }
        let Some(scan) = self.scans.get_mut(&look.line) else { return };
        match last {
            Some(last) => (scan.after, scan.overflows) = (Some(last), true),
            None => match scan.missed.take() {
                // Everything from `after` to the end was on this page, or is noted as missed.
                Some(first) => scan.after = Some(just_before(first)),
                None if scan.again => *scan = Scan::default(),
                None => drop(self.scans.remove(&look.line)),
            },
        }
    }

    /// The first job of a line, and whether there are more. A line goes with its last job.
    fn pop(&mut self, line: &Line) -> Option<(u64, DescribedJob, bool)> {
        let jobs = self.lines.get_mut(line)?;
        let (ticket, job) = jobs.pop_front()?;
        let left = !jobs.is_empty();
        if !left {
            self.lines.remove(line);
        }
        self.queued_bytes -= size(&job);
        Some((ticket, job, left))
    }

    fn push(&mut self, job: DescribedJob) {
        self.tickets += 1;
        self.queued_bytes += size(&job);
        self.in_hand.insert(job.description.job.key, Hand::Queued { ticket: self.tickets });
        let line = Line::of(&job);
        let jobs = self.lines.entry(line.clone()).or_default();
        if jobs.is_empty() {
            self.turns.add(line);
        }
        // Behind all that come before it, and behind its equals.
        let priority = job.description.job.priority;
        let behind = jobs.iter().rposition(|(_, other)| other.description.job.priority >= priority);
        jobs.insert(behind.map_or(0, |index| index + 1), (self.tickets, job));
    }

    /// Jobs of a line that wait in memory.
    fn queued(&self, line: &Line) -> usize {
        self.lines.get(line).map_or(0, VecDeque::len)
    }
}

/// A job's place among those of its line.
fn place(job: &DescribedJob) -> JobPlace {
    let job = &job.description.job;
    JobPlace { priority: job.priority, job: job.key }
}

/// The place that a look begins after to find the job at `place`.
fn just_before(place: JobPlace) -> JobPlace {
    JobPlace { job: JobKey(Key::from_i64(place.job.get() - 1)), ..place }
}

/// What a job takes in memory, in bytes, roughly.
fn size(job: &DescribedJob) -> usize {
    BYTES_PER_JOB + job.bytes()
}

impl Line {
    /// Where a job belongs: into its instance's partition.
    pub(super) fn of(job: &DescribedJob) -> Self {
        let partition = job.instance.0.partition().expect("an instance that was loaded is in a partition");
        Self { partition, job_type: (job.tenant.clone(), job.description.job.job_type.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use engine::JobDescription;
    use engine::state::{Job, JobKind, JobState};
    use types::{ElementInstanceKey, ProcessDefinitionKey, ProcessInstanceKey, Timestamp, Variables};

    use super::*;

    fn key(number: i64) -> JobKey {
        JobKey(Key::from_i64(number))
    }

    fn at(number: i64) -> JobPlace {
        JobPlace { priority: 0, job: key(number) }
    }

    fn job(number: i64, job_type: &str) -> DescribedJob {
        job_in(PartitionId::FIRST, number, job_type)
    }

    fn job_in(partition: PartitionId, number: i64, job_type: &str) -> DescribedJob {
        let job = Job {
            key: key(number),
            kind: JobKind::Element,
            priority: 0,
            suspended: false,
            element_instance: ElementInstanceKey(Key::from_i64(1)),
            job_type: job_type.into(),
            retries: 3,
            attempt: 0,
            interruptions: 0,
            state: JobState::Activatable { from: Timestamp::default() },
            message: None,
            headers: Vec::new(),
            checkpoint: None,
        };
        DescribedJob {
            instance: ProcessInstanceKey(Key::new(partition, 1)),
            root: ProcessInstanceKey(Key::new(partition, 1)),
            definition: ProcessDefinitionKey(Key::from_i64(1)),
            bpmn_process_id: "p".into(),
            version: 1,
            tenant: TenantId::default(),
            business_id: None,
            tags: Vec::new(),
            description: JobDescription {
                job,
                element: "e".into(),
                headers: Vec::new(),
                variables: Variables::new(),
            },
            user_task: None,
        }
    }

    fn taken(queues: &mut Queues) -> Option<i64> {
        queues.take().map(|job| job.description.job.key.get())
    }

    fn line(job_type: &str) -> Line {
        Line { partition: PartitionId::FIRST, job_type: (TenantId::default(), job_type.into()) }
    }

    #[test]
    fn jobs_with_a_higher_priority_overtake() {
        let mut queues = Queues::new(4, BTreeMap::new());
        for (number, priority) in [(1, 0), (2, 5), (3, 0), (4, 5), (5, 9)] {
            let mut job = job(number, "a");
            job.description.job.priority = priority;
            queues.offer(job);
        }
        let mut ran = Vec::new();
        while let Some(number) = taken(&mut queues) {
            queues.let_go(key(number), &line("a"));
            ran.push(number);
        }
        assert_eq!(ran, [5, 2, 4, 1, 3]);
    }

    #[test]
    fn types_take_turns_and_one_leaves_places_to_others() {
        let mut queues = Queues::new(4, BTreeMap::new());
        for number in 1..=5 {
            queues.offer(job(number, "slow"));
        }
        queues.offer(job(6, "other"));
        assert_eq!([taken(&mut queues), taken(&mut queues), taken(&mut queues)], [Some(1), Some(6), Some(2)]);
        assert_eq!(taken(&mut queues), Some(3));
        assert_eq!(taken(&mut queues), None, "three of four places are all that one type takes");
        queues.let_go(key(1), &line("slow"));
        assert_eq!(taken(&mut queues), Some(4));
    }

    #[test]
    fn partitions_take_turns_and_share_the_places_of_a_type() {
        let second = PartitionId::new(2).unwrap();
        let mut queues = Queues::new(4, BTreeMap::new());
        for number in 1..=QUEUED_PER_LINE_MAX as i64 + 1 {
            queues.offer(job(number, "a"));
        }
        queues.offer(job_in(second, 1_001, "a"));
        assert!(queues.is_behind(PartitionId::FIRST));
        assert!(!queues.is_behind(second), "what waits elsewhere slows nobody down here");
        assert_eq!(
            [taken(&mut queues), taken(&mut queues), taken(&mut queues)],
            [Some(1), Some(1_001), Some(2)]
        );
        assert_eq!(taken(&mut queues), None, "three of four places are all that one type takes");
    }

    #[test]
    fn lines_are_looked_at_in_turn() {
        let mut queues = Queues::new(4, BTreeMap::new());
        ["a", "b", "c"].into_iter().for_each(|kind| queues.look_for(line(kind)));
        let turns: Vec<_> = (0..4).filter_map(|_| queues.next_look()).map(|look| look.line).collect();
        assert_eq!(turns, [line("a"), line("b"), line("c"), line("a")]);
    }

    #[test]
    fn a_withdrawn_job_does_not_run_and_may_come_back() {
        let mut queues = Queues::new(4, BTreeMap::new());
        queues.offer(job(1, "a"));
        queues.withdraw(key(1));
        queues.offer(job(1, "a"));
        assert_eq!((taken(&mut queues), taken(&mut queues)), (Some(1), None));
        queues.withdraw(key(1));
        assert!(queues.is_in_hand(key(1)), "a running job is in hand until its answer counts");
    }

    #[test]
    fn what_does_not_fit_is_found_in_the_rows_to_the_last() {
        let mut queues = Queues::new(4, BTreeMap::new());
        let count = 3 * QUEUED_PER_LINE_MAX as i64;
        let mut rows: BTreeSet<i64> = (1..=count).collect();
        rows.iter().for_each(|number| queues.offer(job(*number, "a")));
        assert!(queues.is_behind(PartitionId::FIRST));
        let (mut ran, mut late) = (Vec::new(), Some(count + 1));
        loop {
            while let Some(number) = taken(&mut queues) {
                queues.let_go(key(number), &line("a"));
                rows.remove(&number);
                ran.push(number);
            }
            let Some(look) = queues.next_look() else { break };
            let from = look.after.map_or(0, |place| place.job.get()) + 1;
            let page: Vec<i64> = rows.range(from..).take(look.room).copied().collect();
            let last = page.last().filter(|_| page.len() == look.room).map(|last| at(*last));
            if last.is_none()
                && let Some(late) = late.take()
            {
                // Comes after the last page was read, and before that is known.
                rows.insert(late);
                queues.offer(job(late, "a"));
            }
            queues.found(&look, page.iter().map(|number| job(*number, "a")).collect(), last);
        }
        assert!(ran.iter().copied().eq(1..=count + 1), "{} jobs ran", ran.len());
        queues.look_for(line("a"));
        assert!(!queues.is_behind(PartitionId::FIRST), "a look alone says nothing");
    }

    #[test]
    fn an_old_job_that_waits_again_during_a_look_is_found() {
        let mut queues = Queues::new(4, BTreeMap::new());
        let rows = QUEUED_PER_LINE_MAX as i64 + 100;
        (1..=rows).for_each(|number| queues.offer(job(number, "a")));
        let mut ran = Vec::new();
        let mut run_all = |queues: &mut Queues| {
            while let Some(number) = taken(queues) {
                queues.let_go(key(number), &line("a"));
                ran.push(number);
            }
        };
        run_all(&mut queues);
        let first = queues.next_look().unwrap();
        let seen = QUEUED_PER_LINE_MAX as i64;
        queues.found(&first, Vec::new(), Some(at(seen)));
        queues.offer(job(5, "a"));
        let second = queues.next_look().unwrap();
        queues.found(&second, (seen + 1..=rows).map(|number| job(number, "a")).collect(), None);
        run_all(&mut queues);
        let third = queues.next_look().unwrap();
        assert_eq!(third.after, Some(at(4)));
        queues.found(&third, vec![job(5, "a")], None);
        run_all(&mut queues);
        assert!(queues.looks().next().is_none());
        assert_eq!(ran.iter().filter(|number| **number == 5).count(), 2);
        assert_eq!(ran.len() as i64, rows + 1);
    }

    #[test]
    fn a_job_that_waits_again_while_it_runs_is_looked_for() {
        let mut queues = Queues::new(4, BTreeMap::new());
        queues.offer(job(1, "a"));
        assert_eq!(taken(&mut queues), Some(1));
        queues.offer(job(1, "a"));
        assert!(queues.looks().next().is_none());
        queues.let_go(key(1), &line("a"));
        let look = queues.next_look().unwrap();
        assert_eq!(look, Look { line: line("a"), after: None, room: QUEUED_PER_LINE_MAX });
        queues.look_for(line("a"));
        queues.found(&look, vec![job(1, "a")], None);
        assert_eq!(queues.looks().count(), 1, "asked for meanwhile, so the rows are looked at once more");
        queues.found(&look, Vec::new(), None);
        assert!(queues.looks().next().is_none());
    }
}
