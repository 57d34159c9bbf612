//! The page of features is the table of the code, and every feature has a model that shows it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use fermata_dmn::{Support, features};

#[test]
fn the_page_is_the_table() -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("FEATURES.md");
    let page = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
    let table = features::markdown();
    ensure!(page.ends_with(&table), "FEATURES.md must end with this table:\n{table}");
    Ok(())
}

#[test]
fn every_feature_is_shown_by_a_model() -> Result<()> {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/models/dmn");
    for feature in features() {
        ensure!(
            models.join(feature.shown_in).is_file(),
            "{}: there is no {}",
            feature.name,
            feature.shown_in
        );
        let is_refused = feature.shown_in.starts_with("reject/");
        ensure!(is_refused == (feature.support == Support::Refused), "{} is shown elsewhere", feature.name);
    }
    Ok(())
}
