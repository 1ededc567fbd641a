//! Connections on which nothing goes on do not last, as with HTTP/1.1: not those whose
//! client asks nothing, and not those whose client takes nothing.

use std::time::{Duration, Instant};

use tokio::time::{Interval, MissedTickBehavior};

use crate::server::Limits;

use super::traffic::{Standstill, Traffic};

/// Looks at a connection every now and then.
pub(super) struct Watch {
    ticks: Interval,
    head_time: Duration,
    write_stall: Duration,
    goodbye: Option<Instant>,
}

/// What is to be done with the connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// Tell the client that there will be no more answers.
    SayGoodbye,
    /// Close it.
    Leave(&'static str),
}

// === impl Watch ===

impl Watch {
    pub(super) fn new(limits: &Limits) -> Self {
        let pause = limits.head_time.min(limits.write_stall) / 4;
        let mut ticks = tokio::time::interval(pause.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            ticks,
            head_time: limits.head_time,
            write_stall: limits.write_stall,
            goodbye: None,
        }
    }

    /// Waits until there is something to be done.
    pub(super) async fn next(&mut self, traffic: &Traffic) -> Step {
        loop {
            self.ticks.tick().await;
            match (traffic.standstill(), self.goodbye) {
                (Standstill::Delivering(since), _) if since >= self.write_stall => {
                    return Step::Leave("its client takes nothing of its answers");
                }
                (Standstill::Silent(since), None) if since >= self.head_time => {
                    self.goodbye = Some(Instant::now());
                    return Step::SayGoodbye;
                }
                (Standstill::Silent(_), Some(said)) if said.elapsed() >= self.write_stall => {
                    return Step::Leave("its client does not say goodbye");
                }
                (
                    Standstill::Delivering(_) | Standstill::Silent(_) | Standstill::Working,
                    Some(_) | None,
                ) => {}
            }
        }
    }
}
