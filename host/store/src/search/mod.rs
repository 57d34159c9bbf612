//! Searches as data: filters, sorting and pages, with Camunda's search conventions.
//!
//! A field is an enum per entity, so that no text of a caller ever becomes SQL.

mod check;
mod cursor;
mod fields;
pub mod names;
mod query;
mod records;

pub use check::{CONDITION_DEPTH_MAX, CONDITIONS_MAX, OPERANDS_MAX, PATTERN_BYTES_MAX, SORT_FIELDS_MAX};
pub use fields::{
    Field, FieldKind, IncidentField, IncidentSearch, JobField, JobSearch, ProcessDefinitionField,
    ProcessDefinitionSearch, ProcessInstanceField, ProcessInstanceSearch, SORT_TEXT_CHARS, UserTaskField,
    UserTaskSearch, VariableField, VariableSearch,
};
pub use query::{
    Condition, Operand, Operator, Order, PAGE_BYTES_MAX, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, Page,
    PageRequest, PageStart, Search, TOTAL_ITEMS_COUNTED_MAX,
};
pub use records::{IncidentRecord, JobRecord, Origin, ProcessInstanceRecord, UserTaskRecord, VariableRecord};

pub(crate) use check::check;
pub(crate) use cursor::{Cursor, Sorting};
