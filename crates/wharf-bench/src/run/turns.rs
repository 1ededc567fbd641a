//! Who is measured when: servers take turns, and workloads that are compared with each other do so
//! too, since the speed of a machine changes within minutes.

use super::{Plan, Stores};
use crate::report::targets::compared_with;
use crate::report::{Results, Rounds};
use crate::servers::Server;
use crate::servers::installed::LeftOut;
use crate::workloads::collecting::TookTooLong;
use crate::workloads::table::Workload;

/// A workload, the servers that have a part in it, and what was measured so far.
struct Contest<'a> {
    workload: &'static Workload,
    /// As many as there are in the results.
    servers: Vec<&'a Server>,
    results: Results,
}

/// Workloads that take turns, each with those that are compared with it.
pub(super) fn groups(workloads: &[&'static Workload]) -> Vec<Vec<&'static Workload>> {
    let mut groups: Vec<Vec<&Workload>> = Vec::new();
    for workload in workloads {
        let is_compared = |other: &&Workload| {
            compared_with(workload.name, other.name) || compared_with(other.name, workload.name)
        };
        match groups
            .iter_mut()
            .find(|group| group.iter().any(is_compared))
        {
            Some(group) => group.push(workload),
            None => groups.push(vec![workload]),
        }
    }
    groups
}

/// Measures the workloads of one group.
pub(super) fn take(
    plan: &Plan,
    group: &[&'static Workload],
    stores: &Stores<'_>,
    tell: &mut dyn FnMut(&str),
) -> Vec<Results> {
    let contests = group.iter().map(|workload| Contest::of(plan, workload));
    let mut contests: Vec<_> = contests.collect();
    let is_shared = contests.len() > 1;
    for round in 0..plan.alternations {
        for contest in &mut contests {
            if round == 0 || is_shared {
                let workload = contest.workload;
                tell(&format!("{}: {}", workload.name, workload.about));
            }
            contest.round(round, stores, tell);
        }
    }
    contests.into_iter().map(Contest::ended).collect()
}

// === impl Contest ===

impl<'a> Contest<'a> {
    fn of(plan: &'a Plan, workload: &'static Workload) -> Self {
        let mut results = Results {
            name: workload.name.to_owned(),
            about: workload.about.to_owned(),
            unit: workload.unit,
            servers: Vec::new(),
            left_out: Vec::new(),
        };
        let mut servers = Vec::new();
        for server in &plan.servers {
            let missing = workload.replicas().and_then(|it| plan.tools.missing(it));
            if let Some(reason) = missing.or_else(|| workload.leaves_out(server.kind)) {
                results.left_out.push(LeftOut {
                    name: server.name.clone(),
                    reason: reason.to_owned(),
                });
            } else {
                servers.push(server);
                results.servers.push(Rounds {
                    server: server.name.clone(),
                    rounds: Vec::new(),
                    failures: Vec::new(),
                });
            }
        }
        Self {
            workload,
            servers,
            results,
        }
    }

    /// Every server once; who comes first is another one each time.
    fn round(&mut self, round: usize, stores: &Stores<'_>, tell: &mut dyn FnMut(&str)) {
        for turn in 0..self.servers.len() {
            let at = (round + turn) % self.servers.len();
            let (Some(server), Some(rounds)) =
                (self.servers.get(at), self.results.servers.get_mut(at))
            else {
                continue;
            };
            if self
                .results
                .left_out
                .iter()
                .any(|out| out.name == server.name)
            {
                continue;
            }
            match stores.measure(self.workload, server) {
                Ok(measurement) => {
                    let line = measurement.in_one_line(self.workload.unit);
                    tell(&format!("    {:<10} {line}", server.name));
                    rounds.rounds.push(measurement);
                }
                Err(error) if error.is::<TookTooLong>() => {
                    tell(&format!("    {:<10} {error}", server.name));
                    self.results.left_out.push(LeftOut {
                        name: server.name.clone(),
                        reason: error.to_string(),
                    });
                }
                Err(error) => {
                    tell(&format!("    {:<10} FAILED: {error:#}", server.name));
                    rounds.failures.push(format!("{error:#}"));
                }
            }
        }
    }

    fn ended(self) -> Results {
        let mut results = self.results;
        let left_out = |name: &str| results.left_out.iter().any(|out| out.name == name);
        let took_part = |rounds: &Rounds| !rounds.rounds.is_empty() || !left_out(&rounds.server);
        results.servers.retain(took_part);
        results
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::table::WORKLOADS;

    #[test]
    fn what_is_compared_takes_turns_and_nothing_is_lost() {
        let all: Vec<_> = WORKLOADS.iter().collect();
        let groups = groups(&all);
        let names = |group: &Vec<&Workload>| group.iter().map(|it| it.name).collect::<Vec<_>>();
        let shared: Vec<_> = groups.iter().filter(|it| it.len() > 1).map(names).collect();
        assert_eq!(
            shared,
            [
                vec!["manifest-by-tag", "manifest-basic", "manifest-token"],
                vec!["pull-no-collection", "pull-under-collection"],
            ]
        );
        let in_order: Vec<_> = groups.iter().flat_map(names).collect();
        assert_eq!(in_order, names(&all));
    }
}
