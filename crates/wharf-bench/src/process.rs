//! What a process and its children have used, as `/proc` tells it.

use std::time::Duration;

use anyhow::{Context, Result};

/// Processes with their children, which are looked up anew each time.
#[derive(Clone, Debug)]
pub struct Family(Vec<u32>);

/// User and system time of this process without its children so far.
///
/// # Errors
/// When `/proc` is not there.
pub fn own_cpu() -> Result<Duration> {
    cpu(&[std::process::id()])
}

/// Lets this process, and those that it starts, open as many files as it may: idle connections
/// are a thousand on either side.
pub fn raise_file_limit() {
    let mut limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current = limit.maximum;
    _ = rustix::process::setrlimit(rustix::process::Resource::Nofile, limit);
}

// === impl Family ===

impl Family {
    /// The process with that number, and its children.
    #[must_use]
    pub fn new(pid: u32) -> Self {
        Self(vec![pid])
    }

    /// Several processes, and their children.
    #[must_use]
    pub fn of(pids: Vec<u32>) -> Self {
        Self(pids)
    }

    /// User and system time of all of them so far. The kernel counts in hundredths of seconds.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn cpu(&self) -> Result<Duration> {
        cpu(&self.members()?)
    }

    /// The most memory that they had at once since [`Family::forget_peak`], in KiB. Pages that
    /// they share are counted for each.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn peak_kib(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    /// The memory they have now, in KiB.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn resident_kib(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// Begins the measurement of the peak anew. Processes of others cannot be told to.
    pub fn forget_peak(&self) {
        for pid in self.members().unwrap_or_default() {
            _ = std::fs::write(format!("/proc/{pid}/clear_refs"), "5");
        }
    }

    fn status(&self, field: &str) -> Result<u64> {
        let mut sum = 0;
        for pid in self.members()? {
            sum += status_kib(&read(&format!("/proc/{pid}/status"))?, field)
                .with_context(|| format!("no {field} in /proc/{pid}/status"))?;
        }
        Ok(sum)
    }

    fn members(&self) -> Result<Vec<u32>> {
        let mut members = self.0.clone();
        for pid in &self.0 {
            let children = read(&format!("/proc/{pid}/task/{pid}/children"))?;
            let children = children.split_whitespace();
            members.extend(children.filter_map(|pid| pid.parse::<u32>().ok()));
        }
        Ok(members)
    }
}

fn cpu(pids: &[u32]) -> Result<Duration> {
    let mut ticks = 0;
    for pid in pids {
        ticks += cpu_ticks(&read(&format!("/proc/{pid}/stat"))?)
            .with_context(|| format!("/proc/{pid}/stat"))?;
    }
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

fn read(path: &str) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| path.to_owned())
}

/// Fields 14 and 15 (proc(5)); the second, a name in parentheses, may contain anything.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn status_kib(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_proc() {
        let stat = "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 7 7 20 0 1 0 9 0";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("42"), None);
        let status = "Name:\tx\nVmHWM:\t  1234 kB\nVmRSS:\t 12 kB\n";
        assert_eq!(status_kib(status, "VmHWM:"), Some(1234));
        assert_eq!(status_kib(status, "VmX:"), None);
    }

    #[test]
    fn this_process_uses_something() {
        let family = Family::new(std::process::id());
        assert!(family.resident_kib().unwrap() > 100);
        assert!(family.peak_kib().unwrap() > 100);
        assert!(family.cpu().unwrap() >= own_cpu().unwrap());
    }
}
