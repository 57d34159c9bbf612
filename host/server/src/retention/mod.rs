//! How long finished instances are kept: what the configuration says of it, and the folder that takes their histories.

mod folder;
mod settings;

pub(crate) use folder::HistoryFolder;
pub(crate) use settings::Settings;
