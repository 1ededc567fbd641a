//! What came out, as a table.

use std::fmt::Write as _;

use super::Task;
use super::image::ImageSize;
use super::tool::Client;
use super::turn::Turn;
use crate::servers::installed::LeftOut;

/// All turns.
#[derive(Debug, serde::Serialize)]
pub struct Report {
    /// The image.
    pub image: ImageSize,
    /// A row for each task and client.
    pub rows: Vec<Row>,
    /// Clients that were not found.
    pub left_out: Vec<LeftOut>,
}

/// The turns of a client at a task.
#[derive(Debug, serde::Serialize)]
pub struct Row {
    /// What it was asked to do.
    pub task: Task,
    /// Who.
    pub client: &'static str,
    /// What each took.
    pub turns: Vec<Turn>,
}

// === impl Report ===

impl Report {
    pub(super) fn new(clients: &[Client], left_out: Vec<LeftOut>, image: &ImageSize) -> Self {
        let tasks = [Task::Pull, Task::Copy].into_iter();
        let rows = tasks.flat_map(|task| {
            clients.iter().map(move |client| Row {
                task,
                client: client.name(),
                turns: Vec::new(),
            })
        });
        Self {
            image: *image,
            rows: rows.collect(),
            left_out,
        }
    }

    pub(super) fn add(&mut self, task: Task, client: &str, turn: Turn) {
        let mut rows = self.rows.iter_mut();
        if let Some(row) = rows.find(|row| row.task == task && row.client == client) {
            row.turns.push(turn);
        }
    }

    /// As Markdown: medians, and how many times as fast as each of the others ours is.
    #[must_use]
    pub fn markdown(&self) -> String {
        let gib = self.image.bytes() as f64 / f64::from(1 << 30);
        let mut text = format!(
            "An image of {} layers, {gib:.2} GiB.\n\n| | client | s | CPU-s per GiB | MiB at most | `wharf` is |\n|---|---|---:|---:|---:|---:|\n",
            self.image.layers
        );
        for row in &self.rows {
            let ours = self.rows.iter().find(|it| it.task == row.task);
            let ours = ours.map_or(f64::NAN, |ours| ours.median(|turn| turn.seconds));
            let seconds = row.median(|turn| turn.seconds);
            let cpu = row.median(|turn| turn.cpu_seconds) / gib;
            let peak = row.median(|turn| turn.peak_kib as f64) / 1024.0;
            let task = match row.task {
                Task::Pull => "pull into a layout",
                Task::Copy => "copy to a registry",
            };
            let ratio = seconds / ours;
            _ = writeln!(
                text,
                "| {task} | {} | {seconds:.2} | {cpu:.2} | {peak:.0} | {ratio:.2} × |",
                row.client
            );
        }
        for left_out in &self.left_out {
            _ = writeln!(text, "\nNot measured: {}.", left_out.reason);
        }
        text
    }
}

// === impl Row ===

impl Row {
    fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        let mut values: Vec<f64> = self.turns.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
