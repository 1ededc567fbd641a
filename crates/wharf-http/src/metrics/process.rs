//! What the kernel knows of this process, under the names that Prometheus' own clients
//! use. Numbers that it does not tell are left out.
// client_golang: prometheus/process_collector_linux.go

use std::io;

/// A moment's numbers. Reading them blocks for as long as the kernel takes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessNumbers {
    /// User and system time, in seconds.
    pub(crate) cpu_seconds: Option<f64>,
    /// Since the epoch, in seconds.
    pub(crate) start_time: Option<f64>,
    pub(crate) virtual_bytes: Option<u64>,
    pub(crate) resident_bytes: Option<u64>,
    pub(crate) threads: Option<u64>,
    pub(crate) open_descriptors: Option<u64>,
    pub(crate) most_descriptors: Option<f64>,
    pub(crate) most_virtual_bytes: Option<f64>,
    pub(crate) network_in: Option<u64>,
    pub(crate) network_out: Option<u64>,
}

// === impl ProcessNumbers ===

impl ProcessNumbers {
    pub(crate) fn read() -> Self {
        let stat = text("/proc/self/stat").unwrap_or_default();
        // The name of the program, in brackets, may hold anything.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        // proc_pid_stat(5) numbers them from 1; the state, after the name, is number 3.
        let field = |number: usize| -> Option<u64> {
            fields.split_whitespace().nth(number - 3)?.parse().ok()
        };
        let ticks = rustix::param::clock_ticks_per_second();
        let seconds = |ticks_spent: u64| as_float(ticks_spent) / as_float(ticks);
        let limits = text("/proc/self/limits").unwrap_or_default();
        let network = text("/proc/self/net/netstat").unwrap_or_default();
        Self {
            cpu_seconds: field(14)
                .zip(field(15))
                .map(|(user, system)| seconds(user + system)),
            start_time: field(22)
                .zip(boot_time())
                .map(|(start, boot)| as_float(boot) + seconds(start)),
            virtual_bytes: field(23),
            resident_bytes: field(24).map(|pages| pages * rustix::param::page_size() as u64),
            threads: field(20),
            open_descriptors: count("/proc/self/fd").ok(),
            most_descriptors: limit(&limits, "Max open files"),
            most_virtual_bytes: limit(&limits, "Max address space"),
            network_in: counter(&network, "IpExt:", "InOctets"),
            network_out: counter(&network, "IpExt:", "OutOctets"),
        }
    }

    /// In Prometheus' text format.
    pub(crate) fn render(&self) -> String {
        let whole = |number: Option<u64>| number.map(as_float);
        let mut page = String::new();
        for (name, kind, help, value) in [
            (
                "cpu_seconds_total",
                "counter",
                "Processor time spent, in seconds.",
                self.cpu_seconds,
            ),
            (
                "open_fds",
                "gauge",
                "Open file descriptors.",
                whole(self.open_descriptors),
            ),
            (
                "max_fds",
                "gauge",
                "File descriptors that may be open.",
                self.most_descriptors,
            ),
            ("threads", "gauge", "Threads.", whole(self.threads)),
            (
                "virtual_memory_bytes",
                "gauge",
                "Address space in use.",
                whole(self.virtual_bytes),
            ),
            (
                "virtual_memory_max_bytes",
                "gauge",
                "Address space that may be used.",
                self.most_virtual_bytes,
            ),
            (
                "resident_memory_bytes",
                "gauge",
                "Memory in use.",
                whole(self.resident_bytes),
            ),
            (
                "start_time_seconds",
                "gauge",
                "When the process started, since the epoch.",
                self.start_time,
            ),
            (
                "network_receive_bytes_total",
                "counter",
                "Bytes that came over the network.",
                whole(self.network_in),
            ),
            (
                "network_transmit_bytes_total",
                "counter",
                "Bytes that went over the network.",
                whole(self.network_out),
            ),
        ] {
            if let Some(value) = value {
                page.push_str(&sample(&format!("process_{name}"), kind, help, value));
            }
        }
        page
    }
}

/// One metric without labels.
pub(crate) fn sample(name: &str, kind: &str, help: &str, value: f64) -> String {
    format!("# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}\n\n")
}

/// Seconds since the epoch.
fn boot_time() -> Option<u64> {
    let stat = text("/proc/stat").ok()?;
    let line = stat.lines().find_map(|line| line.strip_prefix("btime "))?;
    line.trim().parse().ok()
}

/// The soft limit in a line of `/proc/self/limits`.
fn limit(limits: &str, name: &str) -> Option<f64> {
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    match line.split_whitespace().next()? {
        // The largest number that the kernel has: it is what the Go client says.
        "unlimited" => Some(as_float(u64::MAX)),
        number => number.parse().ok(),
    }
}

/// A number in a table of `/proc/self/net`: a line of names, then a line of values.
fn counter(table: &str, line: &str, name: &str) -> Option<u64> {
    let mut lines = table.lines().filter_map(|text| text.strip_prefix(line));
    let (names, values) = (lines.next()?, lines.next()?);
    let mut pairs = names.split_whitespace().zip(values.split_whitespace());
    let (_, value) = pairs.find(|(known, _)| *known == name)?;
    value.parse().ok()
}

#[expect(clippy::disallowed_methods, reason = "the kernel's, not the store's")]
fn text(path: &str) -> io::Result<String> {
    std::fs::read_to_string(path)
}

#[expect(clippy::disallowed_methods, reason = "the kernel's, not the store's")]
fn count(path: &str) -> io::Result<u64> {
    // One of them is the directory that we read.
    Ok((std::fs::read_dir(path)?.count() as u64).saturating_sub(1))
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus knows floats only")]
pub(crate) const fn as_float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_tells_it_all() {
        let numbers = ProcessNumbers::read();
        let now = jiff::Timestamp::now().as_second() as f64;
        let started = numbers.start_time.unwrap();
        assert!(
            started <= now + 1.0 && started > now - 86_400.0,
            "{started}"
        );
        assert!(numbers.cpu_seconds.unwrap() >= 0.0);
        let resident = numbers.resident_bytes.unwrap();
        assert!(resident > 1 << 20 && resident <= numbers.virtual_bytes.unwrap());
        assert!(numbers.open_descriptors.unwrap() >= 3);
        assert!(numbers.most_descriptors.unwrap() >= numbers.open_descriptors.unwrap() as f64);
        assert!(numbers.threads.unwrap() >= 1);
        assert!(numbers.most_virtual_bytes.unwrap() > 0.0);
        assert!(numbers.network_in.is_some() && numbers.network_out.is_some());
        let page = numbers.render();
        assert_eq!(
            page.lines()
                .filter(|line| line.starts_with("process_"))
                .count(),
            10
        );
    }

    #[test]
    fn what_is_not_told_is_left_out() {
        assert_eq!(ProcessNumbers::default().render(), "");
        assert_eq!(limit("", "Max open files"), None);
        assert_eq!(
            limit("Max open files   1024   4096   files", "Max open files"),
            Some(1024.0)
        );
        assert_eq!(counter("IpExt: A B\nIpExt: 1 2\n", "IpExt:", "B"), Some(2));
        assert_eq!(counter("IpExt: A B\n", "IpExt:", "B"), None);
    }
}
