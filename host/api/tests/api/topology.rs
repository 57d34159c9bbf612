//! Topology, status, license.

use serde_json::json;

use crate::support::Host;

#[tokio::test]
async fn the_topology_has_all_that_clients_ask_for() {
    let host = Host::start().await;
    let expected = json!({
        "brokers": [{
            "nodeId": 0,
            "brokerId": "0",
            "host": "127.0.0.1",
            "port": 8080,
            "partitions": [{"partitionId": 1, "role": "leader", "health": "healthy", "state": "active"}],
            "version": "1.2.3",
        }],
        "clusterId": null,
        "clusterSize": 1,
        "partitionsCount": 1,
        "replicationFactor": 1,
        "gatewayVersion": "1.2.3",
        "lastCompletedChangeId": "-1",
    });
    assert_eq!(host.get("/v2/topology").await.json(200), expected);
}

#[tokio::test]
async fn a_host_whose_store_answers_is_ready() {
    Host::start().await.get("/v2/status").await.is_done();
}

#[tokio::test]
async fn the_license_is_valid() {
    let expected =
        json!({"validLicense": true, "licenseType": "Apache-2.0", "isCommercial": false, "expiresAt": null});
    assert_eq!(Host::start().await.get("/v2/license").await.json(200), expected);
}
