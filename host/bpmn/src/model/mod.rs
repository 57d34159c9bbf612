//! A checked, executable process: what the engine runs.
//!
//! Elements and sequence flows live in two flat lists and refer to each other by index.
//! The first element is the process itself, the scope of everything that has no other.

mod process;

mod element;
mod flow;
mod index;

mod event;
mod gateway;
mod sub_process;
mod task;
mod trigger;
mod user_task;

mod binding;
mod call;
mod form;
mod listener;
mod repetition;
mod text;

mod upstream;

pub use binding::Binding;
pub use call::{CalledDecision, CalledProcess};
pub use element::{Element, ElementKind, PassThrough};
pub use event::{BoundaryEvent, Compensation, StartEvent, Throw, Thrown};
pub use flow::SequenceFlow;
pub use form::Form;
pub use gateway::{ComplexGateway, EventBasedGateway};
pub use index::{ElementIndex, FlowIndex};
pub use listener::{ExecutionListener, ListenerEvent, TaskListener, TaskListenerEvent};
pub use process::Process;
pub use repetition::{Loop, MultiInstance, StandardLoop};
pub use sub_process::{AdHoc, SubProcess};
pub use task::{JobTask, JobTaskElement, LinkedResource, ReceiveTask, ResponseMapping, ScriptTask};
pub use text::{Mapping, Text};
pub use trigger::{Catch, Condition, Message, TimerDefinition, Trigger, VariableEvents};
pub(crate) use upstream::Upstream;
pub use user_task::{UserTask, UserTaskImplementation};
