//! Whose turn it is among the lines that have jobs: fair between tenants, components, and the lines of a component.
//!
//! - Tenants get jobs in proportion to their weights, as long as they have any that may run.
//! - Components of a tenant take turns. One that runs as many jobs as it may is passed over: its jobs wait, and the places are
//!   for others.
//! - A component that runs a job already begins another one only if it then runs at most three times as many as there are
//!   places free. Alone it leaves a quarter of them to others; when several are slow, each has less, and there is still a
//!   place for one that comes. One that runs none takes whatever is free.
//! - Lines of a component take turns.
//!
//! - A job whose component is not ready, because its code has to be loaded first, gives its place to others and is the first
//!   to get another one. A few of each component do so at most; it is passed over until the code is there.
//!
//! Jobs count as running until their components have answered: what a component may use is not what the store takes.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::num::NonZeroU16;

use types::{SharedStr, TenantId};

use super::queues::{Line, TypeKey};

/// How many jobs a component runs at most for each place that is free.
const RUNNING_PER_FREE_PLACE: usize = 3;

/// Jobs of a component that wait for its code. What they wait for comes for all of them; some versions of the component may
/// be there already, so it is more than one.
const PREPARING_PER_COMPONENT_MAX: usize = 4;

/// What a job costs a tenant of weight 1; one of weight n pays an n-th of it.
const COST: u64 = 1 << 20;

/// Which component does the jobs of a type, and how many at the same time at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) component: SharedStr,
    pub(super) concurrency: usize,
    /// As of when: what is older than what is known already is out of date.
    pub(super) generation: u64,
}

/// A component of a tenant.
pub(super) type ComponentKey = (TenantId, SharedStr);

/// See the module.
pub(super) struct Turns {
    places: usize,
    weights: BTreeMap<TenantId, NonZeroU16>,
    running: usize,
    tenants: BTreeMap<TenantId, Tenant>,
    components: HashMap<ComponentKey, Component>,
    /// The component of each type whose jobs were offered, and as of when.
    component_of: HashMap<TypeKey, (SharedStr, u64)>,
    /// What the tenant had paid that was served last: nobody who comes has paid less.
    paid_by_last: u64,
}

#[derive(Default)]
struct Tenant {
    /// What it has paid for its jobs; whoever has paid least is next.
    paid: u64,
    /// Components with lines, in the order of their turns.
    turns: VecDeque<SharedStr>,
}

#[derive(Default)]
struct Component {
    /// Lines with jobs, in the order of their turns.
    lines: VecDeque<Line>,
    running: usize,
    /// Jobs that have begun and wait for its code, without a place.
    preparing: usize,
    concurrency: Option<usize>,
    /// As of when.
    generation: u64,
}

impl Component {
    fn may_run(&self, free: usize) -> bool {
        self.running + self.preparing < self.concurrency.unwrap_or(usize::MAX)
            && self.preparing < PREPARING_PER_COMPONENT_MAX
            && self.leaves_places(free)
    }

    fn leaves_places(&self, free: usize) -> bool {
        let left = free.saturating_sub(1);
        free > 0 && (self.running == 0 || self.running < left.saturating_mul(RUNNING_PER_FREE_PLACE))
    }
}

impl Turns {
    /// `places` jobs run at the same time. A tenant without a weight has weight 1.
    pub(super) fn new(places: usize, weights: BTreeMap<TenantId, NonZeroU16>) -> Self {
        Self {
            places,
            weights,
            running: 0,
            tenants: BTreeMap::new(),
            components: HashMap::new(),
            component_of: HashMap::new(),
            paid_by_last: 0,
        }
    }

    /// Notes which component does the jobs of a type from now on, unless something newer is known of it: whoever asks for a
    /// share, and is overtaken before it brings it here by whoever has changed it, brings an old one.
    pub(super) fn assign(&mut self, job_type: &TypeKey, share: Share) {
        let tenant = &job_type.0;
        let before = match self.component_of.get_mut(job_type) {
            Some((_, generation)) if *generation > share.generation => return,
            Some((component, generation)) => {
                *generation = share.generation;
                let is_another = *component != share.component;
                is_another.then(|| std::mem::replace(component, share.component.clone()))
            }
            None => {
                let assigned = (share.component.clone(), share.generation);
                self.component_of.insert(job_type.clone(), assigned);
                None
            }
        };
        let mut moved = Vec::new();
        if let Some(before) = before {
            let key = (tenant.clone(), before);
            if let Some(component) = self.components.get_mut(&key) {
                let (of_type, others): (VecDeque<_>, _) =
                    component.lines.drain(..).partition(|line| line.job_type == *job_type);
                component.lines = others;
                moved.extend(of_type);
                if component.lines.is_empty()
                    && let Some(tenant) = self.tenants.get_mut(tenant)
                {
                    tenant.turns.retain(|name| *name != key.1);
                }
                self.drop_idle(&key);
            }
        }
        let component = self.components.entry((tenant.clone(), share.component)).or_default();
        if component.generation <= share.generation {
            (component.concurrency, component.generation) = (Some(share.concurrency), share.generation);
        }
        moved.into_iter().for_each(|line| self.add(line));
    }

    /// A line has jobs, and had none in its turn.
    pub(super) fn add(&mut self, line: Line) {
        let key = self.component(&line.job_type);
        let component = self.components.entry(key.clone()).or_default();
        let is_first = component.lines.is_empty();
        component.lines.push_back(line);
        if is_first {
            let paid_by_last = self.paid_by_last;
            let (tenant, component) = key;
            let tenant = self.tenants.entry(tenant).or_default();
            if tenant.turns.is_empty() {
                // Whoever had nothing to do has saved nothing by it.
                tenant.paid = tenant.paid.max(paid_by_last);
            }
            tenant.turns.push_back(component);
        }
    }

    /// Takes out the line whose turn it is, if a job may run.
    pub(super) fn next(&mut self) -> Option<Line> {
        let free = self.places.saturating_sub(self.running);
        let mut tenants: Vec<(u64, TenantId)> = self
            .tenants
            .iter()
            .filter(|(_, tenant)| !tenant.turns.is_empty())
            .map(|(id, tenant)| (tenant.paid, id.clone()))
            .collect();
        tenants.sort_unstable();
        let mut passed_over = Vec::new();
        for (paid, tenant) in tenants {
            if let Some(line) = self.next_of(&tenant, free) {
                // Whoever waits at a limit of its own saves nothing by it either.
                for id in passed_over {
                    if let Some(tenant) = self.tenants.get_mut(&id) {
                        tenant.paid = tenant.paid.max(paid);
                    }
                }
                return Some(line);
            }
            passed_over.push(tenant);
        }
        None
    }

    fn next_of(&mut self, id: &TenantId, free: usize) -> Option<Line> {
        let tenant = self.tenants.get_mut(id)?;
        for _ in 0..tenant.turns.len() {
            let name = tenant.turns.pop_front()?;
            let key = (id.clone(), name);
            let Some(component) = self.components.get_mut(&key) else { continue };
            let line = if component.may_run(free) { component.lines.pop_front() } else { None };
            if !component.lines.is_empty() {
                tenant.turns.push_back(key.1.clone());
            }
            if line.is_some() {
                return line;
            }
        }
        None
    }

    /// A job of a line begins. Returns whose place it takes.
    pub(super) fn begin(&mut self, line: &Line) -> ComponentKey {
        let key = self.component(&line.job_type);
        self.components.entry(key.clone()).or_default().running += 1;
        self.running += 1;
        let weight = self.weights.get(&key.0).map_or(1, |weight| u64::from(weight.get()));
        if let Some(tenant) = self.tenants.get_mut(&key.0) {
            self.paid_by_last = self.paid_by_last.max(tenant.paid);
            tenant.paid += COST / weight;
        }
        key
    }

    /// A job that has begun waits for its component's code, and gives its place back.
    pub(super) fn prepare(&mut self, key: &ComponentKey) {
        self.running = self.running.saturating_sub(1);
        if let Some(component) = self.components.get_mut(key) {
            component.running = component.running.saturating_sub(1);
            component.preparing += 1;
        }
    }

    /// Gives a job that was prepared a place again, if there is one for its component.
    pub(super) fn resume(&mut self, key: &ComponentKey) -> bool {
        let free = self.places.saturating_sub(self.running);
        let Some(component) = self.components.get_mut(key) else { return false };
        // The limit may have been lowered meanwhile.
        if component.running >= component.concurrency.unwrap_or(usize::MAX) || !component.leaves_places(free)
        {
            return false;
        }
        component.preparing = component.preparing.saturating_sub(1);
        component.running += 1;
        self.running += 1;
        true
    }

    /// A job that was to be prepared is given up.
    pub(super) fn give_up(&mut self, key: &ComponentKey) {
        if let Some(component) = self.components.get_mut(key) {
            component.preparing = component.preparing.saturating_sub(1);
        }
        self.drop_idle(key);
    }

    /// The component of a job that has begun is no longer at work.
    pub(super) fn end(&mut self, key: &ComponentKey) {
        self.running = self.running.saturating_sub(1);
        if let Some(component) = self.components.get_mut(key) {
            component.running = component.running.saturating_sub(1);
        }
        self.drop_idle(key);
    }

    /// How many jobs run at the same time at most.
    pub(super) fn places(&self) -> usize {
        self.places
    }

    /// Places of jobs that have begun and that no component has answered yet.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Whether any line has jobs.
    pub(super) fn is_empty(&self) -> bool {
        self.tenants.values().all(|tenant| tenant.turns.is_empty())
    }

    /// A type that nobody has assigned counts by itself.
    pub(super) fn component(&self, job_type: &TypeKey) -> ComponentKey {
        let name = self.component_of.get(job_type).map_or(&job_type.1, |(component, _)| component);
        (job_type.0.clone(), name.clone())
    }

    /// Forgets what a component without lines and jobs takes, once many have come and gone.
    fn drop_idle(&mut self, key: &ComponentKey) {
        /// Components that are remembered beside those with jobs.
        const IDLE_MAX: usize = 4_096;
        if self.components.len() > IDLE_MAX
            && self.components.get(key).is_some_and(|component| {
                component.lines.is_empty() && component.running + component.preparing == 0
            })
        {
            self.components.remove(key);
            self.component_of.retain(|(tenant, _), (name, _)| *tenant != key.0 || *name != key.1);
        }
    }
}

#[cfg(test)]
mod tests {
    use types::PartitionId;

    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name)
    }

    fn line(owner: &str, job_type: &str) -> Line {
        Line { partition: PartitionId::FIRST, job_type: (tenant(owner), job_type.into()) }
    }

    fn turns(places: usize, weights: &[(&str, u16)]) -> Turns {
        let weights = weights.iter().map(|(name, weight)| (tenant(name), NonZeroU16::new(*weight).unwrap()));
        Turns::new(places, weights.collect())
    }

    fn assign(turns: &mut Turns, line: &Line, component: &str, concurrency: usize) {
        assign_as_of(turns, line, component, concurrency, 0);
    }

    fn assign_as_of(turns: &mut Turns, line: &Line, component: &str, concurrency: usize, generation: u64) {
        turns.assign(&line.job_type, Share { component: component.into(), concurrency, generation });
    }

    /// Begins a job of the line whose turn it is; the line has more.
    fn begin(turns: &mut Turns) -> Option<(String, ComponentKey)> {
        let line = turns.next()?;
        let place = turns.begin(&line);
        let name = line.job_type.1.to_string();
        turns.add(line);
        Some((name, place))
    }

    /// The lines that got the next so many places, none of which is given back.
    fn places(turns: &mut Turns, count: usize) -> Vec<String> {
        (0..count).map_while(|_| begin(turns)).map(|(name, _)| name).collect()
    }

    /// How many of the next so many jobs each tenant gets, one at a time.
    fn served(turns: &mut Turns, jobs: usize) -> BTreeMap<String, usize> {
        let mut served = BTreeMap::new();
        for _ in 0..jobs {
            let (_, place) = begin(turns).unwrap();
            turns.end(&place);
            *served.entry(place.0.to_string()).or_default() += 1;
        }
        served
    }

    #[test]
    fn the_types_of_a_component_count_together() {
        let mut turns = turns(8, &[]);
        for job_type in ["charge", "refund", "payout"] {
            assign(&mut turns, &line("t", job_type), "pay", usize::MAX);
            turns.add(line("t", job_type));
        }
        let began = places(&mut turns, 9);
        assert_eq!(
            began,
            ["charge", "refund", "payout", "charge", "refund", "payout"],
            "six of eight places"
        );
        assign(&mut turns, &line("t", "mail"), "mail", usize::MAX);
        turns.add(line("t", "mail"));
        assert_eq!(places(&mut turns, 9), ["mail"], "the last place is for whoever runs nothing yet");
        turns.add(line("t", "late"));
        assert_eq!(places(&mut turns, 9), ["late"]);
    }

    #[test]
    fn one_of_few_places_is_left_to_others_too() {
        for (count, taken) in [(1, 1), (2, 1), (3, 2), (4, 3), (8, 6), (64, 48)] {
            let mut turns = turns(count, &[]);
            turns.add(line("t", "slow"));
            assert_eq!(places(&mut turns, count).len(), taken, "of {count} places");
        }
    }

    #[test]
    fn a_full_component_holds_no_place_and_goes_on_when_it_has_room() {
        let mut turns = turns(8, &[]);
        assign(&mut turns, &line("t", "charge"), "pay", 2);
        turns.add(line("t", "charge"));
        let (_, place) = begin(&mut turns).unwrap();
        assert_eq!(places(&mut turns, 9), ["charge"]);
        turns.add(line("t", "mail"));
        assert_eq!(places(&mut turns, 2), ["mail", "mail"]);
        turns.end(&place);
        assert_eq!(places(&mut turns, 2), ["charge", "mail"]);
        // A limit that is raised counts at once.
        assign(&mut turns, &line("t", "charge"), "pay", 3);
        assert_eq!(places(&mut turns, 1), ["charge"]);
    }

    #[test]
    fn floods_of_slow_jobs_leave_a_place_for_whoever_comes() {
        for floods in 1..=10 {
            let mut turns = turns(64, &[]);
            (0..floods).for_each(|number| turns.add(line("t", &format!("slow-{number}"))));
            let taken = places(&mut turns, 64).len();
            assert!((32..64).contains(&taken), "{floods} floods take {taken} places");
            turns.add(line("t", "quick"));
            let began = begin(&mut turns).map(|(name, _)| name);
            assert_eq!(began.as_deref(), Some("quick"));
        }
    }

    #[test]
    fn tenants_are_served_by_weight_and_whoever_comes_late_gets_its_share_and_no_more() {
        let mut turns = turns(1, &[("gold", 3)]);
        turns.add(line("gold", "a"));
        turns.add(line("iron", "a"));
        let expected = [("gold", 300), ("iron", 100)].map(|(name, jobs)| (name.to_owned(), jobs));
        assert_eq!(served(&mut turns, 400), expected.into());
        turns.add(line("late", "a"));
        let served = served(&mut turns, 500);
        assert!((99..=101).contains(&served["late"]), "{served:?}");
        assert!((299..=301).contains(&served["gold"]), "{served:?}");
    }

    #[test]
    fn no_line_starves() {
        let mut turns = turns(4, &[("gold", 1_000)]);
        let mut lines = Vec::new();
        for owner in ["gold", "iron"] {
            for number in 0..20 {
                let line = line(owner, &format!("{owner}-{number}"));
                assign(&mut turns, &line, &format!("component-{}", number % 5), 2);
                turns.add(line.clone());
                lines.push(line.job_type.1.to_string());
            }
        }
        let mut missing: std::collections::BTreeSet<String> = lines.into_iter().collect();
        for _ in 0..21 * 1_001 {
            let (name, place) = begin(&mut turns).unwrap();
            turns.end(&place);
            missing.remove(&name);
        }
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_share_that_was_overtaken_changes_nothing() {
        let mut turns = turns(8, &[]);
        let (charge, refund) = (line("t", "charge"), line("t", "refund"));
        assign_as_of(&mut turns, &charge, "new", 1, 7);
        // Asked for before the change, and here after it.
        assign_as_of(&mut turns, &charge, "old", 5, 6);
        assign_as_of(&mut turns, &refund, "new", 5, 6);
        turns.add(charge.clone());
        let (_, place) = begin(&mut turns).unwrap();
        assert_eq!(place.1.as_str(), "new");
        assert_eq!(turns.next(), None, "one at a time, as was granted last");
        assign_as_of(&mut turns, &charge, "new", 2, 7);
        assert_eq!(places(&mut turns, 8), ["charge"]);
    }

    #[test]
    fn a_type_that_changes_hands_takes_its_line_with_it() {
        let mut turns = turns(8, &[]);
        assign(&mut turns, &line("t", "charge"), "old", 1);
        turns.add(line("t", "charge"));
        let (_, place) = begin(&mut turns).unwrap();
        assert_eq!(turns.next(), None);
        assign(&mut turns, &line("t", "charge"), "new", 1);
        assert_eq!(places(&mut turns, 8), ["charge"]);
        turns.end(&place);
        assert_eq!(turns.next(), None, "the place of the one before is no place of the new one");
        assert!(!turns.is_empty());
    }
}
