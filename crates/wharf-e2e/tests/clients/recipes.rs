//! The recipes of `docs/authentication.md`, as a new user follows them: the files and the lines
//! are read from the page. A line that ends with `# refused` has to fail.

mod page;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wharf_e2e::command::Run;
use wharf_e2e::daemon::Daemon;
use wharf_e2e::docker::{BASE_IMAGE, Docker};
use wharf_e2e::scratch::Scratch;
use wharf_e2e::server::{free_address, wharf};
use wharf_e2e::token_server::TokenServer;
use wharf_e2e::tool::tool;

use crate::docker::docker;
use page::{Block, blocks, page, sections};

const LIMIT: Duration = Duration::from_secs(20);
/// A server notices changes within a second; machines of tests are slow.
const SOON: Duration = Duration::from_secs(5);
/// Where the page has the registry.
const PLACE: &str = "localhost:5000";
const REFUSED: &str = "# refused";
/// The headings with a whole configuration; each has a test below.
const RECIPES: [&str; 5] = [
    "Protect a private registry in one minute",
    "Public pull, private push",
    "Per-team repositories",
    "Robot account for CI",
    "Use my existing token server",
];

/// Somebody with an empty directory, who types passwords when they are asked for.
struct Reader {
    // Fields are dropped in this order: it has to be gone before its files.
    server: Option<Daemon>,
    /// What is other than on the page, and what it is instead.
    changes: Vec<(String, String)>,
    directory: Scratch,
    /// Programs, passwords and the log: not in the directory, which is the reader's.
    desk: Scratch,
    docker: Arc<Docker>,
}

// === impl Reader ===

impl Reader {
    fn new() -> Self {
        let (directory, desk, docker) = (Scratch::new(), Scratch::new(), docker());
        docker.run("tag").args([BASE_IMAGE, "alpine"]).ok();
        for name in ["bin", "passwords"] {
            fs::create_dir(desk.join(name)).unwrap();
        }
        let place = free_address().replace("127.0.0.1", "localhost");
        let reader = Self {
            server: None,
            changes: vec![(PLACE.to_owned(), place)],
            directory,
            desk,
            docker,
        };
        reader.lay_out();
        reader
    }

    /// Two programs that ask for passwords, with somebody who types them.
    fn lay_out(&self) {
        let passwords = self.desk.join("passwords");
        let passwords = passwords.display();
        let (wharf, client) = (wharf(), self.docker.client().display());
        let wharf = wharf.display();
        self.program(
            "wharf",
            &format!(
                "case \"$*\" in\n\
                 *--no-password*) ;;\n\
                 'user add '*)\n\
                 printf 'the password of %s' \"$3\" > {passwords}/\"$3\"\n\
                 exec {wharf} \"$@\" --password-stdin < {passwords}/\"$3\" ;;\n\
                 esac\n\
                 exec {wharf} \"$@\"\n"
            ),
        );
        self.program(
            "docker",
            &format!(
                "case \"$*\" in\n\
                 *--password-stdin*) ;;\n\
                 'login '*)\n\
                 for name; do :; done\n\
                 exec {client} \"$@\" --password-stdin < {passwords}/\"$name\" ;;\n\
                 esac\n\
                 exec {client} \"$@\"\n"
            ),
        );
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.desk.join("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// They are told a password.
    fn learns(&self, name: &str, password: &str) {
        fs::write(self.desk.join("passwords").join(name), password).unwrap();
    }

    /// Something of the page is an example only.
    fn has(&mut self, example: &str, instead: &str) {
        self.changes.push((example.to_owned(), instead.to_owned()));
    }

    /// Follows what stands below a heading.
    fn follows(&mut self, heading: &str) {
        for block in blocks(heading) {
            match block {
                Block::Yaml(text) => self.writes(&text),
                Block::Shell(text) => {
                    for line in text.lines() {
                        self.types(line);
                    }
                }
                Block::Other => {}
            }
        }
    }

    fn writes(&self, text: &str) {
        fs::write(self.directory.join("config.yml"), self.changed(text)).unwrap();
    }

    fn types(&mut self, line: &str) {
        let line = self.changed(line);
        if line == "wharf serve config.yml" {
            self.serves();
            return;
        }
        let is_refused = line.ends_with(REFUSED);
        let start = Instant::now();
        // What was changed a moment ago may not hold yet.
        while self.run(&line).succeeds() == is_refused {
            if start.elapsed() > SOON {
                // Once more, for the whole story.
                let run = self.run(&line);
                let told = if is_refused { run.fails() } else { run.ok() };
                panic!("{line}: only now: {told:#?}\n{}", self.log());
            }
        }
    }

    fn run(&self, line: &str) -> Run {
        let path = std::env::var("PATH").unwrap_or_default();
        Run::tool("sh")
            .args(["-euc", line])
            .directory(self.directory.path())
            .env(
                "PATH",
                format!("{}:{path}", self.desk.join("bin").display()),
            )
            .env("DOCKER_HOST", self.docker.socket())
            .env("DOCKER_CONFIG", self.desk.join("docker"))
    }

    fn serves(&mut self) {
        let directory = self.directory.path().display().to_string();
        let script = format!("cd '{directory}' && exec \"$0\" serve config.yml");
        let program = wharf().display().to_string();
        let arguments = ["-c".to_owned(), script, program];
        let mut server = Daemon::start(&tool("sh"), arguments, &[], &self.desk.join("log"));
        let is_listening = || self.log().contains("listening on ");
        let waited = server.wait_until(LIMIT, is_listening);
        waited.unwrap_or_else(|error| panic!("wharf serve: {error}"));
        let log = self.log();
        let warnings: Vec<_> = log.lines().filter(|it| it.contains("level=warn")).collect();
        let are_told = |line: &&str| line.contains("provisioning with default user");
        assert!(warnings.iter().all(are_told), "{warnings:#?}");
        // The one that is made is told by the log.
        if let Some((_, rest)) = log.split_once("password=") {
            let password = rest.split_whitespace().next().unwrap();
            self.learns("docker", password.trim_matches('"'));
        }
        self.server = Some(server);
    }

    fn changed(&self, text: &str) -> String {
        let change = |text: String, (from, to): &(String, String)| text.replace(from, to);
        self.changes.iter().fold(text.to_owned(), change)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.desk.join("log")).unwrap_or_default()
    }
}

#[test]
fn protect_a_private_registry_in_one_minute() {
    Reader::new().follows(RECIPES[0]);
}

#[test]
fn public_pull_private_push() {
    Reader::new().follows(RECIPES[1]);
}

#[test]
fn per_team_repositories() {
    Reader::new().follows(RECIPES[2]);
}

#[test]
fn robot_account_for_ci() {
    Reader::new().follows(RECIPES[3]);
}

#[test]
fn use_my_existing_token_server() {
    let (mut reader, server) = (Reader::new(), TokenServer::start());
    reader.learns("docker", &server.password());
    reader.has("https://auth.example.com/token", &server.realm());
    reader.has(
        "issuer: auth.example.com",
        &format!("issuer: {}", TokenServer::ISSUER),
    );
    let certificate = server.certificate().display().to_string();
    reader.has("/etc/wharf/auth.crt", &certificate);
    // Its only user.
    reader.has("--username ann", "--username docker");
    reader.has("/ann/", "/docker/");
    reader.follows(RECIPES[4]);
}

#[test]
fn keys_and_sessions_of_the_server_inside() {
    let mut reader = Reader::new();
    reader.follows(RECIPES[1]);
    reader.types("docker login localhost:5000 --username ann");
    reader.follows("Tokens of the registry's own");
    reader.types("docker push localhost:5000/alpine:1  # refused");
}

/// The parts of files too; whole files are started with.
#[test]
fn every_part_of_a_configuration_on_the_page_is_understood() {
    let (scratch, page) = (Scratch::new(), page());
    let mut parts = 0;
    for (heading, blocks) in sections(&page) {
        for block in blocks {
            let Block::Yaml(text) = block else { continue };
            if text.starts_with("version:") {
                assert!(RECIPES.contains(&heading), "nobody follows {heading}");
                continue;
            }
            let file = scratch.join("config.yml");
            let rest = "version: 0.1\nstorage: {filesystem: {rootdirectory: ./data}}\n";
            fs::write(&file, format!("{rest}{text}")).unwrap();
            let told = Run::program(wharf()).words("config check").arg(&file).ok();
            assert!(!told.mentions("warning"), "{heading}: {told:#?}");
            parts += 1;
        }
    }
    assert!(parts > 1);
}
