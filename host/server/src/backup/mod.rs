//! What a backup is on disk, and how files of it are written.
//!
//! A backup is a folder with the database as of one moment and a manifest that says what is in it. The manifest is written
//! last: a folder without one is no backup. The key of the secrets is never in it.

mod empty_folder;
mod manifest;
mod pace;
mod transfer;

pub(crate) use empty_folder::{EmptyFolder, new_file};
pub(crate) use manifest::{FORMAT, File, Manifest, STORE};
pub(crate) use pace::Pace;
pub(crate) use transfer::{Transfer, pieces_of_file};
