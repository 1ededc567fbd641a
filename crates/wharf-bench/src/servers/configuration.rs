//! One configuration for all: no access log, errors only, nothing that runs by itself. What
//! speaks distribution's configuration gets the same file. It switches on distribution's cache of
//! descriptors, as Debian's own file does, so that no peer is measured slower than it need be.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use super::{Haste, Kind, Server, Setup, tools};
use crate::accounts::{ISSUER, SERVICE};

/// Writes the configuration into `scratch` and makes the command line.
///
/// # Errors
/// Of the file system.
pub fn command(
    server: &Server,
    address: SocketAddr,
    data: &Path,
    scratch: &Path,
    setup: &Setup,
) -> Result<Command> {
    let (file, text) = match server.kind {
        Kind::Wharf | Kind::Debian | Kind::V3 => ("config.yml", distribution(address, data, setup)),
        Kind::Zot => ("config.json", zot(address, data, setup)),
        Kind::Nginx => ("nginx.conf", nginx(address, data, scratch, setup)),
    };
    let path = scratch.join(file);
    std::fs::write(&path, text)?;
    let mut command = Command::new(&server.program);
    match server.kind {
        Kind::Wharf | Kind::Debian | Kind::V3 | Kind::Zot => command.arg("serve").arg(&path),
        Kind::Nginx => command
            .arg("-e")
            .arg(scratch.join("error"))
            .arg("-c")
            .arg(&path),
    };
    command.env("OTEL_TRACES_EXPORTER", "none");
    if server.kind == Kind::Wharf {
        command.envs(collecting(setup));
    }
    Ok(command)
}

/// The command line of a collection.
///
/// # Errors
/// Of the file system, and of a server that has no such command.
pub fn collection(server: &Server, data: &Path, scratch: &Path) -> Result<Command> {
    let path = scratch.join("config.yml");
    // Nothing listens.
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    match server.kind {
        Kind::Wharf | Kind::Debian | Kind::V3 => {
            std::fs::write(&path, distribution(nowhere, data, &Setup::Plain))?;
        }
        Kind::Zot | Kind::Nginx => bail!("{} has no command for that", server.name),
    }
    let mut command = Command::new(&server.program);
    command
        .arg("garbage-collect")
        .arg(&path)
        .env("OTEL_TRACES_EXPORTER", "none");
    Ok(command)
}

/// What the others do not know is not in the file.
fn collecting(setup: &Setup) -> Vec<(&'static str, &'static str)> {
    match setup {
        Setup::Plain
        | Setup::Tls { .. }
        | Setup::Htpasswd(_)
        | Setup::Token(_)
        | Setup::Bucket(_) => {
            vec![("REGISTRY_WHARFINGER_COLLECTION_ENABLED", "false")]
        }
        Setup::Collecting(haste) => {
            let mut options = vec![
                ("REGISTRY_WHARFINGER_COLLECTION_INTERVAL", "1s"),
                ("REGISTRY_WHARFINGER_COLLECTION_GRACE", "1s"),
            ];
            match haste {
                Haste::No => {}
                Haste::Yes => options.extend([
                    ("REGISTRY_WHARFINGER_COLLECTION_OPERATIONS", "0"),
                    ("REGISTRY_WHARFINGER_COLLECTION_BYTES", "0"),
                ]),
            }
            options
        }
    }
}

/// For wharf and both distributions; JSON is YAML.
fn distribution(address: SocketAddr, data: &Path, setup: &Setup) -> String {
    let mut configuration = serde_json::json!({
        "version": 0.1,
        "log": {"level": "error", "accesslog": {"disabled": true}},
        "storage": {
            "filesystem": {"rootdirectory": data},
            "cache": {"blobdescriptor": "inmemory"},
            "delete": {"enabled": true},
            "maintenance": {"uploadpurging": {"enabled": false}},
        },
        "http": {"addr": address.to_string(), "secret": "bench"},
    });
    let (section, name, value) = match setup {
        Setup::Plain | Setup::Collecting(_) => return configuration.to_string(),
        Setup::Bucket(service) => {
            let storage = configuration.get_mut("storage");
            if let Some(storage) = storage.and_then(serde_json::Value::as_object_mut) {
                storage.remove("filesystem");
                let redirect = serde_json::json!({"disable": true});
                storage.insert("redirect".to_owned(), redirect);
            }
            (configuration.get_mut("storage"), "s3", bucket(*service))
        }
        Setup::Tls { certificate, key } => {
            let tls = serde_json::json!({"certificate": certificate, "key": key});
            (configuration.get_mut("http"), "tls", tls)
        }
        Setup::Htpasswd(file) => {
            let htpasswd = serde_json::json!({"realm": "bench", "path": file});
            let auth = serde_json::json!({"htpasswd": htpasswd});
            (Some(&mut configuration), "auth", auth)
        }
        Setup::Token(keys) => {
            let token = serde_json::json!({
                "realm": "http://localhost/token",
                "service": SERVICE,
                "issuer": ISSUER,
                "jwks": keys,
            });
            let auth = serde_json::json!({"token": token});
            (Some(&mut configuration), "auth", auth)
        }
    };
    if let Some(section) = section.and_then(serde_json::Value::as_object_mut) {
        section.insert(name.to_owned(), value);
    }
    configuration.to_string()
}

fn bucket(service: SocketAddr) -> serde_json::Value {
    serde_json::json!({
        "accesskey": tools::ACCESS_KEY,
        "secretkey": tools::SECRET_KEY,
        "region": "us-east-1",
        "regionendpoint": format!("http://{service}"),
        "forcepathstyle": true,
        "bucket": tools::BUCKET,
    })
}

fn zot(address: SocketAddr, data: &Path, setup: &Setup) -> String {
    let mut http = serde_json::json!({
        "address": address.ip().to_string(),
        "port": address.port().to_string(),
    });
    if let (Setup::Tls { certificate, key }, Some(http)) = (setup, http.as_object_mut()) {
        let tls = serde_json::json!({"cert": certificate, "key": key});
        http.insert("tls".to_owned(), tls);
    }
    serde_json::json!({
        "distSpecVersion": "1.1.1",
        "storage": {"rootDirectory": data, "dedupe": false, "gc": false},
        "http": http,
        "log": {"level": "error"},
    })
    .to_string()
}

/// `reuseport` spreads connections over the workers; without it, one takes most of a quick burst.
fn nginx(address: SocketAddr, data: &Path, scratch: &Path, setup: &Setup) -> String {
    let (listen, tls) = match setup {
        // Nothing is asked of it by name.
        Setup::Plain
        | Setup::Htpasswd(_)
        | Setup::Token(_)
        | Setup::Collecting(_)
        | Setup::Bucket(_) => (address.to_string(), String::new()),
        Setup::Tls { certificate, key } => (
            format!("{address} ssl"),
            format!(
                "ssl_certificate {}; ssl_certificate_key {};",
                certificate.display(),
                key.display()
            ),
        ),
    };
    let (data, scratch) = (data.display(), scratch.display());
    let user = if rustix::process::geteuid().is_root() {
        "user root;"
    } else {
        ""
    };
    format!(
        "daemon off; {user} worker_processes 2; worker_rlimit_nofile 8192;
pid {scratch}/pid; error_log {scratch}/error error;
events {{ worker_connections 4096; }}
http {{
    access_log off; sendfile on; tcp_nopush on; tcp_nodelay on;
    keepalive_requests 1000000000; keepalive_timeout 300s;
    client_body_temp_path {scratch}; proxy_temp_path {scratch}; fastcgi_temp_path {scratch};
    uwsgi_temp_path {scratch}; scgi_temp_path {scratch};
    server {{ listen {listen} reuseport; root {data}; {tls} }}
}}
"
    )
}
