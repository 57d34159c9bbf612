//! What belongs to an element instance: kept with it, so that ending it does not look through all that the instance has.

use std::collections::BTreeSet;

use types::{CompensationKey, IncidentKey, JobKey, SubscriptionKey, TimerKey, UserTaskKey};

/// Something that exists for one element instance and ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Belonging {
    Job(JobKey),
    Timer(TimerKey),
    UserTask(UserTaskKey),
    Incident(IncidentKey),
    Subscription(SubscriptionKey),
    /// Something that can be undone in this scope.
    Compensable(CompensationKey),
}

/// An ordered set that most often has one member at the most, and then allocates nothing.
///
/// Equal sets have equal forms: one that shrinks goes back to the smaller form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum SmallSet<T> {
    #[default]
    Empty,
    One(T),
    Many(BTreeSet<T>),
}

impl<T: Copy + Ord> SmallSet<T> {
    pub(super) fn insert(&mut self, member: T) {
        match self {
            Self::Empty => *self = Self::One(member),
            Self::One(only) if *only == member => {}
            Self::One(only) => *self = Self::Many(BTreeSet::from([*only, member])),
            Self::Many(members) => drop(members.insert(member)),
        }
    }

    pub(super) fn remove(&mut self, member: T) {
        match self {
            Self::Empty => {}
            Self::One(only) if *only == member => *self = Self::Empty,
            Self::One(_) => {}
            Self::Many(members) => {
                members.remove(&member);
                if let (1, Some(only)) = (members.len(), members.first()) {
                    *self = Self::One(*only);
                }
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(_) => 1,
            Self::Many(members) => members.len(),
        }
    }

    /// The members in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let (one, many) = match self {
            Self::Empty => (None, None),
            Self::One(only) => (Some(*only), None),
            Self::Many(members) => (None, Some(members)),
        };
        one.into_iter().chain(many.into_iter().flat_map(|members| members.iter().copied()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_grows_and_shrinks_and_has_one_form() {
        let mut set = SmallSet::default();
        for member in [3, 1, 2, 2] {
            set.insert(member);
        }
        assert_eq!((set.len(), set.iter().collect::<Vec<_>>()), (3, vec![1, 2, 3]));
        set.remove(4);
        set.remove(1);
        set.remove(3);
        assert_eq!(set, SmallSet::One(2));
        set.remove(3);
        set.insert(2);
        assert_eq!((set.len(), set.iter().collect::<Vec<_>>()), (1, vec![2]));
        set.remove(2);
        assert_eq!((set.len(), &set), (0, &SmallSet::Empty));
    }
}
