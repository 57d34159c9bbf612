//! What searches find, and where it is.

use engine::state::ProcessInstance;

use super::columns::Column;
use crate::search::{
    Field, IncidentField, IncidentRecord, JobField, JobRecord, Origin, ProcessDefinitionField,
    ProcessInstanceField, ProcessInstanceRecord, UserTaskField, UserTaskRecord, VariableField,
    VariableRecord,
};
use crate::sql::columns::Columns;
use crate::sql::definitions;
use crate::sql::tables::{incident, job, process_instance, user_task, variable};
use crate::{DefinitionRecord, Error};

/// An entity that can be searched, named by its fields.
pub(crate) trait Entity: Field {
    /// What is found.
    type Record: Send;

    /// The tables. Outer joins, so that the engine of SQL is free to leave out the ones that a search does not need.
    const FROM: &'static str;
    /// What [`read`](Self::read) takes from a row, in this order.
    const COLUMNS: &'static [&'static str];

    /// The column of a field.
    fn column(self) -> Column;

    /// Reads a row.
    fn read(columns: &mut Columns<'_>) -> Result<Self::Record, Error>;

    /// How many bytes a record adds to its page, when that can be many.
    fn bytes(_record: &Self::Record) -> usize {
        0
    }
}

impl Entity for ProcessInstanceField {
    type Record = ProcessInstanceRecord;

    const FROM: &'static str =
        "process_instance p LEFT JOIN process_definition d ON d.key = p.definition_key";
    const COLUMNS: &'static [&'static str] = &["d.name", process_instance::COLUMNS];

    fn column(self) -> Column {
        self.into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<ProcessInstanceRecord, Error> {
        let process_name = columns.optional_text()?;
        let ProcessInstance {
            key,
            definition,
            bpmn_process_id,
            version,
            version_tag,
            tenant,
            state,
            started_at,
            ended_at,
            business_id,
            tags,
            paused: _,
            open_incidents,
            caller,
            suspended,
            ..
        } = process_instance::read(columns)?;
        Ok(ProcessInstanceRecord {
            key,
            definition,
            bpmn_process_id,
            process_name,
            version,
            version_tag,
            state,
            has_incident: open_incidents > 0,
            caller,
            suspended,
            started_at,
            ended_at,
            business_id,
            tags,
            tenant,
        })
    }
}

impl Entity for ProcessDefinitionField {
    type Record = DefinitionRecord;

    const FROM: &'static str = definitions::FROM;
    const COLUMNS: &'static [&'static str] = &[definitions::COLUMNS];

    fn column(self) -> Column {
        self.into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<DefinitionRecord, Error> {
        definitions::read(columns)
    }
}

impl Entity for UserTaskField {
    type Record = UserTaskRecord;

    const FROM: &'static str = "user_task u LEFT JOIN process_definition d ON d.key = u.definition_key";
    const COLUMNS: &'static [&'static str] = &[
        user_task::COLUMNS,
        "u.process_instance_key, u.definition_key, d.bpmn_process_id, d.version, u.tenant_id",
    ];

    fn column(self) -> Column {
        self.into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<UserTaskRecord, Error> {
        Ok(UserTaskRecord { task: user_task::read(columns)?, origin: read_origin(columns)? })
    }
}

impl Entity for IncidentField {
    type Record = IncidentRecord;

    const FROM: &'static str = "incident i LEFT JOIN process_definition d ON d.key = i.definition_key";
    const COLUMNS: &'static [&'static str] = &[
        incident::COLUMNS,
        "i.process_instance_key, i.definition_key, d.bpmn_process_id, d.version, i.tenant_id",
    ];

    fn column(self) -> Column {
        self.into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<IncidentRecord, Error> {
        Ok(IncidentRecord { incident: incident::read(columns)?, origin: read_origin(columns)? })
    }
}

impl Entity for JobField {
    type Record = JobRecord;

    const FROM: &'static str = "job j LEFT JOIN process_definition d ON d.key = j.definition_key \
         LEFT JOIN element_instance e ON e.key = j.element_instance_key";
    const COLUMNS: &'static [&'static str] = &[
        job::COLUMNS,
        "e.element_id",
        "j.process_instance_key, j.definition_key, d.bpmn_process_id, d.version, j.tenant_id",
    ];

    fn column(self) -> Column {
        self.into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<JobRecord, Error> {
        Ok(JobRecord { job: job::read(columns)?, element: columns.text()?, origin: read_origin(columns)? })
    }
}

impl Entity for VariableField {
    type Record = VariableRecord;

    const FROM: &'static str = "variable v LEFT JOIN process_instance p ON p.key = v.process_instance_key";
    const COLUMNS: &'static [&'static str] = &[variable::COLUMNS, "v.process_instance_key, p.tenant_id"];

    fn column(self) -> Column {
        self.into()
    }

    fn read(columns: &mut Columns<'_>) -> Result<VariableRecord, Error> {
        let variable = variable::read(columns)?;
        Ok(VariableRecord {
            key: variable.variable.key,
            scope: variable.scope,
            name: variable.name,
            value: variable.variable.value,
            instance: columns.key()?,
            tenant: columns.tenant()?,
        })
    }

    fn bytes(record: &VariableRecord) -> usize {
        record.value.as_str().len()
    }
}

pub(super) fn read_origin(columns: &mut Columns<'_>) -> Result<Origin, Error> {
    Ok(Origin {
        instance: columns.key()?,
        definition: columns.key()?,
        bpmn_process_id: columns.text()?,
        version: columns.number()?,
        tenant: columns.tenant()?,
    })
}
