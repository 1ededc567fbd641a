//! Every `$ wharf …` line of docs/client.md is run, in the order in which it stands there.

use std::path::Path;

use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::server::Server;

use super::Client;
use crate::docker::docker;

/// The commands in the blocks of a section.
fn commands(section: &str) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/client.md");
    let page = std::fs::read_to_string(file).unwrap();
    let lines = page.lines();
    let mut commands = Vec::new();
    let (mut is_here, mut is_block) = (false, false);
    for line in lines {
        if let Some(head) = line.strip_prefix("## ") {
            is_here = head == section;
        }
        if line.starts_with("```") {
            is_block = !is_block;
        } else if is_here && is_block {
            commands.extend(line.strip_prefix("$ ").map(str::to_owned));
        }
    }
    commands
}

/// Runs a section. Names of the page stand for what the test has.
pub(super) fn run(section: &str, client: &Client, names: &[(&str, &str)]) {
    let commands = commands(section);
    assert!(commands.iter().any(|it| it.contains("wharf ")), "{section}");
    for command in commands {
        let command = names
            .iter()
            .fold(command, |command, (name, real)| command.replace(name, real));
        let done = client.shell(&command);
        assert_eq!(done.code, Some(0), "{command}: {done:#?}");
    }
}

#[test]
fn examples_of_images_work() {
    let (docker, hub, here) = (docker(), Server::wharf(), Server::wharf());
    for tag in ["1.0", "1.1", "2.0"] {
        let _ = hub.push_index("team/app", tag);
    }
    docker.run("tag").arg(BASE_IMAGE).arg("client-local:1").ok();
    let client = Client::new().with("DOCKER_HOST", docker.socket());
    let names = [
        ("registry.example", hub.host()),
        ("localhost:5000", here.host()),
        ("tcp://build:2375", docker.socket()),
        ("local:1", "client-local:1"),
    ];
    run("Images", &client, &names);
}

#[test]
fn examples_of_taking_images_apart_work() {
    of_one_registry("Taking images apart");
}

#[test]
fn examples_of_one_thing_at_a_time_work() {
    of_one_registry("One thing at a time");
}

fn of_one_registry(section: &str) {
    let server = Server::wharf();
    for tag in ["1.0", "1.1", "1.2.3"] {
        let _ = server.push_index("team/app", tag);
    }
    run(
        section,
        &Client::new(),
        &[("registry.example", server.host())],
    );
}
