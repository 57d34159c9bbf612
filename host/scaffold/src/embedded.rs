//! The files that are embedded.

/// All of them by their paths, sorted. The crate's build finds them.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The files whose path begins with `prefix`, by the rest of their path.
pub(crate) fn below(prefix: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().filter_map(move |(path, bytes)| Some((path.strip_prefix(prefix)?, *bytes)))
}
