//! Element instances.

use bpmn::model::ElementIndex;
use minicbor::{Decode, Encode};
use types::{ElementInstanceKey, ProcessInstanceKey, SharedStr, Timestamp, Variables};

use crate::state::members::{Belonging, SmallSet};

/// One activation of an element that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ElementInstance {
    /// Its key. The process scope has the instance's.
    pub key: ElementInstanceKey,
    /// The scope it lives in; the process scope is its own.
    pub scope: ElementInstanceKey,
    /// The element's id in the model.
    pub element: SharedStr,
    /// Where it stands.
    pub state: ElementState,
    /// Its part in a loop.
    pub role: Role,
    /// How many execution listeners have run in this state.
    pub listeners_done: u16,
    /// The instance that a call activity has called.
    pub called: Option<ProcessInstanceKey>,
    /// What follows the end that is under way.
    pub sequel: Option<Box<Sequel>>,
    /// When it was entered.
    pub entered_at: Timestamp,
    /// The element instances that live directly in it. Derived: not stored.
    pub(in crate::state) children: SmallSet<ElementInstanceKey>,
    /// What else exists for it. Derived: not stored.
    pub(in crate::state) belongings: SmallSet<Belonging>,
    /// The element in the process. Derived: not stored.
    pub(in crate::state) index: ElementIndex,
}

impl ElementInstance {
    /// The element in the process.
    pub fn index(&self) -> ElementIndex {
        self.index
    }

    /// How many element instances live directly in it.
    pub fn children(&self) -> usize {
        self.children.len()
    }

    /// The keys of the element instances that live directly in it.
    pub fn child_keys(&self) -> impl Iterator<Item = ElementInstanceKey> {
        self.children.iter()
    }

    /// What is stored of it.
    pub(in crate::state) fn row(&self) -> Self {
        Self {
            key: self.key,
            scope: self.scope,
            element: self.element.clone(),
            state: self.state,
            role: self.role,
            listeners_done: self.listeners_done,
            called: self.called,
            sequel: self.sequel.clone(),
            entered_at: self.entered_at,
            children: SmallSet::Empty,
            belongings: SmallSet::Empty,
            index: self.index,
        }
    }
}

/// An element instance's part in a loop, or in an ad-hoc sub-process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(flat)]
pub enum Role {
    /// It is in no loop.
    #[default]
    #[n(0)]
    Plain,
    /// The loop as a whole: the scope of its items, with the boundary events.
    #[n(1)]
    Loop,
    /// One item of the loop that is its scope.
    #[n(2)]
    Item {
        /// Its `loopCounter`, from 1.
        #[n(0)]
        counter: u32,
    },
    /// One path through the ad-hoc sub-process that is its scope: what goes on from one activated activity.
    #[n(3)]
    Path,
}

/// Where an element instance stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ElementState {
    /// Something is still to be evaluated before it is active.
    #[n(0)]
    Activating,
    /// It waits or acts.
    #[default]
    #[n(1)]
    Active,
    /// Its work is done, its results are still to be mapped.
    #[n(2)]
    Completing,
    /// It is being ended from outside, and waits: for what is in it to end, for its listeners, for the instance that it has
    /// called.
    #[n(3)]
    Terminating,
    /// What is active in it is being ended. It goes on when that is over.
    #[n(4)]
    Emptying,
}

impl ElementState {
    /// Whether something is being ended, and the element instance or scope does nothing until that is over.
    pub fn is_ending(self) -> bool {
        matches!(self, Self::Terminating | Self::Emptying)
    }
}

/// What follows when an element instance that is being ended has ended, or a scope is empty.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Sequel {
    /// The event that has interrupted it is entered.
    #[n(0)]
    Event {
        /// The boundary event of what has ended, or the start event of an event sub-process of the scope.
        #[n(0)]
        element: SharedStr,
        /// What came with it.
        #[n(1)]
        variables: Variables,
    },
    /// The scope is left.
    #[n(1)]
    Leave {},
    /// A cancelled transaction undoes what was completed in it.
    #[n(2)]
    Undo {
        /// The cancel end event.
        #[n(0)]
        by: ElementInstanceKey,
    },
}
