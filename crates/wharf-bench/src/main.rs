//! `wharf-bench`: registries measured, one or several side by side.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a tool that talks to a terminal and writes reports"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use wharf_bench::clients::ImageSize;
use wharf_bench::goods::Sizes;
use wharf_bench::report::Report;
use wharf_bench::report::markdown;
use wharf_bench::run::{self, Plan, Scratch};
use wharf_bench::servers::tools::Tools;
use wharf_bench::servers::{Kind, installed};
use wharf_bench::workloads::measure::Times;
use wharf_bench::workloads::table::{WORKLOADS, Workload, find};
use wharf_bench::{foreign, gate, limit, plot, smoke};

mod cli;

fn main() -> ExitCode {
    match start(cli::Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("wharf-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: cli::Command) -> Result<ExitCode> {
    match command {
        cli::Command::Run(arguments) => side_by_side(&arguments),
        cli::Command::Smoke(chosen) => {
            let scratch = Scratch::new(&chosen.dir)?;
            eprintln!("small sizes, not those that the workloads' names tell");
            let report = run::run(&small(&chosen)?, &scratch, &mut |line| eprintln!("{line}"))?;
            smoke::judge(&report)?;
            let workloads = report.workloads.len();
            println!(
                "{workloads} workloads ran, {} servers",
                report.servers.len()
            );
            for left_out in &report.left_out {
                println!("NOT RUN: {} ({})", left_out.name, left_out.reason);
            }
            Ok(ExitCode::SUCCESS)
        }
        cli::Command::Clients(arguments) => clients(&arguments),
        cli::Command::Load(arguments) => load(&arguments),
        cli::Command::Limit(arguments) => limit(&arguments),
        cli::Command::Gate { before, now } => compare(&read(&newest(&before)?)?, &read(&now)?, &[]),
        cli::Command::Report { run } => {
            print!("{}", markdown::report(&read(&run)?));
            Ok(ExitCode::SUCCESS)
        }
        cli::Command::Overview { run } => {
            let report = read(&run)?;
            println!("{}", markdown::overview(&report));
            print!("{}", markdown::targets(&report));
            Ok(ExitCode::SUCCESS)
        }
        cli::Command::Plot { run, only } => {
            let names: Vec<&str> = only.iter().map(String::as_str).collect();
            let shown = if names.is_empty() {
                plot::SHOWN
            } else {
                &names
            };
            print!("{}", plot::svg(&read(&run)?, shown));
            Ok(ExitCode::SUCCESS)
        }
        cli::Command::Workloads => {
            for workload in WORKLOADS {
                println!("{:<20} {}", workload.name, workload.about);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn side_by_side(arguments: &cli::Run) -> Result<ExitCode> {
    let before = arguments.gate.as_deref().map(newest).transpose()?;
    let before = before.as_deref().map(read).transpose()?;
    let names: Vec<String> = if arguments.only.is_empty() && before.is_some() {
        gate::WATCHED
            .iter()
            .map(|name| (*name).to_owned())
            .collect()
    } else {
        arguments.only.clone()
    };
    let (servers, left_out) = found(&arguments.chosen)?;
    let plan = Plan {
        workloads: workloads(&names)?,
        servers,
        left_out,
        tools: Tools::find(&arguments.chosen.tools),
        alternations: arguments.alternations.max(1),
        sizes: if arguments.small {
            Sizes::smoke()
        } else {
            Sizes::full()
        },
        times: times(arguments.seconds),
    };
    let scratch = Scratch::new(&arguments.chosen.dir)?;
    let report = run::run(&plan, &scratch, &mut |line| eprintln!("{line}"))?;
    if let Some(directory) = &arguments.out {
        write(directory, &report)?;
    }
    if arguments.json {
        print!("{}", report.to_json()?);
    } else {
        print!("{}", markdown::report(&report));
    }
    let failures = report.failures();
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    before.map_or(Ok(ExitCode::SUCCESS), |before| {
        compare(&before, &report, &arguments.only)
    })
}

fn clients(arguments: &cli::Clients) -> Result<ExitCode> {
    let plan = wharf_bench::clients::Plan {
        wharf: installed::wharf(&arguments.wharf)?,
        tools: arguments.tools.clone(),
        alternations: arguments.alternations.max(1),
        size: if arguments.small {
            ImageSize::small()
        } else {
            ImageSize::full()
        },
    };
    let scratch = Scratch::new(&arguments.dir)?;
    let report = wharf_bench::clients::run(&plan, scratch.path(), &mut |line| eprintln!("{line}"))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{}", report.markdown());
    }
    Ok(ExitCode::SUCCESS)
}

fn load(arguments: &cli::Load) -> Result<ExitCode> {
    let workload = workload(&arguments.workload)?;
    let sizes = if arguments.small {
        Sizes::smoke()
    } else {
        Sizes::full()
    };
    let measurement = foreign::measure(
        &arguments.url,
        workload,
        sizes,
        times(arguments.seconds),
        arguments.pid,
    )?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&measurement)?);
    } else {
        println!("{}: {}", workload.name, workload.about);
        println!("{}", measurement.in_one_line(workload.unit));
    }
    Ok(ExitCode::SUCCESS)
}

fn limit(arguments: &cli::Limit) -> Result<ExitCode> {
    let scratch = Scratch::new(&arguments.dir)?;
    let time = Duration::from_secs_f64(arguments.seconds);
    let limits = limit::measure(scratch.path(), time, arguments.alternations.max(1))?;
    if arguments.json {
        println!("{}", serde_json::to_string_pretty(&limits)?);
        return Ok(ExitCode::SUCCESS);
    }
    println!(
        "{:<8} {:<24} {:>10}",
        "files of", "the disk is waited for", "per second"
    );
    for limit in limits {
        println!(
            "{:<8} {:<24} {:>10.0}",
            limit.files.to_string(),
            limit.waits.to_string(),
            limit.per_second
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Only these workloads, or all that the gate watches.
fn compare(before: &Report, now: &Report, only: &[String]) -> Result<ExitCode> {
    let mut comparisons = gate::compare(before, now);
    comparisons.retain(|found| only.is_empty() || only.contains(&found.workload));
    eprint!("{}", gate::shown(&comparisons));
    if !gate::is_open(&comparisons) {
        bail!(
            "a ratio fell by more than {} %, or is missing",
            gate::ALLOWED_LOSS * 100.0
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn small(chosen: &cli::Chosen) -> Result<Plan> {
    let (servers, left_out) = found(chosen)?;
    Ok(Plan {
        workloads: workloads(&[])?,
        servers,
        left_out,
        tools: Tools::find(&chosen.tools),
        alternations: 1,
        sizes: Sizes::smoke(),
        times: times(0.1),
    })
}

fn times(seconds: f64) -> Times {
    Times {
        warm_up: seconds / 4.0,
        counted: seconds,
    }
}

fn found(
    chosen: &cli::Chosen,
) -> Result<(Vec<wharf_bench::servers::Server>, Vec<installed::LeftOut>)> {
    let mut servers = Vec::new();
    let mut left_out = Vec::new();
    for wharf in &chosen.wharf {
        servers.push(installed::wharf(wharf)?);
    }
    for name in chosen.servers.iter().filter(|name| !name.is_empty()) {
        let kind: Kind = name.parse()?;
        match installed::other(kind, &chosen.tools) {
            Ok(server) => servers.push(server),
            Err(missing) => left_out.push(missing),
        }
    }
    Ok((servers, left_out))
}

fn workloads(names: &[String]) -> Result<Vec<&'static Workload>> {
    if names.is_empty() {
        return Ok(WORKLOADS.iter().collect());
    }
    names.iter().map(|name| workload(name)).collect()
}

fn workload(name: &str) -> Result<&'static Workload> {
    find(name)
        .with_context(|| format!("no workload is called {name:?}: see `wharf-bench workloads`"))
}

/// The file itself, or the newest report in a directory: they are named by their time.
fn newest(path: &Path) -> Result<PathBuf> {
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let entries = std::fs::read_dir(path).with_context(|| path.display().to_string())?;
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .max()
        .with_context(|| format!("no report in {}", path.display()))
}

fn read(path: &Path) -> Result<Report> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Report::from_json(&text).with_context(|| path.display().to_string())
}

fn write(directory: &Path, report: &Report) -> Result<()> {
    std::fs::create_dir_all(directory)?;
    let stem = report.file_stem();
    let path = directory.join(format!("{stem}.md"));
    std::fs::write(&path, markdown::report(report))?;
    std::fs::write(directory.join(format!("{stem}.json")), report.to_json()?)?;
    eprintln!("{} and .json", path.display());
    Ok(())
}
