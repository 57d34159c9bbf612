//! What a host of this version offers to components, by name.

use semver::Version;

/// The handlers that the host can call, newest first.
pub const HANDLER_NAMES: &[&str] = &["fermata:worker/handler@0.1.0"];

/// A package of interfaces at one version.
struct Package {
    name: &'static str,
    version: &'static str,
    interfaces: &'static [&'static str],
}

/// Everything that the host links. A test holds the list against `wit/`.
const PACKAGES: &[Package] = &[
    Package {
        name: "fermata:host",
        version: "0.1.0",
        interfaces: &["checkpoint", "effects", "job-context", "log", "secrets"],
    },
    Package { name: "fermata:worker", version: "0.1.0", interfaces: &["jobs"] },
    Package {
        name: "wasi:cli",
        version: "0.2.12",
        interfaces: &[
            "environment",
            "exit",
            "stderr",
            "stdin",
            "stdout",
            "terminal-input",
            "terminal-output",
            "terminal-stderr",
            "terminal-stdin",
            "terminal-stdout",
        ],
    },
    Package { name: "wasi:clocks", version: "0.2.12", interfaces: &["monotonic-clock", "wall-clock"] },
    Package { name: "wasi:config", version: "0.2.0-rc.1", interfaces: &["store"] },
    Package { name: "wasi:filesystem", version: "0.2.12", interfaces: &["preopens", "types"] },
    Package { name: "wasi:http", version: "0.2.12", interfaces: &["outgoing-handler", "types"] },
    Package { name: "wasi:io", version: "0.2.12", interfaces: &["error", "poll", "streams"] },
    Package { name: "wasi:random", version: "0.2.12", interfaces: &["insecure", "insecure-seed", "random"] },
    Package {
        name: "wasi:sockets",
        version: "0.2.12",
        interfaces: &[
            "instance-network",
            "ip-name-lookup",
            "network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    },
];

/// Whether the host links an import of this name, such as `wasi:http/types@0.2.12`.
///
/// An older patch version of a stable package is served by the newer one; pre-releases must match exactly.
pub fn is_offered_import(name: &str) -> bool {
    let Some((path, version)) = name.split_once('@') else {
        return false;
    };
    let (Some((package, interface)), Ok(wanted)) = (path.split_once('/'), Version::parse(version)) else {
        return false;
    };
    PACKAGES.iter().any(|offered| {
        offered.name == package
            && offered.interfaces.contains(&interface)
            && Version::parse(offered.version).is_ok_and(|offered| serves(&offered, &wanted))
    })
}

fn serves(offered: &Version, wanted: &Version) -> bool {
    if !offered.pre.is_empty() || !wanted.pre.is_empty() {
        return offered == wanted;
    }
    let compatible = if offered.major == 0 {
        (0, offered.minor) == (wanted.major, wanted.minor)
    } else {
        offered.major == wanted.major
    };
    compatible && wanted <= offered
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use wit_parser::{Resolve, WorldItem};

    use super::*;

    #[test]
    fn a_stable_package_serves_its_older_patches_only() {
        assert!(is_offered_import("wasi:http/types@0.2.0"));
        assert!(is_offered_import("wasi:http/types@0.2.12"));
        assert!(!is_offered_import("wasi:http/types@0.2.13"));
        assert!(!is_offered_import("wasi:http/types@0.3.0"));
        assert!(!is_offered_import("wasi:http/incoming-handler@0.2.12"));
        assert!(!is_offered_import("wasi:config/store@0.2.0"));
        assert!(is_offered_import("wasi:config/store@0.2.0-rc.1"));
        assert!(!is_offered_import("host"));
    }

    #[test]
    fn every_interface_of_our_worlds_is_offered_and_every_offer_exists() -> anyhow::Result<()> {
        let mut resolve = Resolve::default();
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker");
        let (package, _) = resolve.push_path(wit)?;
        let worlds = &resolve.packages[package].worlds;
        assert_eq!(worlds.keys().collect::<Vec<_>>(), ["task", "connector"]);
        for world in worlds.values() {
            let world = &resolve.worlds[*world];
            for (key, item) in &world.imports {
                if matches!(item, WorldItem::Interface { .. }) {
                    let name = resolve.name_world_key(key);
                    assert!(is_offered_import(&name), "{name} of {} is not offered", world.name);
                }
            }
            for key in world.exports.keys() {
                assert!(HANDLER_NAMES.contains(&resolve.name_world_key(key).as_str()));
            }
        }
        let existing: Vec<String> =
            resolve.interfaces.iter().filter_map(|(id, _)| resolve.id_of(id)).collect();
        for package in PACKAGES {
            for interface in package.interfaces {
                let name = format!("{}/{interface}@{}", package.name, package.version);
                assert!(existing.contains(&name), "{name} is offered and does not exist");
            }
        }
        Ok(())
    }
}
