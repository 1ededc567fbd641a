//! Directories that do not have the whole image.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use wharf_layers::{Limits, MARK, Options, UnpackError, Unpacking, remove};

use crate::archive::{Archive, Item};
use crate::scene::{Scene, source, unpack};

fn layer() -> Archive {
    Archive::new().dir("d").file("d/a", "1")
}

fn begin(scene: &Scene) -> Result<Unpacking, UnpackError> {
    Unpacking::begin(&scene.image(), Options::default())
}

#[test]
fn an_unpacking_that_is_interrupted_leaves_the_mark_and_can_be_begun_anew() {
    let scene = Scene::new();
    let unpacking = begin(&scene)
        .unwrap()
        .apply(source(layer().file("left", "over").end()), &mut |_| {});
    drop(unpacking.unwrap());
    assert!(scene.has(MARK) && scene.has("left"));
    let mode = scene.image().metadata().unwrap().mode() & 0o7777;
    assert_eq!(mode, 0o700);

    scene.unpack(vec![layer()]);
    assert!(!scene.has("left"));
    assert_eq!(scene.read("d/a"), "1");
    let mode = scene.image().metadata().unwrap().mode() & 0o7777;
    assert_eq!(mode, 0o755);
}

#[test]
fn a_bad_layer_is_told_in_the_mark_and_forgotten_with_the_next_try() {
    let scene = Scene::new();
    let error = scene.fails(
        vec![layer(), Archive::new().file("../x", "")],
        Limits::default(),
    );
    let text = scene.read(MARK);
    assert!(text.contains("layer 2 (sha256:"), "{text}");
    assert!(text.contains("entry \"../x\""), "{text}");
    assert!(text.contains(&error.reason.to_string()), "{text}");
    let unpacking = begin(&scene).unwrap();
    assert!(!scene.read(MARK).contains("layer 2"));
    drop(unpacking);
    scene.unpack(vec![layer()]);
}

#[test]
fn a_directory_with_anything_in_it_is_left_alone() {
    let scene = Scene::new();
    fs::create_dir(scene.image()).unwrap();
    fs::write(scene.path("precious"), "mine").unwrap();
    let error = begin(&scene).err().unwrap();
    assert!(matches!(error, UnpackError::NotEmpty(_)), "{error}");
    assert_eq!(scene.read("precious"), "mine");
    assert!(!scene.has(MARK));
}

#[test]
fn a_whole_image_is_left_alone() {
    let scene = Scene::new();
    scene.unpack(vec![layer()]);
    let error = unpack(&scene.image(), vec![layer()], Limits::default()).unwrap_err();
    assert!(matches!(error, UnpackError::NotEmpty(_)), "{error}");
}

#[test]
fn an_empty_directory_is_used_and_keeps_its_mode() {
    let scene = Scene::new();
    fs::create_dir(scene.image()).unwrap();
    fs::set_permissions(scene.image(), fs::Permissions::from_mode(0o750)).unwrap();
    scene.unpack(vec![layer()]);
    assert_eq!(scene.image().metadata().unwrap().mode() & 0o7777, 0o750);
}

#[test]
fn two_do_not_unpack_to_one_directory() {
    let scene = Scene::new();
    let first = begin(&scene).unwrap();
    let error = begin(&scene).err().unwrap();
    assert!(matches!(error, UnpackError::InUse(_)), "{error}");
    first.finish().unwrap();
    assert!(!scene.has(MARK));
}

#[test]
fn what_is_no_directory() {
    let scene = Scene::new();
    fs::write(scene.image(), "a file").unwrap();
    let error = begin(&scene).err().unwrap();
    assert!(matches!(error, UnpackError::Disk { .. }), "{error}");
    assert_eq!(fs::read_to_string(scene.image()).unwrap(), "a file");
}

#[test]
fn clearing_does_not_follow_links() {
    let scene = Scene::new();
    let unpacking = begin(&scene).unwrap();
    let hostile = Archive::new()
        .symlink("link", "../outside")
        .dir("d")
        .symlink("d/link", "../../outside");
    drop(unpacking.apply(source(hostile.end()), &mut |_| {}).unwrap());
    scene.unpack(vec![layer()]);
    assert!(!scene.has("link"));
}

#[test]
fn what_was_unpacked_is_removed_whatever_modes_it_has() {
    let scene = Scene::new();
    let closed = Item::new(b'5', "closed").mode(0);
    let layer = layer()
        .item(closed)
        .file("closed/a", "")
        .symlink("l", "../outside");
    scene.unpack(vec![layer]);
    remove(&scene.image()).unwrap();
    assert!(!fs::exists(scene.image()).unwrap());
    assert!(fs::exists(scene.outside().join("canary")).unwrap());
    // Nor is anybody at work in it disturbed.
    let unpacking = begin(&scene).unwrap();
    let error = remove(&scene.image()).unwrap_err();
    assert!(matches!(error, UnpackError::InUse(_)), "{error}");
    drop(unpacking);
    remove(&scene.image()).unwrap();
}
