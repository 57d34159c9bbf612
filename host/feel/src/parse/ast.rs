//! Syntax trees. Names are resolved: a local name is a slot, anything else a variable of the scope.

use crate::functions::{Builtin, Form};
use crate::span::Span;
use crate::types::Type;
use crate::value::{RangeForm, Value};

/// Where a local name stands among the values bound around it, the outermost being 0.
pub(crate) type Slot = u16;

/// One part of an expression.
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Nodes on the longest way down, this one included.
    pub(crate) height: u16,
}

pub(crate) enum Kind {
    Literal(Value<'static>),
    Text(Box<str>),
    /// A literal `@"…"` that holds no date, time or duration.
    InvalidTemporal(Box<str>),
    /// A variable of the scope.
    Variable(Box<str>),
    Local(Slot),
    /// A name inside filters, which an entry of their items may have.
    Entry(Box<EntryName>),
    List(Box<[Node]>),
    /// Each entry is bound to the next slot for the entries after it.
    Context(Box<[(Box<str>, Node)]>),
    Range(Box<RangeNode>),
    Path(Box<Node>, Box<str>),
    /// The item is bound to the next slot for the condition.
    Filter(Box<[Node; 2]>),
    Negate(Box<Node>),
    Arithmetic(Box<Node>, Box<[(ArithmeticOperator, Node)]>),
    Compare(CompareOperator, Box<[Node; 2]>),
    Between(Box<[Node; 3]>),
    In(Box<Node>, Box<[Test]>),
    And(Box<[Node]>),
    Or(Box<[Node]>),
    /// Pairs of condition and result, and what holds where no condition does.
    If(Box<[(Node, Node)]>, Box<Node>),
    For(Box<Loop>),
    Some(Box<Loop>),
    Every(Box<Loop>),
    Function(Box<FunctionNode>),
    /// The arguments stand in the order of a signature; of which one is known where they were named.
    CallBuiltin(&'static Builtin, Option<Form>, Box<[Node]>),
    Call(Box<Node>, Box<[Node]>),
    CallNamed(Box<Node>, Box<[(Box<str>, Node)]>),
    InstanceOf(Box<Node>, Box<Type>),
}

/// A name that may be an entry of filtered items.
pub(crate) struct EntryName {
    pub(crate) name: Box<str>,
    /// The items around, the innermost first.
    pub(crate) items: Box<[Slot]>,
    /// Where the name is bound outside of them; a variable otherwise.
    pub(crate) local: Option<Slot>,
}

pub(crate) struct RangeNode {
    pub(crate) form: RangeForm,
    /// `None` where the range is open below; the only bound of a form other than an interval.
    pub(crate) start: Option<Node>,
    pub(crate) start_included: bool,
    /// `None` where the range is open above.
    pub(crate) end: Option<Node>,
    pub(crate) end_included: bool,
}

/// A function literal. In the body the next slots hold the function itself, if it knows itself, and then its parameters.
pub(crate) struct FunctionNode {
    pub(crate) parameters: Box<[Parameter]>,
    pub(crate) body: Node,
    pub(crate) knows_itself: bool,
}

pub(crate) struct Parameter {
    pub(crate) name: Box<str>,
    /// What arguments are converted to.
    pub(crate) of: Option<Type>,
}

/// What `for`, `some` and `every` have in common.
pub(crate) struct Loop {
    /// Each is bound to the next slot for the iterators after it and the body.
    pub(crate) iterators: Box<[LoopOver]>,
    pub(crate) body: Node,
    /// Whether the results so far are bound to the slot before the iterators, as `partial`.
    pub(crate) partial: bool,
}

pub(crate) enum LoopOver {
    List(Node),
    /// From one whole number to another, upwards or downwards.
    Numbers(Node, Node),
}

/// One of the tests behind `in` or in a decision table.
pub(crate) enum Test {
    Compare(CompareOperator, Node),
    Value {
        node: Node,
        /// Whether the test says itself what it asks of the input.
        mentions_input: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Kind {
    /// Nodes on the longest way down, the node of this kind included.
    pub(super) fn height(&self) -> u16 {
        let below = match self {
            Kind::Literal(_)
            | Kind::Text(_)
            | Kind::InvalidTemporal(_)
            | Kind::Variable(_)
            | Kind::Local(_)
            | Kind::Entry(_) => 0,
            Kind::List(nodes) | Kind::And(nodes) | Kind::Or(nodes) | Kind::CallBuiltin(_, _, nodes) => {
                highest(nodes)
            }
            Kind::Context(entries) => highest(entries.iter().map(|(_, node)| node)),
            Kind::Range(range) => highest(range.start.iter().chain(&range.end)),
            Kind::Path(node, _) | Kind::Negate(node) | Kind::InstanceOf(node, _) => node.height,
            Kind::Function(function) => function.body.height,
            Kind::Filter(nodes) | Kind::Compare(_, nodes) => highest(nodes.iter()),
            Kind::Between(nodes) => highest(nodes.iter()),
            Kind::Arithmetic(first, rest) => first.height.max(highest(rest.iter().map(|(_, node)| node))),
            Kind::In(node, tests) => node.height.max(highest(tests.iter().map(Test::node))),
            Kind::If(branches, otherwise) => {
                let branches = branches.iter().flat_map(|(condition, result)| [condition, result]);
                otherwise.height.max(highest(branches))
            }
            Kind::For(looped) | Kind::Some(looped) | Kind::Every(looped) => {
                let over = looped.iterators.iter().flat_map(|over| match over {
                    LoopOver::List(list) => [list, list],
                    LoopOver::Numbers(from, to) => [from, to],
                });
                looped.body.height.max(highest(over))
            }
            Kind::Call(callee, arguments) => callee.height.max(highest(arguments)),
            Kind::CallNamed(callee, arguments) => {
                callee.height.max(highest(arguments.iter().map(|(_, node)| node)))
            }
        };
        below.saturating_add(1)
    }
}

impl Test {
    pub(crate) fn node(&self) -> &Node {
        match self {
            Test::Compare(_, node) | Test::Value { node, .. } => node,
        }
    }
}

fn highest<'n>(nodes: impl IntoIterator<Item = &'n Node>) -> u16 {
    nodes.into_iter().map(|node| node.height).max().unwrap_or(0)
}
