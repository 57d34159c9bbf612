//! A worker that is being written: `fermata worker dev`.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::signatures::{keygen, start};
use crate::support::{Host, command, component, line, model, run};

/// The command at work. Killed when dropped.
struct Dev {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Dev {
    fn start(host: &Host, folder: &Path, more: &[&str]) -> anyhow::Result<Self> {
        let mut child = command()
            .args(["worker", "dev"])
            .arg(folder)
            .args(more)
            .env("FERMATA_URL", &host.url)
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().context("standard output")?).lines();
        Ok(Self { child, lines })
    }

    /// Reads up to a line that contains this. The command's end is an error, so that a failed test ends.
    fn read_to(&mut self, part: &str) -> anyhow::Result<()> {
        let mut read = Vec::new();
        for line in self.lines.by_ref() {
            let line = line?;
            if line.contains(part) {
                return Ok(());
            }
            read.push(line);
        }
        anyhow::bail!("`{part}` was not said, only {read:#?}")
    }

    /// What Ctrl-C does.
    fn interrupt(mut self) -> anyhow::Result<()> {
        let sent = Command::new("kill").arg("-INT").arg(self.child.id().to_string()).status()?;
        ensure!(sent.success(), "kill: {sent}");
        let status = self.child.wait()?;
        ensure!(status.success(), "it ended with {status}");
        Ok(())
    }
}

impl Drop for Dev {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A worker whose build copies a file.
struct Project {
    outer: tempfile::TempDir,
    folder: PathBuf,
}

impl Project {
    fn new() -> anyhow::Result<Self> {
        let outer = tempfile::tempdir()?;
        let folder = outer.path().join("worker");
        fs::create_dir(&folder)?;
        let project = Self { outer, folder };
        project.save("dev.toml", b"build = 'sh build.sh'\ncomponent = 'built.wasm'\n")?;
        project.save("build.sh", b"cp source built.wasm\n")?;
        project.save(".gitignore", b"built.wasm\n")?;
        project.save(
            "component.toml",
            b"name = 'echo'\nversion = '1.0.0'\nkind = 'worker'\njob-types = ['echo']\n",
        )?;
        project.save("source", &fs::read(component("echo.wasm")?)?)?;
        Ok(project)
    }

    /// Whole at once, as editors save.
    fn save(&self, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let fresh = self.outer.path().join("fresh");
        fs::write(&fresh, content)?;
        Ok(fs::rename(fresh, self.folder.join(name))?)
    }
}

/// The versions of the worker on the host.
fn versions(host: &Host) -> anyhow::Result<Vec<String>> {
    let listed = host.run(["worker", "list", "--json"])?.expect(0)?;
    let listed: Vec<Value> = serde_json::from_str(&listed.stdout)?;
    Ok(listed.iter().filter_map(|component| Some(component["version"].as_str()?.to_owned())).collect())
}

/// Which component answers the next job.
fn answering(host: &Host) -> anyhow::Result<Value> {
    let output = host.run(["start", "one-echo", "--await", "--json"])?.expect(0)?;
    let answer: Value = serde_json::from_str(&output.stdout)?;
    Ok(answer["variables"]["workerVersion"].clone())
}

#[test]
fn each_save_is_a_version_that_serves_until_the_next_one() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let host = Host::start(data.path())?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let project = Project::new()?;
    let mut dev = Dev::start(&host, &project.folder, &[])?;
    dev.read_to("echo 1.0.0-dev.1, ")?;
    dev.read_to("watching ")?;
    ensure!(versions(&host)? == ["1.0.0-dev.1"] && answering(&host)? == "1.0.0");

    project.save("source", &fs::read(component("echo-v2.wasm")?)?)?;
    dev.read_to("echo 1.0.0-dev.2, ")?;
    dev.read_to("watching ")?;
    ensure!(versions(&host)? == ["1.0.0-dev.2"] && answering(&host)? == "2.0.0");

    // A build that fails is told, and the version before serves on.
    project.save("build.sh", b"echo 'a mistake in line 7'\nexit 3\n")?;
    dev.read_to("a mistake in line 7")?;
    dev.read_to("error: `sh build.sh` ended with exit status: 3")?;
    dev.read_to("watching ")?;
    ensure!(versions(&host)? == ["1.0.0-dev.2"]);
    project.save("build.sh", b"cp source built.wasm\n")?;
    dev.read_to("the component is the same as before")?;
    dev.read_to("watching ")?;

    dev.interrupt()?;
    ensure!(versions(&host)?.is_empty(), "{:?}", versions(&host)?);
    Ok(())
}

#[test]
fn what_is_to_be_kept_stays_and_the_next_run_goes_on_from_there() -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let host = Host::start(data.path())?;
    let project = Project::new()?;
    let mut dev = Dev::start(&host, &project.folder, &["--keep"])?;
    dev.read_to("echo 1.0.0-dev.1, ")?;
    dev.read_to("watching ")?;
    dev.interrupt()?;
    ensure!(versions(&host)? == ["1.0.0-dev.1"]);

    let mut dev = Dev::start(&host, &project.folder, &[])?;
    dev.read_to("echo 1.0.0-dev.2, ")?;
    dev.read_to("watching ")?;
    dev.interrupt()?;
    ensure!(versions(&host)? == ["1.0.0-dev.1"], "what it has not uploaded stays");

    // A version that was removed keeps its bytes: others get the next number that is free.
    project.save("source", &fs::read(component("echo-v2.wasm")?)?)?;
    let mut dev = Dev::start(&host, &project.folder, &[])?;
    dev.read_to("echo 1.0.0-dev.3, ")?;
    dev.read_to("watching ")?;
    dev.interrupt()?;
    Ok(())
}

#[test]
fn where_signatures_are_required_each_save_is_signed_anew() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let key = folder.path().join("team.key");
    let ours = keygen(&key)?;
    let host = start(folder.path(), &ours)?;
    host.run(line!["deploy", model("one-echo.bpmn")])?.expect(0)?;
    let project = Project::new()?;
    let signed_by = || {
        let listed = host.run(["worker", "list", "--json"])?.expect(0)?;
        let listed: Vec<Value> = serde_json::from_str(&listed.stdout)?;
        let signed = |component: &Value| {
            (component["version"].clone(), component["signedBy"].as_str() == Some(ours.as_str()))
        };
        anyhow::Ok(listed.iter().map(signed).collect::<Vec<_>>())
    };

    // Without a key it says what to do, and waits for the next save.
    let mut dev = Dev::start(&host, &project.folder, &[])?;
    dev.read_to("`worker dev` `--key`, with a key that `components.trusted_keys` names")?;
    dev.read_to("watching ")?;
    ensure!(signed_by()?.is_empty());
    dev.interrupt()?;

    let mut dev = Dev::start(&host, &project.folder, &["--key", &key.display().to_string()])?;
    dev.read_to("echo 1.0.0-dev.1, ")?;
    dev.read_to("watching ")?;
    ensure!(signed_by()? == [("1.0.0-dev.1".into(), true)] && answering(&host)? == "1.0.0");
    project.save("source", &fs::read(component("echo-v2.wasm")?)?)?;
    dev.read_to("echo 1.0.0-dev.2, ")?;
    dev.read_to("watching ")?;
    ensure!(signed_by()? == [("1.0.0-dev.2".into(), true)] && answering(&host)? == "2.0.0");
    dev.interrupt()?;
    ensure!(signed_by()?.is_empty());
    Ok(())
}

#[test]
fn a_folder_must_say_how_it_is_built() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    run(line!["worker", "dev", folder.path()])?.expect_line(1, &["dev.toml is missing", "--build"])?;
    fs::write(folder.path().join("dev.toml"), "built = 'make'\n")?;
    run(line!["worker", "dev", folder.path()])?
        .expect_line(1, &["dev.toml is not usable", "unknown field `built`"])
}
