//! A host with a thousand different components: what it takes at its start, and once each has done a job.

use std::time::{Duration, Instant};

use anyhow::ensure;
use harness::Host;
use manifest::Manifest;
use serde_json::json;

use super::session::Session;
use super::start::{SETTLED, megabytes};
use crate::generator::block_on;
use crate::host::component;
use crate::report::{Measurement, median};

const COMPONENTS: u64 = 1_000;

/// What a host may take beside compiled code, in megabytes.
const BESIDE_CODE_MB_MAX: f64 = 256.0;

/// Resident megabytes after each component has done a job.
pub(super) fn bench(session: &mut Session) -> anyhow::Result<Measurement> {
    let home = session.home()?;
    let count = session.scaled(COMPONENTS);
    let echo = component("echo.wasm")?;
    let host = home.start_host()?;
    let uploaded = block_on(upload(&host, &echo, count))?;
    host.terminate()?;

    let began = Instant::now();
    let host = home.start_host()?;
    let ready = began.elapsed();
    std::thread::sleep(SETTLED);
    let at_start = megabytes(host.resident_bytes()?);
    let first_jobs = block_on(run_each(&host, count))?;
    let after = megabytes(host.resident_bytes()?);
    let bound = megabytes(sandbox::LOADED_BYTES_MAX) + BESIDE_CODE_MB_MAX;
    ensure!(after <= bound, "the host takes {after:.0} MB, and may take {bound:.0} MB");
    let first_job = median(first_jobs.iter().map(|time| time.as_secs_f64() * 1e3).collect());
    let per_upload = uploaded.as_secs_f64() / count as f64 * 1e3;
    let measurement = Measurement::new(after, "MB", String::new())
        .noting(format_args!(
            "{at_start:.0} MB at the start, ready after {:.0} ms",
            ready.as_secs_f64() * 1e3
        ))
        .noting(format_args!(
            "{first_job:.1} ms for the first instance of each, {per_upload:.0} ms to upload one"
        ))
        .with("start_mb", at_start)
        .with("peak_mb", megabytes(host.peak_resident_bytes()?))
        .with("ready_ms", ready.as_secs_f64() * 1e3)
        .with("first_instance_ms", first_job)
        .with("upload_ms", per_upload);
    Ok(session.told(measurement, count))
}

/// Uploads the same logic under so many names, which is so many digests, and deploys a model for each.
async fn upload(host: &Host, echo: &[u8], count: u64) -> anyhow::Result<Duration> {
    let mut time = Duration::ZERO;
    for number in 0..count {
        let name = name(number);
        let manifest = Manifest::from_toml(&format!(
            "name = '{name}'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['{name}']\n"
        ))?;
        let packed = manifest::embed(echo, &manifest)?;
        let began = Instant::now();
        let (status, answer) = host.upload(packed).await?;
        ensure!(status == 201, "the upload of {name}: {status} {answer}");
        time += began.elapsed();
        let model = include_str!("../../models/one-task.bpmn")
            .replace("id=\"one-task\"", &format!("id=\"{name}\""))
            .replace("type=\"echo\"", &format!("type=\"{name}\""));
        host.deploy(&format!("{name}.bpmn"), model).await?;
    }
    Ok(time)
}

/// Runs one instance of each, and measures how long it takes.
async fn run_each(host: &Host, count: u64) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::new();
    for number in 0..count {
        let began = Instant::now();
        host.run_instance(&name(number), json!({ "n": number })).await?;
        times.push(began.elapsed());
    }
    Ok(times)
}

fn name(number: u64) -> String {
    format!("echo-{number}")
}
