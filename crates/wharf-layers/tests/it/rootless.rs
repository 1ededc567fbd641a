//! What somebody gets who is not root. Where the tests run as root, they run the other tests
//! again as nobody, so that both behaviours are seen on every machine.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::scene::is_root;

const NOBODY: u32 = 65534;

#[test]
fn all_of_it_as_nobody() {
    if !is_root() {
        return;
    }
    let copy = tempfile::tempdir().unwrap();
    std::fs::set_permissions(
        copy.path(),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let program = copy.path().join("it");
    // Where it was built may be closed to nobody.
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new(program)
        .args(["--test-threads", "2"])
        .current_dir("/")
        .env_remove("TMPDIR")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("rootless::all_of_it_as_nobody ... ok"),
        "{text}"
    );
}
