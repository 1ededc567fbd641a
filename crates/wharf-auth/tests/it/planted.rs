//! What somebody who can write into the directory of accounts puts there for the commands of an
//! administrator, who may do more than they.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use wharf_auth::{Keys, Rotation, User};

use crate::members::{Place, named};

const NOBODY: u32 = 65_534;

/// A file that is none of theirs.
fn victim(place: &Place) -> PathBuf {
    let path = place.path().with_file_name("shadow");
    fs::write(&path, "root:secret").unwrap();
    path
}

/// As where the server runs as nobody, if that can be tried here.
fn belongs_to_nobody(directory: &Path) {
    if fs::metadata(directory).unwrap().uid() == 0 {
        chown(directory, Some(NOBODY), Some(NOBODY)).unwrap();
    }
}

fn assert_untouched(victim: &Path) {
    assert_eq!(fs::read_to_string(victim).unwrap(), "root:secret");
    let own = fs::metadata(victim.parent().unwrap()).unwrap().uid();
    assert_eq!(fs::metadata(victim).unwrap().uid(), own, "given away");
}

#[test]
fn attack_a_lock_that_is_a_link_gives_nobody_the_file_behind_it() {
    let place = Place::new();
    let victim = victim(&place);
    belongs_to_nobody(place.path());
    symlink(&victim, place.path().join("lock")).unwrap();
    let added = place
        .directory
        .add_user(&named("ann"), User::new(None, Vec::new()));
    assert_untouched(&victim);
    assert!(added.is_err());
}

#[test]
fn attack_a_lock_that_is_another_name_of_a_file_does_not_give_it_away() {
    let place = Place::new();
    let victim = victim(&place);
    belongs_to_nobody(place.path());
    fs::hard_link(&victim, place.path().join("lock")).unwrap();
    _ = place
        .directory
        .add_user(&named("ann"), User::new(None, Vec::new()));
    assert_untouched(&victim);
}

#[test]
fn attack_a_key_is_not_written_through_a_link() {
    let place = Place::new();
    let victim = victim(&place);
    let rotation = Rotation::Overlapping {
        lead: Duration::ZERO,
        expiration: Duration::from_secs(300),
    };
    // What a new file may be called until it is whole.
    let links = ["keys.new", "keys.json.new"].map(|name| place.path().join(name));
    for link in &links {
        symlink(&victim, link).unwrap();
    }
    Keys::rotate(place.path(), rotation).unwrap();
    assert_untouched(&victim);
    let keys = place.path().join("keys.json");
    assert!(fs::symlink_metadata(keys).unwrap().is_file());
    // Nor through another name, which others may read.
    for link in &links {
        _ = fs::remove_file(link);
        fs::hard_link(&victim, link).unwrap();
    }
    Keys::rotate(place.path(), rotation).unwrap();
    assert_untouched(&victim);
}
