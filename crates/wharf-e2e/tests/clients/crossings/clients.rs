//! Clients that others of these tests do not have, with each way to log in: a password file,
//! the authorization server inside, and distribution's token server.

use std::fs;

use serde_json::json;
use wharf_e2e::command::Run;
use wharf_e2e::configured::{Configuration, Configured};
use wharf_e2e::docker::BASE_IMAGE;
use wharf_e2e::rootfs;
use wharf_e2e::scratch::Scratch;
use wharf_e2e::token_server::TokenServer;

use super::{issuing, known};
use crate::containerd::containerd;
use crate::docker::docker;
use crate::fixture::with_storage;

/// Somebody who may do everything below their own name.
struct Account<'a> {
    host: &'a str,
    user: &'a str,
    password: &'a str,
}

// === impl Account ===

impl Account<'_> {
    fn image(&self, name: &str) -> String {
        format!("{}/{}/{name}:1", self.host, self.user)
    }

    fn podman(&self) {
        let store = Scratch::new();
        let authfile = store.join("auth.json");
        let podman = |words: &str| {
            with_storage("podman", &store)
                .words("--cgroup-manager cgroupfs --events-backend file --runtime runc --tmpdir")
                .arg(store.join("tmp"))
                .words(words)
                .env("REGISTRY_AUTH_FILE", &authfile)
        };
        let image = self.image("podman");
        let root = Scratch::new();
        rootfs::create(root.path());
        let archive = rootfs::archive(root.path());
        podman("import -").arg(&image).input(archive).ok();
        let login = |password: &str| {
            let login = podman("login --tls-verify=false --password-stdin --username");
            login.arg(self.user).arg(self.host).input(password)
        };
        login("guessed").fails();
        podman("push --tls-verify=false").arg(&image).fails();
        login(self.password).ok();
        podman("push --tls-verify=false").arg(&image).ok();
        podman("rmi --all --force").ok();
        podman("pull --tls-verify=false").arg(&image).ok();
        podman("logout").arg(self.host).ok();
        podman("pull --tls-verify=false").arg(&image).fails();
    }

    fn crane_and_skopeo(&self) {
        let home = Scratch::new();
        let authfile = home.join("config.json");
        let crane = |words: &str| {
            let crane = Run::tool("crane").words(words);
            crane.env("DOCKER_CONFIG", home.path())
        };
        let (root, layer) = (home.join("root"), home.join("layer.tar"));
        fs::create_dir(&root).unwrap();
        fs::write(root.join("file"), self.user).unwrap();
        fs::write(&layer, rootfs::archive(&root)).unwrap();
        let image = self.image("crane");
        let append = || {
            let append = crane("append --new_layer").arg(&layer);
            append.arg("--new_tag").arg(&image)
        };
        append().fails();
        let login = crane("auth login --password-stdin --username");
        login
            .arg(self.user)
            .arg(self.host)
            .input(self.password)
            .ok();
        append().ok();
        crane("validate --remote").arg(&image).ok();

        let copy = |side: &str, from: &str, to: &str| {
            let skopeo = Run::tool("skopeo").words("copy --authfile").arg(&authfile);
            let skopeo = skopeo.arg(format!("--{side}-tls-verify=false"));
            skopeo.args([from, to])
        };
        let layout = format!("dir:{}", home.join("dir").display());
        copy("src", &format!("docker://{image}"), &layout).ok();
        let target = format!("docker://{}", self.image("skopeo"));
        copy("dest", &layout, &target).ok();
        fs::write(&authfile, "{}").unwrap();
        copy("dest", &layout, &target).fails();
    }

    /// Needs what crane has pushed.
    fn containerd(&self) {
        let containerd = containerd();
        let (source, target) = (self.image("crane"), self.image("containerd"));
        let by = |words: &str, who: &str| {
            let ctr = containerd.ctr(words).words("--plain-http");
            match who {
                "" => ctr,
                who => ctr.args(["--user", who]),
            }
        };
        let right = format!("{}:{}", self.user, self.password);
        let wrong = format!("{}:guessed", self.user);
        for who in ["", &wrong] {
            by("images pull", who).arg(&source).fails();
        }
        by("images pull", &right).arg(&source).ok();
        containerd.ctr("images tag").args([&source, &target]).ok();
        for who in ["", &wrong] {
            by("images push", who).arg(&target).fails();
        }
        by("images push", &right).arg(&target).ok();
        by("images pull", &right).arg(&target).ok();
    }
}

fn ann(server: &Configured) -> Account<'_> {
    Account {
        host: server.host(),
        user: "ann",
        password: "secret",
    }
}

#[test]
fn podman_crane_skopeo_and_containerd_with_a_password_file() {
    let (configuration, _files) = known();
    let server = configuration.start();
    let ann = ann(&server);
    ann.podman();
    ann.crane_and_skopeo();
    ann.containerd();
}

#[test]
fn crane_skopeo_and_containerd_with_the_authorization_server_inside() {
    let (configuration, _files) = issuing();
    let server = configuration.start();
    let ann = ann(&server);
    ann.crane_and_skopeo();
    ann.containerd();
}

#[test]
fn podman_crane_skopeo_and_containerd_with_distributions_token_server() {
    let tokens = TokenServer::start();
    let token = json!({
        "realm": tokens.realm(),
        "service": "registry.test",
        "issuer": TokenServer::ISSUER,
        "rootcertbundle": tokens.certificate(),
    });
    let server = Configuration::default()
        .set("auth", json!({"token": token}))
        .start();
    let password = tokens.password();
    let docker = Account {
        host: server.host(),
        user: "docker",
        password: &password,
    };
    docker.podman();
    docker.crane_and_skopeo();
    docker.containerd();
}

/// Unlike with passwords alone, Docker's engine gets a token for nobody and then the image.
#[test]
fn docker_pulls_what_is_public_without_a_login_and_pushes_with_one() {
    let (configuration, _files) = issuing();
    let server = configuration
        .set(
            "wharfinger.auth.rules",
            json!([
                {"accounts": ["ann"], "repositories": ["**"], "actions": ["pull", "push"]},
                {"anonymous": true, "repositories": ["public/**"], "actions": ["pull"]},
            ]),
        )
        .start();
    let (docker, home) = (docker(), Scratch::new());
    let run = |words: &str| docker.run(words).env("DOCKER_CONFIG", home.path());
    let image = |name: &str| format!("{}/{name}:1", server.host());
    let login = |user: &str| {
        let login = run("login --password-stdin --username").arg(user);
        login.arg(server.host()).input("secret").ok();
    };
    let logout = || run("logout").arg(server.host()).ok();
    for name in ["public/app", "private/app"] {
        run("tag").args([BASE_IMAGE, &image(name)]).ok();
    }
    let denied = |name: &str| {
        let told = run("push").arg(image(name)).fails();
        assert!(
            told.mentions("denied") || told.mentions("unauthorized"),
            "{told:#?}"
        );
    };
    denied("public/app");
    login("ann");
    run("push").arg(image("public/app")).ok();
    run("push").arg(image("private/app")).ok();
    logout();
    for name in ["public/app", "private/app"] {
        run("rmi").arg(image(name)).ok();
    }

    run("pull").arg(image("public/app")).ok();
    run("pull").arg(image("private/app")).fails();
    denied("public/app");
    login("bob");
    run("pull").arg(image("private/app")).fails();
    run("pull").arg(image("public/app")).ok();
    denied("public/app");
    logout();
    login("ann");
    run("pull").arg(image("private/app")).ok();
    run("push").arg(image("public/app")).ok();
    logout();
    for name in ["public/app", "private/app"] {
        run("rmi").arg(image(name)).ok();
    }
}
