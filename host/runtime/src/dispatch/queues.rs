//! Jobs that wait in memory for a component of this host, fairly by job type and partition.
//!
//! The jobs of one type in one partition are a *line*. They come from commits as long as there is room. What does not fit
//! stays in the rows, and its line is marked: from then on the line's jobs come from the rows alone, in the order of their
//! places, until a look at the rows has met its end with nothing added meanwhile. So no job is passed over, and old ones are
//! not overtaken.
//!
//! A job that is more urgent than all that a line still has in the rows need not wait for them: it goes into memory, if need
//! be in the place of the last one there, or else the next look begins with it.
//!
//! Every line has its turn: see [`Turns`]. None has when too many answers wait to be written: a store that is slower than
//! the components would otherwise have their results pile up in memory. Nor has any when very many jobs wait for code.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::num::NonZeroU16;

use store::JobPlace;
use tokio::sync::oneshot;
use types::{JobKey, Key, PartitionId, SharedStr, TenantId};

use super::turns::{ComponentKey, Share, Turns};
use crate::inbox::DescribedJob;

/// Jobs of one line that wait in memory at most.
pub(super) const QUEUED_PER_LINE_MAX: usize = 512;

/// What all jobs that wait in memory may take, in bytes, roughly.
const QUEUED_BYTES_MAX: usize = 64 << 20;

/// Answers that are not durable yet, at most, with those of jobs that run beside them.
/// A store whose commits take 20 ms is kept busy with some 40,000 jobs a second.
const ANSWERS_MAX: usize = 1_024;

/// What they may take, in bytes.
const ANSWERS_BYTES_MAX: usize = 64 << 20;

/// Jobs that wait for their components' code, at most: those of a thousand components and more.
const PREPARING_MAX: usize = 4_096;

/// What they may take, in bytes, roughly.
const PREPARING_BYTES_MAX: usize = 64 << 20;

/// What a job takes beside its variables, in bytes, roughly.
const BYTES_PER_JOB: usize = 500;

/// Jobs that a look for what is urgent takes up at a time. There are few of them in most lines, and often none.
const URGENT_PER_LOOK_MAX: usize = 32;

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
    /// Jobs that wait in memory, run, or are answered without that being durable.
    in_hand: HashMap<JobKey, Hand>,
    answers: Pile,
    /// Jobs that have begun and have no place: they wait for code, or for a place again.
    preparing: Pile,
    /// Those of them whose code is there, in their order.
    prepared: VecDeque<(JobKey, oneshot::Sender<()>)>,
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
    /// Among them may be jobs that are more urgent than some that are waiting already: those are looked for at once.
    urgent: bool,
    /// They are looked for at this moment. What comes meanwhile is left in the rows, so that it is not taken twice.
    is_looking: bool,
}

enum Hand {
    Queued {
        ticket: u64,
    },
    /// It was taken; `again` is whether it waits once more.
    Taken {
        again: bool,
        holds: Holds,
    },
}

/// What a job that was taken holds.
enum Holds {
    Place(ComponentKey),
    /// No place: its component's code is to be loaded.
    Nothing {
        component: ComponentKey,
        bytes: usize,
    },
    /// Its answer is to be written.
    Answer {
        bytes: usize,
    },
}

/// Something that is counted.
#[derive(Default)]
struct Pile {
    count: usize,
    bytes: usize,
}

impl Pile {
    fn add(&mut self, bytes: usize) {
        self.count += 1;
        self.bytes += bytes;
    }

    fn remove(&mut self, bytes: usize) {
        self.count -= 1;
        self.bytes -= bytes;
    }

    fn reaches(&self, count_max: usize, bytes_max: usize) -> bool {
        self.count >= count_max || self.bytes >= bytes_max
    }
}

/// A part of the rows to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Look {
    pub(super) line: Line,
    pub(super) after: Option<JobPlace>,
    /// Jobs wanted at most.
    pub(super) room: usize,
    /// Only jobs with a higher priority are wanted, also when there is no room: less urgent ones make way.
    pub(super) above: Option<i32>,
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
            answers: Pile::default(),
            preparing: Pile::default(),
            prepared: VecDeque::new(),
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
            Some(Hand::Taken { again, .. }) => return *again = true,
            Some(Hand::Queued { .. }) => return,
            None => {}
        }
        let (line, place) = (Line::of(&job), place(&job));
        let is_in_order = self.scans.get(&line).is_none_or(|scan| scan.leaves_out(place));
        if is_in_order && (self.has_room(&line) || self.make_way(&line, &job)) {
            return self.push(job);
        }
        let is_urgent = self.last_priority(&line).is_some_and(|last| place.priority > last);
        self.leave(line.clone(), place);
        if is_urgent && let Some(scan) = self.scans.get_mut(&line) {
            scan.urgent = true;
        }
    }

    /// The lowest priority of the jobs of a line that wait in memory.
    fn last_priority(&self, line: &Line) -> Option<i32> {
        self.lines.get(line)?.back().map(|(_, job)| job.description.job.priority)
    }

    /// Which priority a job in the rows must be above to be looked for at once: that of the last job of its line in memory,
    /// or of the one with which the next look goes on. `None` when that begins with the most urgent one.
    fn urgent_above(&self, line: &Line) -> Option<i32> {
        let goes_on = self.scans.get(line).and_then(Scan::goes_on_with);
        self.last_priority(line).into_iter().chain(goes_on).min()
    }

    /// Whether one more job of a line may wait in memory.
    fn has_room(&self, line: &Line) -> bool {
        match self.queued(line) {
            0 => true,
            queued => queued < QUEUED_PER_LINE_MAX && self.queued_bytes < QUEUED_BYTES_MAX,
        }
    }

    /// Leaves the last job of a line to the rows, if another one is more urgent.
    fn make_way(&mut self, line: &Line, job: &DescribedJob) -> bool {
        let Some(jobs) = self.lines.get_mut(line).filter(|jobs| jobs.len() > 1) else { return false };
        let Some((_, last)) = jobs.back() else { return false };
        let bytes = self.queued_bytes - size(last) + size(job);
        if last.description.job.priority >= job.description.job.priority || bytes > QUEUED_BYTES_MAX {
            return false;
        }
        let Some((ticket, last)) = jobs.pop_back() else { return false };
        self.queued_bytes -= size(&last);
        let key = last.description.job.key;
        if matches!(self.in_hand.get(&key), Some(Hand::Queued { ticket: own }) if *own == ticket) {
            self.in_hand.remove(&key);
            self.leave(line.clone(), self::place(&last));
        }
        true
    }

    /// Leaves a job with that place to the rows.
    fn leave(&mut self, line: Line, place: JobPlace) {
        match self.scans.get_mut(&line) {
            Some(scan) => scan.missed = Some(scan.missed.map_or(place, |first| first.min(place))),
            None => {
                // All others that wait are in memory.
                let scan = Scan { after: Some(just_before(place)), overflows: true, ..Scan::default() };
                self.scans.insert(line, scan);
            }
        }
    }

    /// A job has ended, or somebody else has it.
    pub(super) fn withdraw(&mut self, key: JobKey) {
        if matches!(self.in_hand.get(&key), Some(Hand::Queued { .. })) {
            self.in_hand.remove(&key);
        }
    }

    /// The job whose turn it is. It is running from now on.
    pub(super) fn take(&mut self) -> Option<DescribedJob> {
        if self.answers.reaches(ANSWERS_MAX, ANSWERS_BYTES_MAX)
            || self.preparing.reaches(PREPARING_MAX, PREPARING_BYTES_MAX)
        {
            return None;
        }
        while let Some(line) = self.turns.next() {
            while let Some((ticket, job, left)) = self.pop(&line) {
                let key = job.description.job.key;
                let waits =
                    matches!(self.in_hand.get(&key), Some(Hand::Queued { ticket: own }) if *own == ticket);
                if !waits {
                    continue;
                }
                let place = self.turns.begin(&line);
                self.in_hand.insert(key, Hand::Taken { again: false, holds: Holds::Place(place) });
                if left {
                    self.turns.add(line);
                }
                return Some(job);
            }
        }
        None
    }

    /// A job that has begun, of so many bytes, waits for its component's code: others may have its place.
    pub(super) fn prepares(&mut self, key: JobKey, bytes: usize) {
        let Some(Hand::Taken { holds, .. }) = self.in_hand.get_mut(&key) else { return };
        if let Holds::Place(component) = holds {
            self.turns.prepare(component);
            self.preparing.add(bytes);
            *holds = Holds::Nothing { component: component.clone(), bytes };
            self.resume();
        }
    }

    /// The code of a job is there. Rings when it has a place.
    pub(super) fn prepared(&mut self, key: JobKey) -> oneshot::Receiver<()> {
        let (ring, rings) = oneshot::channel();
        self.prepared.push_back((key, ring));
        self.resume();
        rings
    }

    /// Gives free places to jobs whose code has come. They have had their turns.
    fn resume(&mut self) {
        let (in_hand, turns, preparing) = (&mut self.in_hand, &mut self.turns, &mut self.preparing);
        let mut waiting = VecDeque::new();
        for (key, ring) in self.prepared.drain(..) {
            let Some(Hand::Taken { holds, .. }) = in_hand.get_mut(&key) else { continue };
            if let Holds::Nothing { component, bytes } = holds {
                if !turns.resume(component) {
                    waiting.push_back((key, ring));
                    continue;
                }
                preparing.remove(*bytes);
                *holds = Holds::Place(component.clone());
            }
            // Whoever waits for it goes away with the host only.
            let _ = ring.send(());
        }
        self.prepared = waiting;
    }

    /// The component of a running job is no longer at work. Its answer of so many bytes is to be written.
    pub(super) fn answered(&mut self, key: JobKey, bytes: usize) {
        let Some(Hand::Taken { holds, .. }) = self.in_hand.get_mut(&key) else { return };
        if let Holds::Place(place) = holds {
            self.turns.end(place);
            self.answers.add(bytes);
            *holds = Holds::Answer { bytes };
            self.resume();
        }
    }

    /// The attempt of a job is answered for, or was given up.
    pub(super) fn let_go(&mut self, key: JobKey, line: &Line) {
        let Some(Hand::Taken { again, holds }) = self.in_hand.remove(&key) else { return };
        match holds {
            Holds::Place(place) => self.turns.end(&place),
            Holds::Nothing { component, bytes } => {
                self.turns.give_up(&component);
                self.preparing.remove(bytes);
            }
            Holds::Answer { bytes } => self.answers.remove(bytes),
        }
        if again {
            self.look_for(line.clone());
        }
        self.resume();
    }

    /// The rows may hold jobs of a line that nobody has offered.
    pub(super) fn look_for(&mut self, line: Line) {
        let scan = self.scans.entry(line).and_modify(|scan| scan.again = true).or_default();
        scan.urgent = true;
    }

    /// The look whose turn it is.
    pub(super) fn next_look(&mut self) -> Option<Look> {
        let is_later = |line: &Line| self.looked_at.as_ref().is_none_or(|last| line > last);
        let mut looks = self.looks();
        let first = looks.next()?;
        let (line, room) = std::iter::once(first).chain(looks).find(|look| is_later(look.0)).unwrap_or(first);
        let line = line.clone();
        let above = self.urgent_above(&line);
        let scan = self.scans.get_mut(&line)?;
        let is_urgent = std::mem::take(&mut scan.urgent);
        let begins = scan.after.is_none() && room > 0;
        let look = match above {
            Some(above) if is_urgent && !begins => {
                scan.is_looking = true;
                Look { line, after: None, room: URGENT_PER_LOOK_MAX, above: Some(above) }
            }
            _ => {
                scan.go_back_to_what_is_urgent();
                Look { line, after: scan.after, room, above: None }
            }
        };
        self.looked_at = Some(look.line.clone());
        Some(look)
    }

    /// What to look for in the rows now, and for how many: lines that are half empty. When there is no room left for more,
    /// those with nothing in memory still get a job each, so that no line waits for another one's. What may be urgent is
    /// looked for without room, too.
    fn looks(&self) -> impl Iterator<Item = (&Line, usize)> {
        let is_full = self.queued_bytes >= QUEUED_BYTES_MAX / 2;
        self.scans.iter().filter_map(move |(line, scan)| {
            let room = match self.queued(line) {
                0 if is_full => 1,
                _ if is_full => 0,
                queued => QUEUED_PER_LINE_MAX.saturating_sub(queued),
            };
            let is_worth_it = room >= QUEUED_PER_LINE_MAX / 2 || (is_full && room > 0);
            let room = if is_worth_it { room } else { 0 };
            (room > 0 || scan.urgent).then_some((line, room))
        })
    }

    /// Whether there is something to look for in the rows now.
    pub(super) fn wants_look(&self) -> bool {
        self.looks().next().is_some()
    }

    /// How many jobs wait in memory for each component. Those that were withdrawn count until their turn comes.
    pub(super) fn waiting(&self) -> BTreeMap<ComponentKey, usize> {
        let mut waiting = BTreeMap::new();
        for (line, jobs) in &self.lines {
            *waiting.entry(self.turns.component(&line.job_type)).or_default() += jobs.len();
        }
        waiting
    }

    /// How many jobs run at the same time at most.
    pub(super) fn places(&self) -> usize {
        self.turns.places()
    }

    /// Places of jobs that have begun and that no component has answered yet.
    pub(super) fn places_taken(&self) -> usize {
        self.turns.running()
    }

    /// How many partitions have jobs that wait in the rows for want of room.
    pub(super) fn partitions_behind(&self) -> usize {
        let behind = self.scans.iter().filter(|(_, scan)| scan.overflows);
        behind.map(|(line, _)| line.partition).collect::<BTreeSet<_>>().len()
    }

    /// Whether jobs of a partition wait in the rows for want of room.
    pub(super) fn is_behind(&self, partition: PartitionId) -> bool {
        self.scans.iter().any(|(line, scan)| scan.overflows && line.partition == partition)
    }

    /// Whether jobs may wait in memory.
    pub(super) fn has_jobs(&self) -> bool {
        !self.turns.is_empty()
    }

    /// Whether a job is in hand.
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
                None if scan.again => *scan = Scan { urgent: scan.urgent, ..Scan::default() },
                None => drop(self.scans.remove(&look.line)),
            },
        }
    }

    /// A look for what is urgent has found `jobs`, those in hand left out. Returns whether there may be room for more;
    /// what has found none is left to the look that comes to it.
    pub(super) fn found_urgent(&mut self, jobs: Vec<DescribedJob>) -> bool {
        for job in jobs {
            let (line, place) = (Line::of(&job), place(&job));
            if self.is_in_hand(place.job) {
                continue;
            }
            if !self.has_room(&line) && !self.make_way(&line, &job) {
                self.leave(line, place);
                return false;
            }
            self.push(job);
        }
        true
    }

    /// A look for what is urgent has ended, or was given up.
    pub(super) fn urgent_look_ended(&mut self, line: &Line, has_failed: bool) {
        if let Some(scan) = self.scans.get_mut(line) {
            scan.is_looking = false;
            scan.urgent |= has_failed;
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

impl Scan {
    /// Whether a job with that place is more urgent than all that wait in the rows alone. An equal is not, however old:
    /// jobs that wait again and again would keep the others out.
    fn leaves_out(&self, place: JobPlace) -> bool {
        !self.is_looking
            && self.after.is_some_and(|after| place.priority > after.priority)
            && self.missed.is_none_or(|missed| place < missed)
    }

    /// The priority of the job with which the next look goes on; `None` if it begins with the most urgent one.
    fn goes_on_with(&self) -> Option<i32> {
        let after = self.after?.priority;
        Some(self.missed.map_or(after, |missed| missed.priority.max(after)))
    }

    /// Begins with what was left in the rows, if that is more urgent than what comes. No look may be under way.
    fn go_back_to_what_is_urgent(&mut self) {
        if let (Some(after), Some(missed)) = (self.after, self.missed)
            && missed.priority > after.priority
        {
            (self.after, self.missed) = (Some(just_before(missed)), None);
        }
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
pub(super) fn size(job: &DescribedJob) -> usize {
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
                has_static_type: true,
            },
            for_connector: false,
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

    fn urgent(number: i64, priority: i32) -> DescribedJob {
        let mut job = job(number, "a");
        job.description.job.priority = priority;
        job
    }

    /// Looks at rows, the most urgent first, until there is no room for more; how many pages were read.
    fn refill(queues: &mut Queues, rows: &BTreeSet<JobPlace>) -> usize {
        for page in 0.. {
            let Some(look) = queues.next_look() else { return page };
            let comes = |row: &&JobPlace| look.after.is_none_or(|after| **row > after);
            let is_wanted = |row: &&JobPlace| look.above.is_none_or(|above| row.priority > above);
            let found: Vec<_> =
                rows.iter().filter(comes).filter(is_wanted).take(look.room).copied().collect();
            let last = found.last().filter(|_| found.len() == look.room).copied();
            let jobs = found.iter().map(|row| urgent(row.job.get(), row.priority));
            match look.above {
                Some(_) => {
                    assert!(last.is_none() && queues.found_urgent(jobs.collect()), "one page has all");
                    queues.urgent_look_ended(&look.line, false);
                }
                None => queues.found(&look, jobs.collect(), last),
            }
        }
        unreachable!("there is always a last page")
    }

    #[test]
    fn a_backlog_holds_up_nothing_that_is_more_urgent() {
        let mut queues = Queues::new(4, BTreeMap::new());
        let backlog = 4 * QUEUED_PER_LINE_MAX as i64;
        let mut rows = BTreeSet::new();
        let comes = |queues: &mut Queues, rows: &mut BTreeSet<JobPlace>, number, priority| {
            rows.insert(JobPlace { priority, job: key(number) });
            queues.offer(urgent(number, priority));
        };
        (1..=backlog).for_each(|number| comes(&mut queues, &mut rows, number, 0));
        let mut ran = Vec::new();
        let mut run = |queues: &mut Queues, rows: &mut BTreeSet<JobPlace>| {
            let job = queues.take()?;
            let place = place(&job);
            queues.let_go(place.job, &line("a"));
            assert!(rows.remove(&place), "{place:?} has run before");
            ran.push(place);
            Some(place.priority)
        };
        assert_eq!(run(&mut queues, &mut rows), Some(0));
        // Memory is full, and most of the backlog is in the rows alone.
        comes(&mut queues, &mut rows, backlog + 1, 5);
        comes(&mut queues, &mut rows, backlog + 2, 9);
        assert_eq!([run(&mut queues, &mut rows), run(&mut queues, &mut rows)], [Some(9), Some(5)]);
        // More than fit into memory, although all others make way.
        let flood = QUEUED_PER_LINE_MAX as i64 + 100;
        (1..=flood).for_each(|number| comes(&mut queues, &mut rows, backlog + 2 + number, 7));
        for number in 0..flood {
            refill(&mut queues, &rows);
            assert_eq!(run(&mut queues, &mut rows), Some(7), "number {number}");
        }
        while refill(&mut queues, &rows) > 0 || run(&mut queues, &mut rows).is_some() {}
        assert_eq!(rows, BTreeSet::new(), "all have run");
        let calm: Vec<_> = ran.iter().filter(|place| place.priority == 0).map(|place| place.job).collect();
        assert_eq!(calm.len() as i64, backlog);
    }

    #[test]
    fn what_is_urgent_in_the_rows_is_found_before_a_backlog_that_is_in_memory_or_in_the_rows() {
        let full = QUEUED_PER_LINE_MAX as i64;
        for backlog in [full - 10, full, 4 * full] {
            let mut queues = Queues::new(4, BTreeMap::new());
            let mut rows = BTreeSet::new();
            for number in 1..=backlog {
                rows.insert(JobPlace { priority: 0, job: key(number) });
                queues.offer(job(number, "a"));
            }
            let run = |queues: &mut Queues, rows: &mut BTreeSet<JobPlace>| {
                refill(queues, rows);
                let place = place(&queues.take().unwrap());
                queues.let_go(place.job, &line("a"));
                assert!(rows.remove(&place), "{place:?} has run before");
                place
            };
            assert_eq!(run(&mut queues, &mut rows), at(1));
            // Their back-offs end: nobody offers them.
            let urgent_ones =
                [9, 5].map(|priority| JobPlace { priority, job: key(backlog + i64::from(priority)) });
            rows.extend(urgent_ones);
            // One that has waited before is no more urgent than it was.
            rows.insert(at(1));
            queues.look_for(line("a"));
            // One that comes beside them is not left behind what is in memory.
            let comes = JobPlace { priority: 7, job: key(backlog + 7) };
            rows.insert(comes);
            queues.offer(urgent(comes.job.get(), comes.priority));
            let ran = [(); 4].map(|()| run(&mut queues, &mut rows));
            assert_eq!(ran, [urgent_ones[0], comes, urgent_ones[1], at(2)], "a backlog of {backlog}");
            let mut rest = Vec::new();
            while !rows.is_empty() {
                rest.push(run(&mut queues, &mut rows));
            }
            assert_eq!((rest.len() as i64, rest.contains(&at(1))), (backlog - 1, true));
        }
    }

    #[test]
    fn what_is_urgent_and_finds_no_room_is_left_to_the_next_look() {
        let mut queues = Queues::new(4, BTreeMap::new());
        let full = QUEUED_PER_LINE_MAX as i64;
        (1..=full).for_each(|number| queues.offer(urgent(number, 5)));
        queues.look_for(line("a"));
        let look = queues.next_look().unwrap();
        assert_eq!((look.after, look.above), (None, Some(5)));
        assert!(queues.found_urgent(vec![urgent(full + 1, 6)]), "it takes the place of another");
        assert!(!queues.found_urgent(vec![urgent(full + 2, 5), urgent(full + 3, 5)]), "these do not");
        assert!(queues.next_look().is_none(), "and are not looked for before there is room");
        queues.urgent_look_ended(&look.line, true);
        assert_eq!(queues.next_look().as_ref(), Some(&look), "unless the look was given up");
        // The look may find it, so it is not taken up beside that.
        queues.offer(urgent(full + 4, 9));
        assert!(!queues.is_in_hand(key(full + 4)));
        queues.urgent_look_ended(&look.line, false);
        assert_eq!(queues.next_look(), Some(look), "and it is looked for once more");
    }

    #[test]
    fn a_place_is_free_when_the_component_has_answered_and_answers_are_bounded() {
        let mut queues = Queues::new(4, BTreeMap::new());
        let jobs = ANSWERS_MAX as i64 + 3;
        let mut next = 1;
        let mut fill = |queues: &mut Queues| {
            while next <= jobs && queues.queued(&line("a")) < QUEUED_PER_LINE_MAX {
                queues.offer(job(next, "a"));
                next += 1;
            }
        };
        for number in 1..=ANSWERS_MAX as i64 {
            fill(&mut queues);
            assert_eq!(taken(&mut queues), Some(number), "no answer is durable yet, and there are places");
            queues.answered(key(number), 10);
            assert!(queues.is_in_hand(key(number)), "until its answer is durable");
        }
        assert_eq!(taken(&mut queues), None, "the store is behind");
        queues.let_go(key(1), &line("a"));
        let last = ANSWERS_MAX as i64 + 1;
        assert_eq!(taken(&mut queues), Some(last));
        queues.answered(key(last), ANSWERS_BYTES_MAX);
        queues.let_go(key(2), &line("a"));
        queues.let_go(key(3), &line("a"));
        assert_eq!(taken(&mut queues), None, "one large answer counts for many");
        queues.let_go(key(last), &line("a"));
        assert_eq!(taken(&mut queues), Some(last + 1));
        // One that was given up before it answered takes no place either.
        queues.let_go(key(last + 1), &line("a"));
        assert_eq!(taken(&mut queues), Some(last + 2));
    }

    #[test]
    fn a_job_that_waits_for_code_takes_no_place_and_is_the_first_to_get_one() {
        let mut queues = Queues::new(2, BTreeMap::new());
        queues.offer(job(1, "cold"));
        assert_eq!(taken(&mut queues), Some(1));
        queues.prepares(key(1), 10);
        assert_eq!(queues.places_taken(), 0);
        for number in 2..=4 {
            queues.offer(job(number, &format!("warm-{number}")));
        }
        assert_eq!([taken(&mut queues), taken(&mut queues), taken(&mut queues)], [Some(2), Some(3), None]);
        let mut rings = queues.prepared(key(1));
        assert!(rings.try_recv().is_err(), "both places are taken");
        queues.answered(key(2), 1);
        assert!(rings.try_recv().is_ok());
        assert_eq!(taken(&mut queues), None, "the place is its");
        queues.let_go(key(1), &line("cold"));
        assert_eq!(taken(&mut queues), Some(4));
        // One that has a place keeps it.
        assert!(queues.prepared(key(4)).try_recv().is_ok());
        assert_eq!((queues.places_taken(), queues.preparing.count, queues.preparing.bytes), (2, 0, 0));
    }

    #[test]
    fn a_few_jobs_of_each_component_wait_for_its_code_and_all_of_them_are_bounded() {
        let mut queues = Queues::new(2, BTreeMap::new());
        for number in 1..=10 {
            queues.offer(job(number, "cold"));
        }
        let mut preparing = Vec::new();
        while let Some(number) = taken(&mut queues) {
            queues.prepares(key(number), 10);
            preparing.push(number);
        }
        assert_eq!(preparing, [1, 2, 3, 4]);
        // One that is given up makes way for the next.
        queues.let_go(key(1), &line("cold"));
        assert_eq!(taken(&mut queues), Some(5));
        queues.prepares(key(5), PREPARING_BYTES_MAX);
        queues.offer(job(11, "warm"));
        assert_eq!(taken(&mut queues), None, "they take too much memory");
        queues.let_go(key(5), &line("cold"));
        assert_eq!([taken(&mut queues), taken(&mut queues)], [Some(6), Some(11)]);
    }

    #[test]
    fn a_component_runs_no_more_jobs_than_it_is_granted_because_some_wait_for_its_code() {
        let mut queues = Queues::new(8, BTreeMap::new());
        let share = Share { component: "pay".into(), concurrency: 2, generation: 0 };
        queues.assign(&line("cold").job_type, share);
        for number in 1..=4 {
            queues.offer(job(number, "cold"));
        }
        assert_eq!(taken(&mut queues), Some(1));
        queues.prepares(key(1), 10);
        assert_eq!([taken(&mut queues), taken(&mut queues)], [Some(2), None]);
        assert!(queues.prepared(key(1)).try_recv().is_ok());
        assert_eq!(taken(&mut queues), None);
        queues.let_go(key(2), &line("cold"));
        assert_eq!(taken(&mut queues), Some(3));
    }

    #[test]
    fn types_take_turns_and_one_leaves_places_to_others() {
        let mut queues = Queues::new(4, BTreeMap::new());
        for number in 1..=5 {
            queues.offer(job(number, "slow"));
        }
        queues.offer(job(6, "other"));
        assert_eq!([taken(&mut queues), taken(&mut queues), taken(&mut queues)], [Some(1), Some(6), Some(2)]);
        assert_eq!(taken(&mut queues), None, "the last place is left to others");
        queues.let_go(key(6), &line("other"));
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
        assert_eq!(queues.partitions_behind(), 1);
        let waiting = queues.waiting().into_values().collect::<Vec<_>>();
        assert_eq!(waiting, [QUEUED_PER_LINE_MAX + 1]);
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
        assert_eq!(look, Look { line: line("a"), after: None, room: QUEUED_PER_LINE_MAX, above: None });
        queues.look_for(line("a"));
        queues.found(&look, vec![job(1, "a")], None);
        assert_eq!(queues.looks().count(), 1, "asked for meanwhile, so the rows are looked at once more");
        queues.found(&look, Vec::new(), None);
        assert!(queues.looks().next().is_none());
    }
}
