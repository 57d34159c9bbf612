//! Packages of Debian, installed where that is possible.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::bail;

/// Installs packages; where it cannot, the error begins with the advice for other systems.
pub(super) fn install(packages: &[&str], advice: &str) -> anyhow::Result<()> {
    if !Path::new("/usr/bin/apt-get").exists() {
        bail!("{advice}");
    }
    let names = packages.join(" ");
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
    if !is_root {
        bail!("{advice}, or on Debian as root `apt-get install --no-install-recommends {names}`");
    }
    eprintln!("    installing Debian's {names}");
    // A list of packages that could not be renewed may still be good enough.
    succeeds(apt_get("update"));
    let mut install = apt_get("install");
    install.args(["--yes", "--no-install-recommends"]).args(packages);
    if !succeeds(install) {
        bail!("apt-get did not install {names}; {advice}");
    }
    Ok(())
}

fn apt_get(task: &str) -> Command {
    let mut command = Command::new("apt-get");
    command.args(["--quiet", task]).env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn succeeds(mut command: Command) -> bool {
    command.stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}
