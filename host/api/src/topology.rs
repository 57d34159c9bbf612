//! `GET /v2/topology`, `/v2/status` and `/v2/license`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use types::PartitionId;

use crate::problem::Problem;
use crate::state::ApiState;

/// The cluster as Camunda's clients expect it: one broker with all partitions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Topology {
    brokers: [Broker; 1],
    cluster_id: Option<String>,
    cluster_size: u32,
    partitions_count: usize,
    replication_factor: u32,
    gateway_version: &'static str,
    last_completed_change_id: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Broker {
    node_id: u32,
    broker_id: &'static str,
    host: String,
    port: u16,
    partitions: Vec<Partition>,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Partition {
    partition_id: PartitionId,
    role: &'static str,
    health: &'static str,
    state: &'static str,
}

pub(crate) async fn get_topology(State(state): State<ApiState>) -> Json<Topology> {
    let partition =
        |partition_id| Partition { partition_id, role: "leader", health: "healthy", state: "active" };
    let partitions: Vec<Partition> = state.handle.partitions().map(partition).collect();
    let partitions_count = partitions.len();
    let broker = Broker {
        node_id: 0,
        broker_id: "0",
        host: state.listen.ip().to_string(),
        port: state.listen.port(),
        partitions,
        version: state.version,
    };
    Json(Topology {
        brokers: [broker],
        cluster_id: None,
        cluster_size: 1,
        partitions_count,
        replication_factor: 1,
        gateway_version: state.version,
        last_completed_change_id: "-1",
    })
}

/// 204 when the store answers.
pub(crate) async fn get_status(State(state): State<ApiState>) -> Result<StatusCode, Problem> {
    state.handle.store().next_key_counter(PartitionId::FIRST).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The answer to clients that ask before they begin to work.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct License {
    valid_license: bool,
    license_type: &'static str,
    is_commercial: bool,
    expires_at: Option<String>,
}

pub(crate) async fn get_license() -> Json<License> {
    Json(License { valid_license: true, license_type: "Apache-2.0", is_commercial: false, expires_at: None })
}
