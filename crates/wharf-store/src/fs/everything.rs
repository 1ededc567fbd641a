//! Where and when `syncfs` can stand for many single syncs.

use std::fs::File;
use std::sync::OnceLock;

/// True where `syncfs` makes durable all that `fsync` of each file and directory would, and
/// tells of every write that failed: a kernel since 5.8, and a filesystem of its own disk.
/// Network, stacked and user-space filesystems are not asked.
pub(super) fn is_covered(directory: &File) -> bool {
    static KERNEL_TELLS: OnceLock<bool> = OnceLock::new();
    let kernel_tells = KERNEL_TELLS
        .get_or_init(|| tells_of_errors(&rustix::system::uname().release().to_string_lossy()));
    *kernel_tells
        && rustix::fs::fstatfs(directory)
            .is_ok_and(|filesystem| FILESYSTEMS.contains(&filesystem.f_type))
}

/// What waits to be written on this machine, in bytes (proc(5), `/proc/meminfo`).
pub(super) fn unwritten(meminfo: &str) -> Option<u64> {
    let field = |name| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        kilobytes.checked_mul(1024)
    };
    field("Dirty:")?.checked_add(field("Writeback:")?)
}

/// syncfs(2): "since Linux 5.8", errors of write-back are told.
fn tells_of_errors(release: &str) -> bool {
    let mut numbers = release
        .split(|character: char| !character.is_ascii_digit())
        .map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (5, 8),
        _ => false,
    }
}

/// statfs(2): ext2 to ext4, XFS, btrfs.
const FILESYSTEMS: [rustix::fs::FsWord; 3] = [0xEF53, 0x5846_5342, 0x9123_683E];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_that_tell_of_errors() {
        for (release, tells) in [
            ("6.1.0-18-amd64", true),
            ("5.8.0", true),
            ("5.10", true),
            ("5.7.19", false),
            ("4.18.0-513.el8", false),
            ("6", false),
            ("", false),
        ] {
            assert_eq!(tells_of_errors(release), tells, "{release}");
        }
    }

    #[test]
    fn what_waits_to_be_written_is_read_from_meminfo() {
        let meminfo =
            "MemTotal:  24684092 kB\nDirty:   12 kB\nWriteback:   4 kB\nWritebackTmp: 9 kB\n";
        assert_eq!(unwritten(meminfo), Some(16 * 1024));
        assert_eq!(unwritten("MemTotal: 1 kB\nDirty: 12 kB\n"), None);
        assert_eq!(unwritten("Dirty: many\nWriteback: 1 kB"), None);
    }
}
