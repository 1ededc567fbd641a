//! Made-up reports for tests.

use super::machine::Machine;
use super::measurement::Measurement;
use super::{FORMAT, Report, Results, Rounds};
use crate::goods::Sizes;
use crate::latency::Latency;
use crate::servers::{Kind, Server};
use crate::workloads::measure::Times;
use crate::workloads::table::find;

/// One round of each workload with these values.
pub(crate) fn report(workloads: &[(&str, &[(&str, f64)])]) -> Report {
    Report {
        format: FORMAT,
        started: "2026-01-02T03:04:05Z".to_owned(),
        seconds: 6.0,
        commit: "0123456789ab".to_owned(),
        machine: Machine::default(),
        sizes: Sizes::smoke(),
        times: Times {
            warm_up: 0.5,
            counted: 2.0,
        },
        alternations: 1,
        hash_mib_per_second: vec![300.0],
        servers: vec![Server {
            name: "wharf".to_owned(),
            kind: Kind::Wharf,
            version: "wharf 0".to_owned(),
            durability: "fsync".to_owned(),
            program: "wharf".into(),
        }],
        left_out: Vec::new(),
        workloads: workloads
            .iter()
            .map(|(name, servers)| results(name, servers))
            .collect(),
    }
}

fn results(name: &str, servers: &[(&str, f64)]) -> Results {
    let workload = find(name).unwrap();
    Results {
        name: name.to_owned(),
        about: workload.about.to_owned(),
        unit: workload.unit,
        servers: servers
            .iter()
            .map(|(server, value)| Rounds {
                server: (*server).to_owned(),
                rounds: vec![measurement(*value)],
                failures: Vec::new(),
            })
            .collect(),
        left_out: Vec::new(),
    }
}

fn measurement(value: f64) -> Measurement {
    Measurement {
        value,
        operations: 100,
        bytes: 1 << 30,
        seconds: 2.0,
        latency: Latency {
            p50: 100,
            p90: 200,
            p99: 300,
            max: 400,
        },
        server_cpu_seconds: 1.0,
        client_cpu_seconds: 0.5,
        peak_kib: 20 * 1024,
    }
}
