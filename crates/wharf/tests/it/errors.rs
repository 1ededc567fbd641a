//! Errors say what to do next.

use crate::process::{said, wharf};

#[test]
fn an_address_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let data = tempfile::tempdir().unwrap();
    let (code, _, errors) = said(&wharf(&[
        "serve",
        "--addr",
        &address,
        "--data",
        data.path().to_str().unwrap(),
    ]));
    assert_eq!(code, Some(1));
    let expected = format!("cannot listen on {address}: choose another address with --addr");
    assert!(errors.contains(&expected), "{errors}");
}

#[test]
fn a_data_directory_that_is_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let (code, _, errors) = said(&wharf(&["serve", "--addr", "127.0.0.1:0", "--data", path]));
    assert_eq!(code, Some(1));
    assert!(
        errors.contains(&format!("images cannot be kept in {path}")),
        "{errors}"
    );
}

#[test]
fn a_misspelt_option() {
    let (code, _, errors) = said(&wharf(&["serve", "--adr", "127.0.0.1:0"]));
    assert_eq!(code, Some(2));
    assert!(errors.contains("--addr"), "{errors}");
}
