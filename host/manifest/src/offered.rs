//! What a host of this version offers to components, by name.

use semver::Version;

/// The handlers that the host can call, newest first.
pub const HANDLER_NAMES: &[&str] = &["fermata:worker/handler@0.2.0", "fermata:worker/handler@0.1.0"];

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
    Package { name: "fermata:worker", version: "0.2.0", interfaces: &["jobs"] },
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

/// What the host offers where a component asks for something else of the same package.
pub(crate) fn nearest_offer(name: &str) -> Option<String> {
    let path = name.split_once('@').map_or(name, |(path, _)| path);
    let (package, interface) = path.split_once('/')?;
    let mut offers = PACKAGES.iter().filter(|offered| offered.name == package);
    let exact = offers.clone().find(|offered| offered.interfaces.contains(&interface));
    if let Some(offered) = exact {
        return Some(format!("{package}/{interface}@{}", offered.version));
    }
    offers.next().map(|offered| format!("{package}@{}: {}", offered.version, offered.interfaces.join(", ")))
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
    use std::collections::BTreeSet;
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
    fn what_comes_nearest_is_named() {
        for (wanted, offered) in [
            ("wasi:random/random@0.3.0", Some("wasi:random/random@0.2.12")),
            ("wasi:clocks/timezone@0.2.12", Some("wasi:clocks@0.2.12: monotonic-clock, wall-clock")),
            ("wasi:config/store", Some("wasi:config/store@0.2.0-rc.1")),
            ("acme:ledger/book@1.0.0", None),
            ("book", None),
        ] {
            assert_eq!(nearest_offer(wanted).as_deref(), offered, "{wanted}");
        }
    }

    #[test]
    fn every_interface_of_our_worlds_is_offered_and_every_offer_exists() -> anyhow::Result<()> {
        let mut existing = BTreeSet::new();
        for (version, handler) in ["0.2", "0.1"].into_iter().zip(HANDLER_NAMES) {
            let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/worker").join(version);
            let mut resolve = Resolve::default();
            let (package, _) = resolve.push_path(wit)?;
            existing.extend(resolve.interfaces.iter().filter_map(|(id, _)| resolve.id_of(id)));
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
                    assert_eq!(resolve.name_world_key(key), *handler);
                }
            }
        }
        for package in PACKAGES {
            for interface in package.interfaces {
                let name = format!("{}/{interface}@{}", package.name, package.version);
                assert!(existing.contains(&name), "{name} is offered and does not exist");
            }
        }
        Ok(())
    }
}
