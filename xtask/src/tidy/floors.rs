//! Dependencies between our crates point down only, and a few dependencies are for a few
//! crates only. The table is the one in ARCHITECTURE.md, "Crates and floors".

use cargo_metadata::Metadata;

use super::Finding;

const FLOORS: &[(&str, u8)] = &[
    ("wharf-spec", 0),
    ("wharf-hash", 0),
    ("wharf-log", 0),
    ("wharf-store", 1),
    ("wharf-store-cloud", 1),
    ("wharf-cache", 1),
    ("wharf-client", 1),
    ("wharf-layers", 1),
    ("wharf-registry", 2),
    ("wharf-image", 2),
    ("wharf-auth", 2),
    ("wharf-config", 2),
    ("wharf-auth", 2),
    ("wharf-config", 2),
    ("wharf-mirror", 2),
    ("wharf-events", 2),
    ("wharf-http", 3),
    ("wharf-redis", 3),
    ("wharf-postgres", 3),
    ("wharf-ui", 3),
    ("wharf", 4),
    ("wharf-e2e", 4),
    ("wharf-bench", 4),
    ("xtask", 4),
];

/// Foreign dependencies that only these crates may have.
const RESERVED: &[(&[&str], &[&str])] = &[
    (
        &["hyper", "hyper-util", "http", "http-body", "http-body-util"],
        &["wharf-http", "wharf-client", "wharf-e2e", "wharf-bench"],
    ),
    (
        &[
            "serde_yaml",
            "serde_yml",
            "serde_norway",
            "saphyr",
            "yaml-rust2",
        ],
        &["wharf-config"],
    ),
];

/// `from` has `to` among its dependencies, of whatever kind.
#[derive(Debug)]
pub(super) struct Edge {
    from: String,
    to: String,
    /// Whether `to` is a crate of this workspace.
    ours: bool,
}

pub(super) fn edges(metadata: &Metadata) -> Vec<Edge> {
    let mut edges = Vec::new();
    for package in metadata.workspace_packages() {
        edges.extend(package.dependencies.iter().map(|dependency| Edge {
            from: package.name.to_string(),
            to: dependency.name.clone(),
            ours: dependency.path.is_some(),
        }));
    }
    edges
}

pub(super) fn check(edges: &[Edge]) -> Vec<Finding> {
    edges
        .iter()
        .filter_map(|edge| upward(edge).or_else(|| reserved(edge)))
        .map(Finding::Error)
        .collect()
}

fn upward(edge: &Edge) -> Option<String> {
    if !edge.ours {
        return None;
    }
    let Edge { from, to, .. } = edge;
    match (floor(from), floor(to)) {
        (Some(from_floor), Some(to_floor)) => (from_floor < to_floor)
            .then(|| format!("{from} (floor {from_floor}) depends on {to} (floor {to_floor})")),
        (None, _) => Some(format!("{from} has no floor: add it to tidy/floors.rs")),
        (_, None) => Some(format!("{to} has no floor: add it to tidy/floors.rs")),
    }
}

fn reserved(edge: &Edge) -> Option<String> {
    let Edge { from, to, .. } = edge;
    let (_, allowed) = RESERVED
        .iter()
        .find(|(names, _)| names.contains(&to.as_str()))?;
    (!allowed.contains(&from.as_str())).then(|| {
        format!(
            "{from} depends on {to}, which only {} may",
            allowed.join(", ")
        )
    })
}

fn floor(name: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, floor)| *floor)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, ours: bool) -> Edge {
        Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            ours,
        }
    }

    #[test]
    fn an_upward_edge_is_found() {
        let found = check(&[
            edge("wharf-http", "wharf-registry", true),
            edge("wharf-store", "wharf-registry", true),
            edge("wharf-hash", "wharf-spec", true),
        ]);
        let expected = "wharf-store (floor 1) depends on wharf-registry (floor 2)";
        assert_eq!(found, [Finding::Error(expected.to_owned())]);
    }

    #[test]
    fn the_domain_knows_no_http() {
        assert_eq!(check(&[edge("wharf-http", "hyper", false)]), []);
        for from in ["wharf-spec", "wharf-hash", "wharf-store", "wharf-registry"] {
            assert_eq!(check(&[edge(from, "hyper", false)]).len(), 1, "{from}");
            assert_eq!(check(&[edge(from, "http", false)]).len(), 1, "{from}");
        }
    }

    #[test]
    fn a_crate_without_a_floor_is_found() {
        assert_eq!(check(&[edge("wharf-new", "wharf-spec", true)]).len(), 1);
    }

    #[test]
    fn the_metadata_yield_our_edges() {
        let workspace = crate::workspace::Workspace::locate().unwrap();
        let edges = edges(workspace.metadata());
        let known = |edge: &&Edge| edge.from == "wharf-http" && edge.to == "wharf-registry";
        assert!(edges.iter().find(known).is_some_and(|edge| edge.ours));
    }
}
