//! The benchmark: registries side by side, in release builds, with a report in `benches/runs`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::summary::Summary;
use crate::tools::{self, go};
use crate::workspace::Workspace;
use crate::{command, steps};

/// What of it to run; `wharf-bench run --help` tells the rest.
#[derive(Args)]
pub(crate) struct Options {
    /// Compare the ratios with the newest report in benches/runs, or benches/gate.json if that
    /// exists, and fail if one fell by more than 10 %; on a quiet machine only
    #[arg(long, conflicts_with = "smoke")]
    gate: bool,
    /// Run every workload once, small and short, to see that all answers are right
    #[arg(long)]
    smoke: bool,
    /// Clients instead of registries: wharf, skopeo and crane pull and copy one image in turns
    #[arg(long, conflicts_with_all = ["gate", "smoke", "only", "servers", "seconds", "wharf"])]
    clients: bool,
    /// Only these workloads, for example `pull-small,manifest-by-tag`; makes no report
    #[arg(long, value_name = "WORKLOAD,…")]
    only: Option<String>,
    /// Which servers beside wharf: v3, 2.8, zot, nginx
    #[arg(long, value_name = "SERVER,…")]
    servers: Option<String>,
    /// Builds of wharf to compare, instead of the one of this tree
    #[arg(long, value_name = "[NAME=]PATH")]
    wharf: Vec<String>,
    /// How often the servers take turns
    #[arg(long, value_name = "N")]
    alternations: Option<u32>,
    /// Seconds that each measurement lasts
    #[arg(long)]
    seconds: Option<f64>,
    /// Print the raw data as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(workspace: &Workspace, options: &Options, summary: &mut Summary) -> Result<()> {
    if options.smoke {
        if std::env::var_os("WHARF_BIN").is_none() {
            summary.step("build wharf", || steps::build::run(workspace.root()))?;
        }
        summary.step("build wharf-bench", || {
            let build = ["build", "--package", "wharf-bench"];
            command::run(&mut command::cargo(workspace.root(), &build))
        })?;
        return summary.step("bench smoke", || smoke(workspace));
    }
    if options.clients {
        return clients(workspace, options, summary);
    }
    for tool in [&go::REGISTRY, &go::ZOT] {
        if options.wants(tool.name) && !go::installed(workspace, tool) {
            // The report says what was left out.
            if let Err(error) = tools::install_one(workspace, tool) {
                summary.not_run(tool.name, &format!("{error:#}"));
            }
        }
    }
    summary.step("build", || {
        let mut arguments = vec!["build", "--release", "--package", "wharf-bench"];
        if options.wharf.is_empty() {
            arguments.extend(["--package", "wharf"]);
        }
        command::run(&mut command::cargo(workspace.root(), &arguments))
    })?;
    summary.step("bench", || {
        let mut bench = Command::new(workspace.target().join("release/wharf-bench"));
        bench
            .current_dir(workspace.root())
            .arg("run")
            .args(options.arguments(workspace));
        command::run(&mut bench)
    })
}

fn clients(workspace: &Workspace, options: &Options, summary: &mut Summary) -> Result<()> {
    summary.step("tools", || tools::install(workspace))?;
    summary.step("build", || {
        let build = [
            "build",
            "--release",
            "--package",
            "wharf-bench",
            "--package",
            "wharf",
        ];
        command::run(&mut command::cargo(workspace.root(), &build))
    })?;
    summary.step("bench", || {
        let mut bench = Command::new(workspace.target().join("release/wharf-bench"));
        bench.current_dir(workspace.root()).arg("clients");
        bench.args(places(workspace));
        bench
            .arg("--wharf")
            .arg(workspace.target().join("release/wharf"));
        if let Some(alternations) = options.alternations {
            bench.args(["--alternations", &alternations.to_string()]);
        }
        if options.json {
            bench.arg("--json");
        }
        command::run(&mut bench)
    })
}

/// Every workload once on the servers that are installed, with the debug builds that there are.
pub(crate) fn smoke(workspace: &Workspace) -> Result<()> {
    let wharf = std::env::var_os("WHARF_BIN").map_or_else(|| workspace.wharf(), PathBuf::from);
    let mut bench = Command::new(workspace.target().join("debug/wharf-bench"));
    bench
        .current_dir(workspace.root())
        .args(["smoke", "--servers", "v3,2.8,nginx"])
        .args(places(workspace))
        .arg("--wharf")
        .arg(&wharf);
    command::run(&mut bench)?;
    let mut clients = Command::new(workspace.target().join("debug/wharf-bench"));
    clients
        .current_dir(workspace.root())
        .args(["clients", "--small", "--alternations", "1"])
        .args(places(workspace))
        .arg("--wharf")
        .arg(&wharf);
    command::run(&mut clients)
}

fn places(workspace: &Workspace) -> [OsString; 4] {
    [
        "--tools".into(),
        workspace.tools().join("bin").into(),
        "--dir".into(),
        workspace.target().join("bench").into(),
    ]
}

// === impl Options ===

impl Options {
    fn wants(&self, tool: &str) -> bool {
        let name = if tool == go::REGISTRY.name {
            "v3"
        } else {
            tool
        };
        self.servers
            .as_deref()
            .is_none_or(|servers| servers.split(',').any(|server| server == name))
    }

    fn arguments(&self, workspace: &Workspace) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = places(workspace).into();
        let mut add = |name: &str, value: OsString| arguments.extend([name.into(), value]);
        if self.wharf.is_empty() {
            add("--wharf", workspace.target().join("release/wharf").into());
        }
        for wharf in &self.wharf {
            add("--wharf", wharf.into());
        }
        let runs = workspace.root().join("benches/runs");
        if self.gate {
            let kept = workspace.root().join("benches/gate.json");
            let before = if kept.is_file() { kept } else { runs };
            add("--gate", before.into());
        } else if self.only.is_none() && self.wharf.is_empty() {
            add("--out", runs.into());
        }
        let values = [
            ("--only", self.only.clone()),
            ("--servers", self.servers.clone()),
            ("--alternations", self.alternations.map(|n| n.to_string())),
            ("--seconds", self.seconds.map(|n| n.to_string())),
        ];
        for (name, value) in values {
            if let Some(value) = value {
                add(name, value.into());
            }
        }
        if self.json {
            arguments.push("--json".into());
        }
        arguments
    }
}
