//! Searches as data: filters, sorting and pages, with Camunda's search conventions.
//!
//! A field is an enum per entity, so that no text of a caller ever becomes SQL.

mod batch_fields;
mod check;
mod cursor;
mod decision_fields;
mod fields;
pub mod names;
mod query;
mod records;
mod waiting_fields;

pub use batch_fields::{BatchOperationField, BatchOperationSearch};
pub use check::{CONDITION_DEPTH_MAX, CONDITIONS_MAX, OPERANDS_MAX, PATTERN_BYTES_MAX, SORT_FIELDS_MAX};
pub use decision_fields::{
    DecisionEvaluationField, DecisionEvaluationSearch, DecisionField, DecisionRequirementsField,
    DecisionRequirementsSearch, DecisionSearch,
};
pub use fields::{
    Field, FieldKind, IncidentField, IncidentSearch, JobField, JobSearch, ProcessDefinitionField,
    ProcessDefinitionSearch, ProcessInstanceField, ProcessInstanceSearch, SORT_TEXT_CHARS, UserTaskField,
    UserTaskSearch, VariableField, VariableSearch,
};
pub use query::{
    Condition, Operand, Operator, Order, PAGE_BYTES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, Page,
    PageRequest, PageStart, Search, TOTAL_ITEMS_COUNTED_MAX,
};
pub use records::{
    DecisionListing, ElementInstanceRecord, EvaluationRecord, IncidentRecord, JobRecord,
    MessageCorrelationRecord, MessageSubscriptionRecord, Origin, ProcessInstanceRecord, UserTaskRecord,
    VariableRecord,
};
pub use waiting_fields::{
    ElementInstanceField, ElementInstanceSearch, MessageCorrelationField, MessageCorrelationSearch,
    MessageSubscriptionField, MessageSubscriptionSearch,
};

pub(crate) use check::check;
pub(crate) use cursor::{Cursor, Sorting};
