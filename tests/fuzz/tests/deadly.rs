//! A case that ends the process is found, and kept.

use std::process::Command;

use anyhow::ensure;

#[test]
fn a_case_that_overflows_the_stack_is_kept() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let output = Command::new(env!("CARGO_BIN_EXE_fermata-fuzz"))
        .args(["unary-tests", "--seconds=600", "--seed=5", "--threads=2", "--planted=40", "--found"])
        .arg(folder.path())
        .output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(!output.status.success(), "{told}");
    ensure!(told.contains("unary-tests-5-40 ends the process"), "{told}");
    let mut kept = Vec::new();
    for entry in std::fs::read_dir(folder.path())? {
        kept.push(entry?.file_name().to_string_lossy().into_owned());
    }
    ensure!(kept == ["unary-tests-5-40.txt"], "{kept:?}");
    // It is the text that the case's number gives.
    let output = Command::new(env!("CARGO_BIN_EXE_fermata-fuzz"))
        .args(["unary-tests", "--seed=5", "--case=40", "--found"])
        .arg(folder.path())
        .output()?;
    let text = std::fs::read_to_string(folder.path().join(&kept[0]))?;
    ensure!(!text.is_empty() && String::from_utf8_lossy(&output.stdout).contains(&text), "{text}");
    Ok(())
}
