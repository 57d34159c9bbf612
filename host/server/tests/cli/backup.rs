//! Backups, and what is made of them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::support::{Host, component, line, model, run, run_with};

/// A folder with a host's data, a backup of it, and room for more.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> anyhow::Result<Self> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A host with an instance that waits for a component which is not there.
    fn host_with_instance(&self) -> anyhow::Result<(Host, String)> {
        let host = Host::start(&self.path("data"))?;
        host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
        let started = host.run(["start", "one-echo", "--vars", "{\"n\": 1}"])?.expect(0)?.stdout;
        let instance = started.split(|letter: char| !letter.is_ascii_digit()).find(|part| part.len() > 10);
        let instance = instance.with_context(|| format!("no key in {started}"))?.to_owned();
        Ok((host, instance))
    }

    /// A backup of such a host, which is gone.
    fn backup(&self) -> anyhow::Result<PathBuf> {
        let (host, _) = self.host_with_instance()?;
        let backup = self.path("backup");
        host.run(line!["backup", &backup])?.expect(0)?;
        Ok(backup)
    }
}

fn manifest(backup: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(backup.join("manifest.json"))?)?)
}

fn change_manifest(backup: &Path, change: impl FnOnce(&mut Value)) -> anyhow::Result<()> {
    let mut value = manifest(backup)?;
    change(&mut value);
    Ok(std::fs::write(backup.join("manifest.json"), value.to_string())?)
}

/// Asks a host for something that no command shows.
fn ask(host: &Host, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let url = format!("{}{path}", host.url);
        let client = host.client()?;
        let request = match body {
            Some(body) => client.post(url).header("content-type", "application/json").body(body.to_string()),
            None => client.get(url),
        };
        Ok(serde_json::from_str(&request.send().await?.text().await?)?)
    })
}

fn jobs_handed_out(host: &Host) -> anyhow::Result<usize> {
    let body = json!({ "type": "echo", "timeout": 60_000, "maxJobsToActivate": 10, "requestTimeout": -1 });
    let answer = ask(host, "/v2/jobs/activation", Some(body))?;
    Ok(answer["jobs"].as_array().context("jobs")?.len())
}

#[test]
fn a_restored_host_waits_to_be_told_and_then_goes_on() -> anyhow::Result<()> {
    let place = Place::new()?;
    let (host, instance) = place.host_with_instance()?;
    host.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    host.wait_for_end(&instance)?;
    host.run(["worker", "remove", "echo", "1.0.0"])?.expect(0)?;
    host.run(["start", "one-echo"])?.expect(0)?;
    let (backup, data) = (place.path("backup"), place.path("restored"));
    let made = host.run(line!["backup", &backup, "--rate", "0"])?.expect(0)?;
    ensure!(made.stdout.contains("the backup is in") && made.stderr.is_empty(), "{made:#?}");
    let manifest = manifest(&backup)?;
    ensure!(manifest["format"] == 1 && manifest["files"][0]["name"] == "fermata.db", "{manifest}");
    ensure!(std::fs::read_dir(&backup)?.count() == 2, "a backup is a database and a manifest");

    let restored = run(line!["restore", &backup, "--data", &data])?.expect(0)?.stdout;
    for part in ["1 active instance,", "echo", "done twice", "suspended", "fermata resume"] {
        ensure!(restored.contains(part), "`{part}` is missing: {restored}");
    }
    let original = manifest["installationId"].as_str().context("an installation id")?;
    ensure!(!restored.contains(original), "the installation id has not changed: {restored}");
    let mut files: Vec<_> =
        std::fs::read_dir(&data)?.map(|entry| Ok(entry?.file_name())).collect::<anyhow::Result<_>>()?;
    files.sort();
    ensure!(files == ["fermata.db", "fermata.lock"], "{files:?}");

    let copy = Host::start(&data)?;
    copy.run(line!["worker", "push", component("echo.wasm")?])?.expect(0)?;
    // An instance that is started meanwhile waits as well.
    copy.run(["start", "one-echo"])?.expect(0)?;
    let shown = copy.run(["resume", "--dry-run"])?.expect(0)?.stdout;
    ensure!(shown.contains("is suspended"), "{shown}");
    let before = copy.run(["resume", "--dry-run", "--json"])?.expect(0)?.stdout;
    let before: Value = serde_json::from_str(&before)?;
    ensure!(before["suspended"] == true && before["activeInstances"] == 2, "{before}");
    ensure!(before["jobs"] == json!([{ "type": "echo", "waiting": 2, "held": 0, "running": 0 }]), "{before}");
    let ended = copy.end("TERM")?.expect(0)?;
    ensure!(ended.stderr.contains("suspended, because the data was restored"), "{ended:#?}");

    let copy = Host::start(&data)?;
    let instances: Value = ask(&copy, "/v2/process-instances/search", Some(json!({})))?;
    let keys = instances["items"].as_array().context("items")?;
    ensure!(keys.len() == 3, "{instances}");
    let told = copy.run(["resume"])?.expect(0)?.stdout;
    ensure!(told.contains("the host goes on"), "{told}");
    for key in keys {
        copy.wait_for_end(key["processInstanceKey"].as_str().context("a key")?)?;
    }
    let again = copy.run(["resume"])?.expect(0)?.stdout;
    ensure!(again.contains("the host is not suspended"), "{again}");
    // The original goes on by itself: it was told nothing.
    ensure!(jobs_handed_out(&host)? == 1);
    Ok(())
}

#[test]
fn a_host_that_may_go_on_hands_out_jobs_at_once() -> anyhow::Result<()> {
    let place = Place::new()?;
    let backup = place.backup()?;
    for (name, arguments, handed_out) in [("waits", &[][..], 0), ("goes-on", &["--resume"], 1)] {
        let data = place.path(name);
        let restore = line!["restore", &backup, "--data", &data, "--json"];
        let restored = run(restore.into_iter().chain(arguments.iter().map(Into::into)))?.expect(0)?.stdout;
        let restored: Value = serde_json::from_str(&restored)?;
        ensure!(restored["suspended"] == (handed_out == 0) && restored["backupTakenAt"].is_string());
        ensure!(jobs_handed_out(&Host::start(&data)?)? == handed_out, "{name}");
    }
    Ok(())
}

#[test]
fn a_data_folder_is_backed_up_while_no_host_runs() -> anyhow::Result<()> {
    let place = Place::new()?;
    let (data, backup) = (place.path("data"), place.path("backup"));
    let (host, _) = place.host_with_instance()?;
    let refused = run(line!["backup", &backup, "--data", &data])?.expect(2)?;
    ensure!(refused.stderr.contains("in use by another fermata process"), "{refused:#?}");
    ensure!(refused.stderr.contains("leave --data out"), "{refused:#?}");
    ensure!(!backup.exists(), "a backup that was refused leaves nothing");
    // Killed: what is acknowledged is in the log.
    drop(host);
    run(line!["backup", &backup, "--data", &data])?.expect(0)?;
    let restored = run(line!["restore", &backup, "--data", place.path("restored")])?.expect(0)?.stdout;
    ensure!(restored.contains("1 active instance,"), "{restored}");

    run(line!["backup", place.path("other"), "--data", place.path("nothing")])?
        .expect_line(2, &["there is no database in"])?;
    ensure!(!place.path("nothing").exists() && !place.path("other").exists());
    run_with(line!["backup", place.path("other")], &[("FERMATA_URL", "http://127.0.0.1:1")], "")?
        .expect_line(2, &["no host answers at"])
}

#[test]
fn what_is_no_whole_backup_is_not_restored() -> anyhow::Result<()> {
    let place = Place::new()?;
    let (backup, data) = (place.backup()?, place.path("restored"));
    let restore = || run(line!["restore", &backup, "--data", &data]);
    let database = backup.join("fermata.db");
    let (good, described) = (std::fs::read(&database)?, manifest(&backup)?);
    let undo = || -> anyhow::Result<()> {
        std::fs::write(&database, &good)?;
        change_manifest(&backup, |manifest| *manifest = described.clone())
    };

    std::fs::rename(backup.join("manifest.json"), place.path("manifest.json"))?;
    restore()?.expect_line(2, &["is no backup", "manifest.json"])?;
    std::fs::rename(place.path("manifest.json"), backup.join("manifest.json"))?;

    let mut tampered = good.clone();
    *tampered.last_mut().context("a database")? ^= 1;
    std::fs::write(&database, tampered)?;
    restore()?.expect_line(1, &["fermata.db is not what it was", "the backup is damaged"])?;
    std::fs::write(&database, &good[..good.len() / 2])?;
    restore()?.expect_line(1, &["fermata.db has", "the backup is damaged"])?;
    std::fs::remove_file(&database)?;
    restore()?.expect_line(1, &["failed to read", "fermata.db"])?;
    undo()?;

    change_manifest(&backup, |manifest| manifest["schemaVersion"] = json!(1_000))?;
    restore()?.expect_line(2, &["schema version 1000", "use a newer fermata"])?;
    change_manifest(&backup, |manifest| manifest["format"] = json!(1_000))?;
    restore()?.expect_line(2, &["format 1000", "use a newer fermata"])?;
    undo()?;
    change_manifest(&backup, |manifest| manifest["store"] = json!("stone"))?;
    restore()?.expect_line(2, &["a store of the kind `stone`"])?;
    ensure!(!data.exists(), "what was refused leaves nothing");
    undo()?;
    restore()?.expect(0)?;
    restore()?.expect_line(2, &["restored is not empty"])
}

#[test]
fn a_folder_with_something_in_it_is_not_written_into() -> anyhow::Result<()> {
    let place = Place::new()?;
    let backup = place.backup()?;
    let before = std::fs::read(backup.join("manifest.json"))?;
    let host = Host::start(&place.path("data"))?;
    host.run(line!["backup", &backup])?.expect_line(2, &["backup is not empty"])?;
    ensure!(std::fs::read(backup.join("manifest.json"))? == before);
    // An empty one is taken, such as a volume that was just mounted.
    let volume = place.path("volume");
    std::fs::create_dir(&volume)?;
    run(line!["restore", &backup, "--data", &volume])?.expect(0)?;
    ensure!(volume.join("fermata.db").exists());
    Ok(())
}

#[test]
fn the_key_of_the_secrets_travels_apart_from_the_backup() -> anyhow::Result<()> {
    let place = Place::new()?;
    let (data, backup) = (place.path("data"), place.path("backup"));
    let host = Host::start(&data)?;
    host.run_with_input(["secret", "set", "API_KEY"], "hunter2")?.expect(0)?;
    let made = host.run(line!["backup", &backup])?.expect(0)?.stdout;
    ensure!(made.contains("1 secret in it, sealed, without the key"), "{made}");
    ensure!(!backup.join("secret.key").exists());

    let without = place.path("without");
    let told = run(line!["restore", &backup, "--data", &without])?.expect(0)?.stdout;
    ensure!(told.contains("1 secret came back sealed"), "{told}");
    run(line!["serve", "--listen", "127.0.0.1:0", "--data", &without])?
        .expect_line(2, &["secret.key is missing", "FERMATA_SECRET_KEY"])?;
    std::fs::copy(data.join("secret.key"), without.join("secret.key"))?;
    Host::start(&without)?.run(["secret", "list"])?.expect(0)?;

    let with = place.path("with");
    let key = data.join("secret.key");
    let told = run(line!["restore", &backup, "--data", &with, "--secret-key", &key])?.expect(0)?.stdout;
    ensure!(!told.contains("sealed"), "{told}");
    ensure!(Host::start(&with)?.run(["secret", "list"])?.expect(0)?.stdout.contains("API_KEY"));

    let wrong = place.path("wrong.key");
    std::fs::write(&wrong, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")?;
    let other = place.path("other");
    run(line!["restore", &backup, "--data", &other, "--secret-key", &wrong])?
        .expect(1)?
        .stderr
        .contains("does not open with this key")
        .then_some(())
        .context("the wrong key is named")?;
    ensure!(!other.exists());
    run(line!["restore", &backup, "--data", &other, "--secret-key", place.path("missing.key")])?
        .expect_line(2, &["missing.key", "No such file"])
}

#[test]
fn either_a_backup_or_a_database_is_restored() -> anyhow::Result<()> {
    run(["restore"])?.expect_line(2, &["name a backup, or a database"])?;
    run(["restore", "--data", "data"])?.expect(2)?;
    run(["restore", "backup", "--database-url", "postgres://localhost/fermata"])?.expect(2)?;
    run(["restore", "--database-url", "postgres://127.0.0.1:1/fermata"])?
        .expect_line(2, &["cannot open the database at 127.0.0.1:1"])?;
    // The variable counts where no backup is named, and nowhere else.
    let set = [("FERMATA_DATABASE_URL", "postgres://127.0.0.1:1/fermata")];
    run_with(["restore"], &set, "")?.expect_line(2, &["cannot open the database at 127.0.0.1:1"])?;
    let place = Place::new()?;
    let missing = place.path("missing");
    run_with(line!["restore", &missing, "--data", place.path("data")], &set, "")?
        .expect_line(2, &["missing is no backup"])
}
