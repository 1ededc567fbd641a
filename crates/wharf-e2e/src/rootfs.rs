//! A root filesystem of one program: busybox, linked statically.

use std::os::unix::fs::symlink;
use std::path::Path;

use crate::command::Run;
use crate::tool::tool;

const APPLETS: &[&str] = &["cat", "echo", "ls", "sh", "sha256sum", "wc"];

/// Makes the directory `root` and fills it.
///
/// # Panics
/// When the disk is full, or the busybox found needs libraries.
pub fn create(root: &Path) {
    for directory in ["bin", "etc", "tmp"] {
        std::fs::create_dir_all(root.join(directory)).expect("a directory");
    }
    let busybox = tool("busybox");
    let program = std::fs::read(&busybox).expect("read busybox");
    let interpreter = b"/ld-linux";
    assert!(
        !program.windows(interpreter.len()).any(|w| w == interpreter),
        "{} is not static: apt-get install busybox-static",
        busybox.display()
    );
    std::fs::copy(&busybox, root.join("bin/busybox")).expect("copy busybox");
    for applet in APPLETS {
        symlink("busybox", root.join("bin").join(applet)).expect("a link");
    }
}

/// The tar archive of a directory, the same for the same content.
#[must_use]
pub fn archive(directory: &Path) -> Vec<u8> {
    Run::tool("tar")
        .words("--create --sort=name --owner=0 --group=0 --numeric-owner --mtime=@0 -C")
        .arg(directory)
        .arg(".")
        .ok()
        .stdout
}
