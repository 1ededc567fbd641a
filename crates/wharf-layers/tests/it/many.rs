//! Many files, and many directories.

use std::fs;
use std::time::Instant;

use crate::archive::Archive;
use crate::scene::Scene;

#[test]
fn ten_thousand_files_in_layers() {
    let name = |number: usize| format!("d{}/s{}/f{number}", number % 7, number % 101);
    let mut layers = vec![Archive::new(), Archive::new(), Archive::new()];
    for number in 0..10_000 {
        let layer = std::mem::take(&mut layers[0]);
        layers[0] = layer.file(name(number), number.to_string());
    }
    for number in (0..10_000).step_by(3) {
        let hidden = name(number).replace("/f", "/.wh.f");
        let layer = std::mem::take(&mut layers[1]);
        layers[1] = layer.empty(hidden);
    }
    for number in (0..10_000).step_by(6) {
        let layer = std::mem::take(&mut layers[2]);
        layers[2] = layer.file(name(number), "again");
    }
    let scene = Scene::new();
    let started = Instant::now();
    let report = scene.unpack(layers);
    println!("{:?}", started.elapsed());
    assert_eq!(report.layers[0].entries, 10_000);
    for number in 0..10_000 {
        let found = fs::read_to_string(scene.path(&name(number))).ok();
        let expected = match number {
            number if number % 6 == 0 => Some("again".to_owned()),
            number if number % 3 == 0 => None,
            number => Some(number.to_string()),
        };
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn a_deep_tree_is_hidden() {
    let deep = "d/".repeat(255);
    let scene = Scene::new();
    scene.unpack(vec![
        Archive::new()
            .file(format!("{deep}file"), "1")
            .file("other", "2"),
        Archive::new().empty(".wh.d"),
    ]);
    assert!(!scene.has("d"));
    assert!(scene.has("other"));
}
